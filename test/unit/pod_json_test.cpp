#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "exporter/workload/pod_json.h"

using namespace dnsexp;

namespace {

// A node's list as the API server writes it, in short: test/workload/pods.json.
PodList recorded() {
    std::ifstream file(DNSEXP_SOURCE_DIR "/test/workload/pods.json");
    std::stringstream text;
    text << file.rdbuf();
    auto list = pod_list_from_json(text.str());
    REQUIRE(list);
    return std::move(list).value();
}

const Pod& named(const PodList& list, const std::string& name) {
    for (const Pod& pod : list.pods)
        if (pod.name == name) return pod;
    throw std::runtime_error("no pod " + name);
}

std::string id(const std::string& end) {
    return std::string(64 - end.size(), '1') + end;
}

constexpr const char* kUid = "0f5c1a52-7d5e-4c0b-9a51-3c6f0c6f1a01";

// A small pod with `metadata` and `rest` added, each beginning with a comma or empty.
std::string pod_text(const std::string& metadata = "", const std::string& rest = "") {
    return std::string(R"({"metadata":{"name":"a","namespace":"b","uid":")") + kUid + '"' + metadata + "}" +
           rest + "}";
}

std::string detail_of(const std::string& text) {
    const auto pod = pod_from_json(text);
    return pod ? "" : pod.error().detail;
}

}  // namespace

TEST_CASE("A Deployment's pod has its names, its workload and its containers, restarted ones included") {
    const PodList list = recorded();
    CHECK(list.resource_version == "1000");
    CHECK(list.next_page.empty());
    CHECK(list.refused == 0);
    CHECK(list.pods.size() == 6);
    const Pod& pod = named(list, "shop-7d4b9c6f5d-x2x9k");
    CHECK(pod.uid == kUid);
    CHECK(pod.config_hash.empty());
    CHECK(pod.namespace_ == "store");
    CHECK(pod.workload_kind == "Deployment");
    CHECK(pod.workload == "shop");
    CHECK(pod.dns == PodDns::cluster);
    CHECK_FALSE(pod.finished);
    REQUIRE(pod.containers.size() == 3);
    CHECK(pod.containers[0].id == id("00"));  // before its restart
    CHECK(pod.containers[0].name == "web");
    CHECK(pod.containers[1].id == id("01"));
    CHECK(pod.containers[1].name == "web");
    CHECK(pod.containers[2].id == id("03"));
    CHECK(pod.containers[2].name == "migrate");
}

TEST_CASE("A StatefulSet's pod has its ephemeral container and its own resolver settings") {
    const PodList list = recorded();
    const Pod& pod = named(list, "db-0");
    CHECK(pod.workload_kind == "StatefulSet");
    CHECK(pod.workload == "db");
    CHECK(pod.dns == PodDns::none);
    CHECK(pod.dns_search == std::vector<std::string>{"store.svc.cluster.local", "example.com."});
    REQUIRE(pod.containers.size() == 2);
    CHECK(pod.containers[1].id == id("04"));
    CHECK(pod.containers[1].name == "debugger-4kqzt");
}

TEST_CASE("ClusterFirst on the host's network is the node's resolver") {
    const PodList list = recorded();
    CHECK(named(list, "node-agent-6jx7q").dns == PodDns::node);
    CHECK(named(list, "node-agent-6jx7q").workload_kind == "DaemonSet");
    CHECK(named(list, "kube-apiserver-node-1").dns == PodDns::cluster);  // ClusterFirstWithHostNet
    CHECK(named(list, "nightly-29394720-b7f2m").dns == PodDns::node);    // Default
    CHECK(named(list, "alone").dns == PodDns::cluster);                  // absent
}

TEST_CASE("A CronJob's finished pod is known as such") {
    const PodList list = recorded();
    const Pod& pod = named(list, "nightly-29394720-b7f2m");
    CHECK(pod.workload_kind == "CronJob");
    CHECK(pod.workload == "nightly");
    CHECK(pod.finished);
}

TEST_CASE("A static pod's mirror has its config hash, and no workload") {
    const PodList list = recorded();
    const Pod& pod = named(list, "kube-apiserver-node-1");
    CHECK(pod.config_hash == "9b1d4c5e6f708192a3b4c5d6e7f80911");
    CHECK(pod.workload_kind.empty());
    CHECK(pod.workload.empty());
}

TEST_CASE("A pod can't take a static pod's hash by one annotation") {
    const std::string hash = "9b1d4c5e6f708192a3b4c5d6e7f80911";
    const auto pod =
        pod_from_json(pod_text(R"(,"annotations":{"kubernetes.io/config.hash":")" + hash + "\"}"));
    REQUIRE(pod);
    CHECK(pod.value().config_hash.empty());
}

