#include <catch2/catch.hpp>
#include <map>

#include "exporter/workload/kubernetes_options.h"

using namespace dnsexp;

namespace {

EnvironmentLookup environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

}  // namespace

TEST_CASE("A pod finds the API server, its token and its node in the usual places") {
    const auto options = in_cluster_options("", environment({{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                                             {"KUBERNETES_SERVICE_PORT", "443"},
                                                             {"NODE_NAME", "node-1.example"}}));
    REQUIRE(options);
    CHECK(options.value().mode == KubernetesMode::api);
    CHECK(options.value().url == "https://10.96.0.1:443");
    CHECK(options.value().node == "node-1.example");
    CHECK(options.value().token_file == "/var/run/secrets/kubernetes.io/serviceaccount/token");
    CHECK(options.value().ca_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
}

TEST_CASE("The port of HTTPS, an IPv6 host and a given node are taken") {
    const auto options = in_cluster_options("chosen",
                                            environment({{"KUBERNETES_SERVICE_HOST", "fd00:10:96::1"},
                                                         {"KUBERNETES_SERVICE_PORT", "80"},
                                                         {"KUBERNETES_SERVICE_PORT_HTTPS", "6443"},
                                                         {"NODE_NAME", "other"}}),
                                            "/folder");
    REQUIRE(options);
    CHECK(options.value().url == "https://[fd00:10:96::1]:6443");
    CHECK(options.value().node == "chosen");
    CHECK(options.value().token_file == "/folder/token");
}

TEST_CASE("What is missing or impossible in the environment is named") {
    std::map<std::string, std::string> variables = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                                    {"KUBERNETES_SERVICE_PORT", "443"},
                                                    {"NODE_NAME", "node-1"}};
    for (const char* name : {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "NODE_NAME"}) {
        INFO(name);
        auto fewer = variables;
        fewer.erase(name);
        const auto options = in_cluster_options("", environment(fewer));
        REQUIRE_FALSE(options);
        CHECK(options.error().message().find(name) != std::string::npos);
    }
    CHECK_FALSE(in_cluster_options("node,metadata.name=x", environment(variables)));
    variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1/evil?";
    CHECK_FALSE(in_cluster_options("", environment(variables)));
}

TEST_CASE("The kubelet is asked on its own port") {
    const auto options = kubelet_options("node-1", "/folder");
    REQUIRE(options);
    CHECK(options.value().mode == KubernetesMode::kubelet);
    CHECK(kubelet_url(options.value()) == "https://node-1:10250/pods");
    CHECK(kubelet_options("fd00::1").value().url == "https://[fd00::1]:10250");
    CHECK_FALSE(kubelet_options(""));
}

TEST_CASE("Lists and watches select the node's pods and escape what the server said") {
    KubernetesOptions options;
    options.url = "https://api:6443";
    options.node = "node-1";
    options.page_size = 7;
    options.watch_timeout = std::chrono::seconds(9);
    const std::string selector = "https://api:6443/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1";
    CHECK(list_url(options, "0", "") == selector + "&limit=7&resourceVersion=0");
    CHECK(list_url(options, "", "a&b=") == selector + "&limit=7&continue=a%26b%3D");
    CHECK(watch_url(options, "12 3") ==
          selector + "&watch=true&allowWatchBookmarks=true&timeoutSeconds=9&resourceVersion=12%203");
}
