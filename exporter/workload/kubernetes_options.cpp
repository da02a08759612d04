#include "exporter/workload/kubernetes_options.h"

#include "exporter/fetch/url.h"
#include "exporter/workload/kubernetes_names.h"

namespace dnsexp {
namespace {

constexpr const char* kKubeletPort = "10250";  // the kubelet's authenticated port
constexpr const char* kInCluster = "these variables are there in every pod of a cluster";

// An IPv6 address goes into brackets (RFC 3986, 3.2.2).
std::string https_url(const std::string& host, const std::string& port) {
    const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
    return "https://" + (bare_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

// The host must not bring a path, a user or a port of its own.
Result<KubernetesOptions> with_server(KubernetesOptions options, const std::string& host,
                                      const std::string& port, const std::string& folder) {
    constexpr const char* kHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]";
    options.url = https_url(host, port);
    const bool plain = host.find_first_not_of(kHost) == std::string::npos &&
                       port.find_first_not_of("0123456789") == std::string::npos;
    if (!plain || !url_origin(options.url))
        return Error{"read address", host + " port " + port, 0, "it is no host and port",
                     "a name, an IPv4 or an IPv6 address is wanted"};
    options.token_file = folder + "/token";
    options.ca_file = folder + "/ca.crt";
    return options;
}

}  // namespace

Result<KubernetesOptions> in_cluster_options(const std::string& node, const EnvironmentLookup& environment,
                                             const std::string& folder) {
    const auto missing = [](const char* what, const char* hint) {
        return Error{"read environment", what, 0, "it is not set", hint};
    };
    const auto value = [&](const char* name) { return environment(name).value_or(""); };
    const std::string host = value("KUBERNETES_SERVICE_HOST");
    if (host.empty()) return missing("KUBERNETES_SERVICE_HOST", kInCluster);
    std::string port = value("KUBERNETES_SERVICE_PORT_HTTPS");
    if (port.empty()) port = value("KUBERNETES_SERVICE_PORT");
    if (port.empty()) return missing("KUBERNETES_SERVICE_PORT", kInCluster);
    KubernetesOptions options;
    options.node = node.empty() ? value("NODE_NAME") : node;
    if (options.node.empty())
        return missing("NODE_NAME", "set it from the field spec.nodeName in the pod's manifest");
    if (!is_kubernetes_subdomain(options.node))
        return Error{"read node name", "", 0, "it is no RFC 1123 subdomain",
                     "give the name that kubectl get nodes shows"};
    return with_server(std::move(options), host, port, folder);
}

Result<KubernetesOptions> kubelet_options(const std::string& address, const std::string& folder) {
    if (address.empty())
        return Error{"read kubelet address", "", 0, "it is empty", "give the node's name or address"};
    KubernetesOptions options;
    options.mode = KubernetesMode::kubelet;
    return with_server(std::move(options), address, kKubeletPort, folder);
}

std::string list_url(const KubernetesOptions& options, const std::string& resource_version,
                     const std::string& page) {
    std::string url = options.url +
                      "/api/v1/pods?fieldSelector=" + url_encoded("spec.nodeName=" + options.node) +
                      "&limit=" + std::to_string(options.page_size);
    if (!resource_version.empty()) url += "&resourceVersion=" + url_encoded(resource_version);
    if (!page.empty()) url += "&continue=" + url_encoded(page);
    return url;
}

std::string watch_url(const KubernetesOptions& options, const std::string& resource_version) {
    return options.url + "/api/v1/pods?fieldSelector=" + url_encoded("spec.nodeName=" + options.node) +
           "&watch=true&allowWatchBookmarks=true&timeoutSeconds=" +
           std::to_string(options.watch_timeout.count()) +
           "&resourceVersion=" + url_encoded(resource_version);
}

std::string kubelet_url(const KubernetesOptions& options) {
    return options.url + "/pods";
}

}  // namespace dnsexp
