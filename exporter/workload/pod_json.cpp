#include "exporter/workload/pod_json.h"

#include <algorithm>
#include <iterator>

#include "exporter/workload/json_tree.h"
#include "exporter/workload/kubernetes_names.h"
#include "exporter/workload/pod_owner.h"

namespace dnsexp {
namespace {

constexpr size_t kMaxContainers = 64;       // of one pod; more are found by the pod's uid alone
constexpr size_t kMaxSearchDomains = 32;    // what the API takes at most
constexpr size_t kMaxSearchOctets = 2'048;  // the same
constexpr size_t kMaxToken = 4'096;  // continue: some 100 octets of base64url; resourceVersion: a number
constexpr size_t kMaxMessage = 200;

// The mirror of a static pod carries both annotations, with one value: the uid that the kubelet uses. The
// first alone proves nothing, since anybody may write it on a pod of his own.
constexpr const char* kConfigHash = "kubernetes.io/config.hash";
constexpr const char* kConfigMirror = "kubernetes.io/config.mirror";

// All that is read of the API's objects; a Pod has some hundred other members.
bool is_known(std::string_view key) {
    static constexpr std::string_view kKnown[] = {"annotations",
                                                  "apiVersion",
                                                  "code",
                                                  "containerID",
                                                  "containerStatuses",
                                                  "continue",
                                                  "controller",
                                                  "details",
                                                  "dnsConfig",
                                                  "dnsPolicy",
                                                  "ephemeralContainerStatuses",
                                                  "hostNetwork",
                                                  "initContainerStatuses",
                                                  "items",
                                                  "kind",
                                                  kConfigHash,
                                                  kConfigMirror,
                                                  "labels",
                                                  "lastState",
                                                  "message",
                                                  "metadata",
                                                  "name",
                                                  "namespace",
                                                  "object",
                                                  "ownerReferences",
                                                  "phase",
                                                  "pod-template-hash",
                                                  "resourceVersion",
                                                  "retryAfterSeconds",
                                                  "searches",
                                                  "spec",
                                                  "status",
                                                  "terminated",
                                                  "type",
                                                  "uid"};
    return std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown);
}

void read_names(const JsonObject& metadata, Pod& pod) {
    pod.namespace_ = metadata.text("namespace");
    if (!is_kubernetes_label(pod.namespace_)) metadata.refuse("namespace", "is no RFC 1123 label");
    pod.name = metadata.text("name");
    if (!is_kubernetes_subdomain(pod.name)) metadata.refuse("name", "is no RFC 1123 subdomain");
    pod.uid = metadata.text("uid");
    if (!is_pod_uuid(pod.uid) && !is_config_hash(pod.uid)) metadata.refuse("uid", "is no UUID and no hash");
    const JsonObject annotations = metadata.object("annotations");
    const std::string hash = annotations.text(kConfigHash);
    if (is_config_hash(hash) && annotations.text(kConfigMirror) == hash) pod.config_hash = hash;
}

void read_owner(const JsonObject& metadata, Pod& pod, std::string& problem) {
    for (const Json& reference : metadata.array("ownerReferences")) {
        const JsonObject owner(reference, metadata.path() + ".ownerReferences[]", problem);
        if (!owner.flag("controller")) continue;
        const std::string kind = owner.text("kind");
        const std::string name = owner.text("name");
        if (!is_kubernetes_kind(kind)) owner.refuse("kind", "is no kind");
        if (!is_kubernetes_subdomain(name)) owner.refuse("name", "is no RFC 1123 subdomain");
        PodOwner workload = workload_of(owner.text("apiVersion"), kind, name,
                                        metadata.object("labels").text("pod-template-hash"));
        pod.workload_kind = std::move(workload.kind);
        pod.workload = std::move(workload.name);
        return;  // the API admits one controller
    }
}

void read_dns(const JsonObject& spec, Pod& pod) {
    const std::string policy = spec.text("dnsPolicy");
    if (policy.empty() || policy == "ClusterFirst")
        pod.dns = spec.flag("hostNetwork") ? PodDns::node : PodDns::cluster;
    else if (policy == "ClusterFirstWithHostNet")
        pod.dns = PodDns::cluster;
    else if (policy == "Default")
        pod.dns = PodDns::node;
    else if (policy == "None")
        pod.dns = PodDns::none;
    else
        spec.refuse("dnsPolicy", "is no policy that this program knows");
    const JsonObject config = spec.object("dnsConfig");
    size_t octets = 0;
    for (const Json& search : config.array("searches")) {
        const auto* domain = search.get_ptr<const std::string*>();
        if (domain == nullptr || !is_search_domain(*domain)) {
            config.refuse("searches", "has what is no domain");
            return;
        }
        octets += domain->size() + 1;
        pod.dns_search.push_back(*domain);
        if (pod.dns_search.size() > kMaxSearchDomains || octets > kMaxSearchOctets) {
            config.refuse("searches", "is longer than the API allows");
            return;
        }
    }
}

void read_containers(const JsonObject& status, const char* key, Pod& pod, std::string& problem) {
    for (const Json& one : status.array(key)) {
        const JsonObject container(one, status.path() + "." + key + "[]", problem);
        const std::string name = container.text("name");
        if (!is_kubernetes_label(name)) container.refuse("name", "is no RFC 1123 label");
        // Before a restart it had another id. One that has not started yet has none.
        for (const std::string& id : {container.object("lastState").object("terminated").text("containerID"),
                                      container.text("containerID")})
            if (std::string digits = container_id_of(id);
                !digits.empty() && pod.containers.size() < kMaxContainers)
                pod.containers.push_back({std::move(digits), name});
    }
}

// The Pod, or why it is refused.
Pod read_pod(const Json& value, std::string& problem) {
    Pod pod;
    const JsonObject object(value, "", problem);
    const JsonObject metadata = object.object("metadata");
    read_names(metadata, pod);
    read_owner(metadata, pod, problem);
    read_dns(object.object("spec"), pod);
    const JsonObject status = object.object("status");
    for (const char* key : {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"})
        read_containers(status, key, pod, problem);
    const std::string phase = status.text("phase");
    pod.finished = phase == "Succeeded" || phase == "Failed";
    return pod;
}

// A token that the server wants back as it is. Empty where it is too long to be one.
std::string read_token(const JsonObject& metadata, const char* key) {
    std::string token = metadata.text(key);
    if (token.size() > kMaxToken) metadata.refuse(key, "is too long");
    return token;
}

Error refused(const char* what, std::string why) {
    return Error{"read", what, 0, std::move(why), ""};
}

void read_error(const JsonObject& status, WatchEvent& event) {
    // HTTP status codes have three digits (RFC 9110, 15).
    event.code = static_cast<int>(std::clamp<int64_t>(status.number("code"), 0, 999));
    event.message = status.text("message").substr(0, kMaxMessage);
    const int64_t seconds = status.object("details").number("retryAfterSeconds");
    if (seconds > 0) event.retry_after = std::chrono::seconds(seconds);
}

std::optional<WatchType> watch_type(std::string_view text) {
    if (text == "ADDED") return WatchType::added;
    if (text == "MODIFIED") return WatchType::modified;
    if (text == "DELETED") return WatchType::deleted;
    if (text == "BOOKMARK") return WatchType::bookmark;
    if (text == "ERROR") return WatchType::error;
    return std::nullopt;
}

}  // namespace

Result<Pod> pod_from_json(std::string_view text) {
    auto tree = parse_json(text, is_known);
    if (!tree) return std::move(tree).error();
    std::string problem;
    Pod pod = read_pod(*tree, problem);
    if (!problem.empty()) return refused("Pod", problem);
    return pod;
}

Result<PodList> pod_list_from_json(std::string_view text) {
    auto tree = parse_json(text, is_known);
    if (!tree) return std::move(tree).error();
    std::string problem;
    const JsonObject object(*tree, "", problem);
    if (object.text("kind") != "PodList") return refused("PodList", "its kind is another");
    PodList list;
    const JsonObject metadata = object.object("metadata");
    list.resource_version = read_token(metadata, "resourceVersion");
    list.next_page = read_token(metadata, "continue");
    for (const Json& item : object.array("items")) {
        std::string refusal;
        Pod pod = read_pod(item, refusal);
        if (refusal.empty()) {
            list.pods.push_back(std::move(pod));
            continue;
        }
        if (list.refused++ == 0) list.first_refusal = refusal;
    }
    if (!problem.empty()) return refused("PodList", problem);
    return list;
}

Result<WatchEvent> watch_event_from_json(std::string_view line) {
    auto tree = parse_json(line, is_known);
    if (!tree) return std::move(tree).error();
    std::string problem;
    const JsonObject object(*tree, "", problem);
    const auto type = watch_type(object.text("type"));
    if (!type) return refused("WatchEvent", "its type is unknown");
    WatchEvent event;
    event.type = *type;
    const JsonObject inner = object.object("object");
    if (*type == WatchType::error) {
        read_error(inner, event);
    } else {
        event.resource_version = read_token(inner.object("metadata"), "resourceVersion");
        if (event.resource_version.empty()) inner.refuse("metadata.resourceVersion", "is missing");
    }
    if (!problem.empty()) return refused("WatchEvent", problem);
    if (*type == WatchType::bookmark || *type == WatchType::error) return event;
    Pod pod = read_pod((*tree)["object"], event.refusal);
    if (event.refusal.empty()) event.pod = std::move(pod);
    return event;
}

std::string status_message(std::string_view body) {
    const auto tree = parse_json(body, is_known);
    if (!tree) return "";
    std::string problem;
    const JsonObject object(tree.value(), "", problem);
    return object.text("kind") == "Status" ? object.text("message").substr(0, kMaxMessage) : "";
}

}  // namespace dnsexp
