#include "exporter/workload/kubernetes_names.h"

#include <algorithm>

namespace dnsexp {
namespace {

constexpr size_t kMaxLabel = 63;       // RFC 1123, 2.1, as apimachinery's validation has it
constexpr size_t kMaxSubdomain = 253;  // the same
constexpr size_t kHashDigits = 32;
constexpr size_t kContainerIdDigits = 64;  // a SHA-256 or as many random bits: Docker, containerd, CRI-O
constexpr std::string_view kUuidForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) {
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9');
}

bool is_hex_text(std::string_view text, size_t digits) {
    return text.size() == digits && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_part(std::string_view text, bool underscores) {
    const auto inner = [&](char c) { return is_lower_or_digit(c) || c == '-' || (underscores && c == '_'); };
    const auto outer = [&](char c) { return is_lower_or_digit(c) || (underscores && c == '_'); };
    return !text.empty() && outer(text.front()) && outer(text.back()) &&
           std::all_of(text.begin(), text.end(), inner);
}

bool is_parts(std::string_view text, bool underscores) {
    if (text.size() > kMaxSubdomain) return false;
    for (;;) {
        const size_t dot = text.find('.');
        if (!is_part(text.substr(0, dot), underscores)) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

bool is_kubernetes_label(std::string_view text) {
    return text.size() <= kMaxLabel && is_part(text, false);
}

bool is_kubernetes_subdomain(std::string_view text) {
    return is_parts(text, false);
}

bool is_kubernetes_kind(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && text.size() <= kMaxLabel && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_pod_uuid(std::string_view text) {
    return std::equal(text.begin(), text.end(), kUuidForm.begin(), kUuidForm.end(),
                      [](char c, char form) { return form == '-' ? c == '-' : is_hex(c); });
}

bool is_config_hash(std::string_view text) {
    return is_hex_text(text, kHashDigits);
}

bool is_search_domain(std::string_view text) {
    if (text == ".") return true;
    if (text.ends_with('.')) text.remove_suffix(1);
    return is_parts(text, true);
}

std::string container_id_of(std::string_view status_id) {
    const size_t scheme = status_id.find("://");
    if (scheme == std::string_view::npos) return "";
    const std::string_view id = status_id.substr(scheme + 3);
    return is_hex_text(id, kContainerIdDigits) ? std::string(id) : "";
}

}  // namespace dnsexp
