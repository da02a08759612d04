// Where the pods of this node are asked for, and how patiently.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "exporter/base/result.h"

namespace dnsexp {

enum class KubernetesMode {
    api,     // the API server: list once, then watch; needs list and watch on pods
    kubelet  // this node's kubelet: the whole list again and again; needs get on nodes/proxy
};

struct KubernetesOptions {
    KubernetesMode mode = KubernetesMode::api;
    std::string url;         // without a path, "https://10.96.0.1:443"
    std::string node;        // api: spec.nodeName of the pods
    std::string token_file;  // read anew for each request; empty: none is sent
    std::string ca_file;     // PEM; empty: the system's authorities

    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds request_timeout{30'000};  // of one page or one poll, as a whole
    // How long the server is asked to keep a watch (whole seconds), and how much longer its silence is borne:
    // a watch on which nothing happens is silent.
    std::chrono::seconds watch_timeout{300};
    std::chrono::milliseconds watch_grace{10'000};
    std::chrono::milliseconds kubelet_interval{2'000};
    std::chrono::milliseconds backoff_min{1'000};
    std::chrono::milliseconds backoff_max{60'000};

    unsigned page_size = 50;            // pods; a pod is 5 to 20 kB of JSON
    size_t max_list_octets = 16 << 20;  // of one page, or of the kubelet's list
    size_t max_pods = 4'096;            // of one list; more is an error
    // etcd takes requests of 1.5 MiB at most; as JSON an object is somewhat larger.
    size_t max_event_octets = 3 << 20;
};

using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// Where Kubernetes puts a pod's service account.
constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// Options for a program in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT_HTTPS (or _PORT), token
// and ca.crt of `folder`, and the node that is given or NODE_NAME (set from spec.nodeName by the pod's
// manifest). Fails where one is missing. The files are not opened.
Result<KubernetesOptions> in_cluster_options(const std::string& node, const EnvironmentLookup& environment,
                                             const std::string& folder = kServiceAccountFolder);

// Options for the kubelet at `address` (a name or an IP address), port 10250, with token and ca.crt as above.
Result<KubernetesOptions> kubelet_options(const std::string& address,
                                          const std::string& folder = kServiceAccountFolder);

// The URLs of the three requests. `resource_version` and `page` are opaque texts of the server.
std::string list_url(const KubernetesOptions& options, const std::string& resource_version,
                     const std::string& page);
std::string watch_url(const KubernetesOptions& options, const std::string& resource_version);
std::string kubelet_url(const KubernetesOptions& options);

}  // namespace dnsexp
