#include "exporter/security/name_signals.h"

#include <algorithm>
#include <array>

#include "exporter/security/query_class.h"
#include "exporter/security/query_finding.h"

namespace dnsexp {
namespace {

// What a sign adds to the name's score.
constexpr uint32_t entropy_points = 30, long_points = 25, odd_points = 25, deep_points = 15, txt_points = 20,
                   null_points = 45, tld_points = 10;
constexpr uint32_t several_together = 75;  // medium from here: three signs, or NULL and an encoded label

constexpr double word_bits = 16;  // information (name_shape.h) of a name that reads like words

}  // namespace

struct NameSignals::Signs {
    std::array<EventType, event_types> types{};
    size_t count = 0;
    uint32_t score = 0;

    void add(EventType type, uint32_t points) {
        types[count++] = type;
        score += points;
    }
};

NameSignals::Limits::Limits(const SecurityConfig& config)
    : shapes(config),
      tlds(config.suspicious_tlds),
      longest_label(config.max_label_length),
      deepest(config.max_subdomain_depth),
      entropy_threshold(config.entropy_threshold) {
    std::sort(tlds.begin(), tlds.end());
}

bool NameSignals::has_suspicious_tld(std::string_view name) const {
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return false;
    return std::binary_search(limits_.tlds.begin(), limits_.tlds.end(), name.substr(dot + 1), std::less<>());
}

NameSignals::Signs NameSignals::signs_of(const JudgedQuery& query, const NameShape& shape) const {
    Signs signs;
    if (shape.longest > limits_.longest_label) signs.add(EventType::long_label, long_points);
    if (query.below > limits_.deepest) signs.add(EventType::deep_subdomain, deep_points);
    if (shape.entropy_score >= limits_.entropy_threshold) signs.add(EventType::high_entropy, entropy_points);
    if (query.type == type_null) signs.add(EventType::null_query, null_points);
    // At the domain itself and at words below it lie SPF and proofs of ownership.
    if (query.type == type_txt && query.below != 0 && shape.bits >= word_bits)
        signs.add(EventType::txt_query, txt_points);
    if (has_suspicious_tld(query.name)) signs.add(EventType::suspicious_tld, tld_points);
    if (shape.odd != 0) signs.score += odd_points;
    return signs;
}

void NameSignals::judge(const JudgedQuery& query, FindingSink& sink) {
    // The domain's own first label too: it may be what looks random.
    const NameShape shape = measure_name(query.labels, query.below + 1);
    const Signs signs = signs_of(query, shape);
    if (signs.count == 0 || limits_.shapes.is_quiet(query)) return;
    const Severity severity = signs.score >= several_together ? Severity::medium : Severity::low;
    for (size_t i = 0; i < signs.count; ++i) {
        const EventType type = signs.types[i];
        Subject subject{query.client, query.domain};
        if (!budget_.admit(sink, type, severity, subject, query.time_ns)) continue;
        Finding finding = finding_about(subject, query, type, severity);
        finding.score = type == EventType::high_entropy ? shape.entropy_score : std::min(signs.score, 100U);
        finding.details = "name " + std::string(query.name);
        sink.raise(std::move(finding));
    }
}

}  // namespace dnsexp
