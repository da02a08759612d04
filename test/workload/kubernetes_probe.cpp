// The client of the Kubernetes API with its table of pods, to be asked by a test.
// usage: kubernetes_probe KEY=VALUE...; each line {"uids": [...], "containers": [...]} of stdin is answered
// by one line of JSON. The end of stdin ends it.
#include <chrono>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "exporter/workload/kubernetes_client.h"

using namespace dnsexp;
using nlohmann::json;

namespace {

using Arguments = std::map<std::string, std::string>;

template <typename Duration>
void set_time(const Arguments& arguments, const char* key, Duration& time) {
    if (const auto found = arguments.find(key); found != arguments.end())
        time = Duration(std::stoll(found->second));
}

void set_size(const Arguments& arguments, const char* key, size_t& size) {
    if (const auto found = arguments.find(key); found != arguments.end()) size = std::stoull(found->second);
}

KubernetesOptions options_of(const Arguments& arguments) {
    const auto text = [&](const char* key) {
        const auto found = arguments.find(key);
        return found == arguments.end() ? "" : found->second;
    };
    KubernetesOptions options;
    options.mode = text("mode") == "kubelet" ? KubernetesMode::kubelet : KubernetesMode::api;
    options.url = text("url");
    options.node = text("node");
    options.token_file = text("token_file");
    options.ca_file = text("ca_file");
    set_time(arguments, "connect_timeout_ms", options.connect_timeout);
    set_time(arguments, "request_timeout_ms", options.request_timeout);
    set_time(arguments, "watch_timeout_s", options.watch_timeout);
    set_time(arguments, "watch_grace_ms", options.watch_grace);
    set_time(arguments, "kubelet_interval_ms", options.kubelet_interval);
    set_time(arguments, "backoff_min_ms", options.backoff_min);
    set_time(arguments, "backoff_max_ms", options.backoff_max);
    set_size(arguments, "max_list_octets", options.max_list_octets);
    set_size(arguments, "max_event_octets", options.max_event_octets);
    return options;
}

json pod_json(const Pod& pod) {
    json containers = json::object();
    for (const PodContainer& container : pod.containers) containers[container.id] = container.name;
    return {{"namespace", pod.namespace_},  {"name", pod.name},         {"workload_kind", pod.workload_kind},
            {"workload", pod.workload},     {"containers", containers}, {"dns", static_cast<int>(pod.dns)},
            {"dns_search", pod.dns_search}, {"finished", pod.finished}};
}

json answer(const json& question, const PodTable& table, const KubernetesStatus& status) {
    json pods = json::object();
    for (const std::string uid : question.value("uids", json::array()))
        if (const auto pod = table.by_uid(uid)) pods[uid] = pod_json(*pod);
    json containers = json::object();
    for (const std::string id : question.value("containers", json::array()))
        if (const auto found = table.by_container(id))
            containers[id] = {{"pod", found->pod->name}, {"name", found->name}};
    return {{"pods", pods},
            {"containers", containers},
            {"size", table.size()},
            {"synced", status.synced},
            {"lists", status.lists},
            {"watch_events", status.watch_events},
            {"errors", status.errors},
            {"refused_pods", status.refused_pods},
            {"last_error", status.last_error},
            {"last_success", status.last_success}};
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const size_t equals = argument.find('=');
        arguments[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
    PodTableLimits limits;
    set_time(arguments, "keep_s", limits.keep);
    const auto table = std::make_shared<PodTable>(limits);
    auto client = KubernetesClient::start(options_of(arguments), table);
    if (!client) {
        std::cerr << client.error().message() << "\n";
        return 1;
    }
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(json::parse(line), *table, client.value()->status()).dump() << std::endl;
    return 0;
}