TEST_CASE("A kubelet's static pod has its hash as uid") {
    const auto pod = pod_from_json(
        R"({"metadata":{"name":"a","namespace":"b","uid":"9b1d4c5e6f708192a3b4c5d6e7f80911"}})");
    REQUIRE(pod);
    CHECK(pod.value().uid == "9b1d4c5e6f708192a3b4c5d6e7f80911");
}

TEST_CASE("A pod of nothing but its names is a pod") {
    const auto pod =
        pod_from_json(pod_text(R"(,"labels":null,"ownerReferences":null)", R"(,"spec":{},"status":null)"));
    REQUIRE(pod);
    CHECK(pod.value().containers.empty());
    CHECK(pod.value().workload.empty());
}

TEST_CASE("A pod with a name that Kubernetes does not give is refused, and the field is named") {
    CHECK(detail_of("{}") == "metadata.namespace is no RFC 1123 label");
    CHECK(detail_of(R"({"metadata":{"name":"a\"b","namespace":"b","uid":"x"}})") ==
          "metadata.name is no RFC 1123 subdomain");
    CHECK(detail_of(R"({"metadata":{"name":"a","namespace":"b","uid":"x"}})") ==
          "metadata.uid is no UUID and no hash");
    CHECK(detail_of(R"({"metadata":{"name":7,"namespace":"b","uid":"x"}})") == "metadata.name is no string");
    const auto owned = [](const char* reference) {
        return detail_of(pod_text(std::string(",\"ownerReferences\":[") + reference + "]"));
    };
    CHECK(owned(R"({"controller":true,"kind":"Job","name":"a\n"})") ==
          "metadata.ownerReferences[].name is no RFC 1123 subdomain");
    CHECK(owned(R"({"controller":true,"kind":"","name":"a"})") ==
          "metadata.ownerReferences[].kind is no kind");
    CHECK(owned(R"({"controller":"yes"})") == "metadata.ownerReferences[].controller is no boolean");
    CHECK(owned("7") == "metadata.ownerReferences[] is no object");
    CHECK(owned(R"({"kind":"\u0000","name":"\u0000"})").empty());  // no controller: not read
    const auto rest = [](const char* more) { return detail_of(pod_text("", more)); };
    CHECK(rest(R"(,"spec":{"dnsPolicy":"First"})") == "spec.dnsPolicy is no policy that this program knows");
    CHECK(rest(R"(,"spec":{"dnsConfig":{"searches":["a b"]}})") ==
          "spec.dnsConfig.searches has what is no domain");
    CHECK(rest(R"(,"spec":{"dnsConfig":{"searches":"a"}})") == "spec.dnsConfig.searches is no array");
    CHECK(rest(R"(,"status":{"containerStatuses":[{"name":"A"}]})") ==
          "status.containerStatuses[].name is no RFC 1123 label");
    CHECK(rest(R"(,"status":[])") == "status is no object");
}

TEST_CASE("A pod's lists are bounded") {
    std::string statuses;
    for (int i = 0; i < 100; ++i)
        statuses += std::string(i == 0 ? "" : ",") + R"({"name":"c","containerID":"containerd://)" +
                    id(std::to_string(1000 + i)) + "\"}";
    const auto many = pod_from_json(pod_text("", R"(,"status":{"containerStatuses":[)" + statuses + "]}"));
    REQUIRE(many);
    CHECK(many.value().containers.size() == 64);
    std::string searches = "\"a\"";
    for (int i = 1; i < 32; ++i) searches += ",\"a\"";
    const auto spec = [](const std::string& list) {
        return R"(,"spec":{"dnsConfig":{"searches":[)" + list + "]}}";
    };
    CHECK(detail_of(pod_text("", spec(searches))).empty());
    CHECK(detail_of(pod_text("", spec(searches + ",\"a\""))) ==
          "spec.dnsConfig.searches is longer than the API allows");
    const std::string longest = '"' + std::string(250, 'a') + '"';
    std::string nine = longest;
    for (int i = 1; i < 9; ++i) nine += "," + longest;
    CHECK(detail_of(pod_text("", spec(nine))) == "spec.dnsConfig.searches is longer than the API allows");
}

TEST_CASE("A list leaves out the pods that it refuses and counts them") {
    const auto list = pod_list_from_json(
        R"({"kind":"PodList","metadata":{"resourceVersion":"7","continue":"abc"},"items":[)" + pod_text() +
        R"(,{"metadata":{}},7,)" + pod_text() + "]}");
    REQUIRE(list);
    CHECK(list.value().pods.size() == 2);
    CHECK(list.value().refused == 2);
    CHECK(list.value().first_refusal == "metadata.namespace is no RFC 1123 label");
    CHECK(list.value().resource_version == "7");
    CHECK(list.value().next_page == "abc");
    CHECK(pod_list_from_json(R"({"kind":"PodList","metadata":{},"items":null})"));
}

