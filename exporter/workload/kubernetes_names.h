// The forms that Kubernetes gives its names. What has none of them comes into no label.
#pragma once

#include <string>
#include <string_view>

namespace dnsexp {

// RFC 1123 label: 1 to 63 of [a-z0-9-], alphanumeric at both ends. Namespaces, containers.
bool is_kubernetes_label(std::string_view text);
// RFC 1123 subdomain: 1 to 253 octets, labels (of any length) joined by dots. Pods, nodes, workloads.
bool is_kubernetes_subdomain(std::string_view text);
// A kind: 1 to 63 letters and digits, a letter first.
bool is_kubernetes_kind(std::string_view text);
// A UUID (RFC 9562, 4) in lower case.
bool is_pod_uuid(std::string_view text);
// A static pod's hash: 32 lower-case hex digits (the kubelet's MD5 of its manifest).
bool is_config_hash(std::string_view text);
// A domain of spec.dnsConfig.searches, in the relaxed form: underscores, a final dot, or the dot alone.
bool is_search_domain(std::string_view text);

// "containerd://<64 hex digits>" -> the digits. Empty where it has another form: no cgroup could name it.
std::string container_id_of(std::string_view status_id);

}  // namespace dnsexp
