#include <catch2/catch.hpp>

#include "exporter/workload/kubernetes_names.h"

using namespace dnsexp;

// The forms are those of Kubernetes' documentation, "Object Names and IDs".

TEST_CASE("A label has 1 to 63 lower-case letters, digits and hyphens, no hyphen at an end") {
    for (const std::string& text :
         {std::string("a"), std::string("kube-system"), std::string("0-9"), std::string(63, 'a')}) {
        INFO(text);
        CHECK(is_kubernetes_label(text));
    }
    for (const std::string& text : {std::string(), std::string("-a"), std::string("a-"), std::string("A"),
                                    std::string("a.b"), std::string("a_b"), std::string(64, 'a'),
                                    std::string("a\n"), std::string("a\0b", 3), std::string("\xc3\xa4")}) {
        INFO(text);
        CHECK_FALSE(is_kubernetes_label(text));
    }
}

TEST_CASE("A subdomain is labels with dots between, 253 octets at most") {
    for (const std::string& text :
         {std::string("a"), std::string("node-1.example.com"), std::string("0.1"), std::string(253, 'a')}) {
        INFO(text);
        CHECK(is_kubernetes_subdomain(text));
    }
    for (const std::string& text :
         {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"),
          std::string("a.-b"), std::string("a/b"), std::string(254, 'a')}) {
        INFO(text);
        CHECK_FALSE(is_kubernetes_subdomain(text));
    }
}

TEST_CASE("A kind is letters and digits") {
    CHECK(is_kubernetes_kind("ReplicaSet"));
    CHECK(is_kubernetes_kind("Job2"));
    for (const char* text : {"", "2Job", "Replica-Set", "A\"", "A B"}) {
        INFO(text);
        CHECK_FALSE(is_kubernetes_kind(text));
    }
}

TEST_CASE("A pod's uid is a UUID, a static pod's hash 32 hex digits") {
    CHECK(is_pod_uuid("0f5c1a52-7d5e-4c0b-9a51-3c6f0c6f1a01"));
    for (const char* text :
         {"", "0f5c1a52-7d5e-4c0b-9a51-3c6f0c6f1a0", "0f5c1a52-7d5e-4c0b-9a51-3c6f0c6f1a011",
          "0F5C1A52-7D5E-4C0B-9A51-3C6F0C6F1A01", "0f5c1a5237d5e-4c0b-9a51-3c6f0c6f1a01",
          "0f5c1a52-7d5e-4c0b-9a51-3c6f0c6f1a0g"}) {
        INFO(text);
        CHECK_FALSE(is_pod_uuid(text));
    }
    CHECK(is_config_hash("9b1d4c5e6f708192a3b4c5d6e7f80911"));
    CHECK_FALSE(is_config_hash("9b1d4c5e6f708192a3b4c5d6e7f8091"));
    CHECK_FALSE(is_config_hash("9b1d4c5e6f708192a3b4c5d6e7f8091x"));
}

TEST_CASE("A search domain may have underscores and a final dot, or be the dot") {
    for (const char* text : {"svc.cluster.local", "example.com.", "_tcp.example.com", "."}) {
        INFO(text);
        CHECK(is_search_domain(text));
    }
    for (const char* text : {"", "..", "a..b", "A.example", "a b"}) {
        INFO(text);
        CHECK_FALSE(is_search_domain(text));
    }
}

TEST_CASE("A container's id is the 64 digits after the runtime's name") {
    const std::string digits(64, 'a');
    CHECK(container_id_of("containerd://" + digits) == digits);
    CHECK(container_id_of("cri-o://" + digits) == digits);
    CHECK(container_id_of("docker://" + digits) == digits);
    CHECK(container_id_of(digits).empty());
    CHECK(container_id_of("").empty());
    CHECK(container_id_of("containerd://").empty());
    CHECK(container_id_of("containerd://" + digits + "a").empty());
    CHECK(container_id_of("containerd://" + std::string(64, 'G')).empty());
}