TEST_CASE("What is no PodList is an error") {
    for (const std::string& text :
         {std::string(), std::string("null"), std::string("[]"), std::string("{"), std::string("{}{}"),
          std::string(R"({"kind":"NodeList"})"), std::string(R"({"kind":"PodList","items":7})"),
          std::string(R"({"kind":"PodList","metadata":{"resourceVersion":7}})"),
          std::string("{\"kind\":\"PodList\xff\"}"),
          R"({"kind":"PodList","metadata":{"continue":")" + std::string(5'000, 'x') + "\"}}"}) {
        INFO(text.substr(0, 80));
        CHECK_FALSE(pod_list_from_json(text));
    }
}

TEST_CASE("Text that is no JSON is said to be none") {
    CHECK(pod_list_from_json("{").error().detail == "it is no JSON object");
    CHECK(watch_event_from_json("[]").error().detail == "it is no JSON object");
}

TEST_CASE("Depth and number of values are bounded, but for members that nobody reads") {
    const auto nested = [](const char* key, size_t depth) {
        return std::string(R"({"kind":"PodList",")") + key + "\":" + std::string(depth, '[') +
               std::string(depth, ']') + "}";
    };
    CHECK_FALSE(pod_list_from_json(nested("items", 17)));
    CHECK(pod_list_from_json(nested("other", 100'000)));
    const auto wide = [](const char* key) {
        std::string values = "0";
        for (int i = 0; i < 300'000; ++i) values += ",0";
        return std::string(R"({"kind":"PodList",")") + key + "\":[" + values + "]}";
    };
    CHECK_FALSE(pod_list_from_json(wide("items")));
    CHECK(pod_list_from_json(wide("other")));
}

TEST_CASE("What follows a member that is left out is read") {
    const auto pod =
        pod_from_json(R"({"other":{"metadata":{"uid":[1,{"name":2}]}},"more":7,"metadata":{"x":{},"uid":")" +
                      std::string(kUid) + R"(","y":[{"name":"no"}],"name":"a","namespace":"b"},"z":1})");
    REQUIRE(pod);
    CHECK(pod.value().name == "a");
    CHECK(pod.value().uid == kUid);
}

TEST_CASE("Watch events are told apart, each with its version") {
    const auto event = [](const char* type, const std::string& object) {
        return watch_event_from_json(std::string(R"({"type":")") + type + R"(","object":)" + object + "}");
    };
    const std::string pod = pod_text(R"(,"resourceVersion":"12")");
    CHECK(event("ADDED", pod).value().type == WatchType::added);
    CHECK(event("MODIFIED", pod).value().type == WatchType::modified);
    CHECK(event("DELETED", pod).value().type == WatchType::deleted);
    CHECK(event("ADDED", pod).value().pod->name == "a");
    CHECK(event("ADDED", pod).value().resource_version == "12");
    const auto bookmark = event("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":"13"}})");
    CHECK(bookmark.value().type == WatchType::bookmark);
    CHECK(bookmark.value().resource_version == "13");
    CHECK_FALSE(bookmark.value().pod);
    const auto refused = event("ADDED", R"({"metadata":{"resourceVersion":"14","name":"A"}})");
    REQUIRE(refused);
    CHECK_FALSE(refused.value().pod);
    CHECK(refused.value().refusal == "metadata.namespace is no RFC 1123 label");
    CHECK(refused.value().resource_version == "14");
    CHECK_FALSE(event("ADDED", pod_text()));  // without a version there is nowhere to go on from
    CHECK_FALSE(event("SYNC", pod));
    CHECK_FALSE(event("ADDED", "7"));
    CHECK_FALSE(watch_event_from_json("{}"));
}

TEST_CASE("An error event has the Status's code, message and patience") {
    const auto error = watch_event_from_json(
        R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
        R"("message":"too old resource version","reason":"Expired","code":410}})");
    REQUIRE(error);
    CHECK(error.value().type == WatchType::error);
    CHECK(error.value().code == 410);
    CHECK(error.value().message == "too old resource version");
    CHECK_FALSE(error.value().retry_after);
    const auto busy = watch_event_from_json(
        R"({"type":"ERROR","object":{"code":429,"details":{"retryAfterSeconds":3},"message":")" +
        std::string(999, 'x') + "\"}}");
    REQUIRE(busy);
    CHECK(busy.value().retry_after == std::chrono::seconds(3));
    CHECK(busy.value().message.size() == 200);
    CHECK(watch_event_from_json(R"({"type":"ERROR","object":{"code":99999999999}})").value().code == 999);
}

TEST_CASE("A Status explains a failed request, and nothing else does") {
    CHECK(status_message(R"({"kind":"Status","message":"pods is forbidden"})") == "pods is forbidden");
    CHECK(status_message(R"({"kind":"Pod","message":"no"})").empty());
    CHECK(status_message("<html>").empty());
    CHECK(status_message("").empty());
}
