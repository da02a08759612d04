#include <catch2/catch.hpp>

#include "exporter/workload/pod_owner.h"

using namespace dnsexp;

namespace {

std::string owner(const char* api, const char* kind, const char* name, const char* hash = "") {
    const PodOwner found = workload_of(api, kind, name, hash);
    return found.kind + "/" + found.name;
}

}  // namespace

TEST_CASE("A ReplicaSet that carries the pod's template hash is its Deployment's") {
    CHECK(owner("apps/v1", "ReplicaSet", "shop-7d4b9c6f5d", "7d4b9c6f5d") == "Deployment/shop");
    CHECK(owner("apps/v1", "ReplicaSet", "my-shop-7d4b9c6f5d", "7d4b9c6f5d") == "Deployment/my-shop");
    CHECK(owner("apps/v1", "ReplicaSet", "shop-7d4b9c6f5d") == "ReplicaSet/shop-7d4b9c6f5d");
    CHECK(owner("apps/v1", "ReplicaSet", "shop-7d4b9c6f5d", "other") == "ReplicaSet/shop-7d4b9c6f5d");
    CHECK(owner("apps/v1", "ReplicaSet", "7d4b9c6f5d", "7d4b9c6f5d") == "ReplicaSet/7d4b9c6f5d");
    CHECK(owner("apps/v1", "ReplicaSet", "-7d4b9c6f5d", "7d4b9c6f5d") == "ReplicaSet/-7d4b9c6f5d");
    CHECK(owner("example.com/v1", "ReplicaSet", "shop-7d4b9c6f5d", "7d4b9c6f5d") ==
          "ReplicaSet/shop-7d4b9c6f5d");
}

TEST_CASE("A Job that is named by a time is its CronJob's") {
    // 29394720 minutes are 2025-11-21 00:00 UTC; 1763683200 are the same moment in seconds.
    CHECK(owner("batch/v1", "Job", "nightly-29394720") == "CronJob/nightly");
    CHECK(owner("batch/v1", "Job", "nightly-1763683200") == "CronJob/nightly");
    CHECK(owner("batch/v1beta1", "Job", "a-b-29394720") == "CronJob/a-b");
}

TEST_CASE("A Job that a user named is a Job, with digits at its end or not") {
    for (const char* name : {"import", "import-2", "import-20261231", "import-19991231", "import-123456789",
                             "import-9999999999", "29394720", "-29394720", "import-2939472x"}) {
        INFO(name);
        CHECK(owner("batch/v1", "Job", name) == std::string("Job/") + name);
    }
    CHECK(owner("batch.volcano.sh/v1alpha1", "Job", "train-29394720") == "Job/train-29394720");
}

TEST_CASE("Other controllers are taken as they are, and a Node is none") {
    CHECK(owner("apps/v1", "StatefulSet", "db", "7d4b9c6f5d") == "StatefulSet/db");
    CHECK(owner("apps/v1", "DaemonSet", "agent-29394720") == "DaemonSet/agent-29394720");
    CHECK(owner("example.com/v1", "Rollout", "shop") == "Rollout/shop");
    CHECK(owner("v1", "Node", "node-1") == "/");
}
