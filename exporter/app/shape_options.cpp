#include "exporter/app/shape_options.h"

#include <memory>

#include "exporter/redact/redactor.h"

namespace dnsexp {

ShapeOptions shape_options(const Config& config) {
    const MetricsConfig& metrics = config.metrics;
    ShapeOptions options{config.monitoring.metrics, metrics.disabled_labels, metrics.server_names, nullptr,
                         nullptr};
    const auto redactor = std::make_shared<const Redactor>(metrics.domain_names, metrics.client_addresses,
                                                           config.query_log.hash_key);
    // The label holds registrable domains, which the mask of whole names would leave.
    if (metrics.domain_names == Redaction::mask)
        options.domain = mask_domain;
    else if (metrics.domain_names == Redaction::hash)
        options.domain = [redactor](std::string_view domain) { return redactor->name(domain); };
    if (metrics.client_addresses != Redaction::plain)
        options.client = [redactor](std::string_view client) { return redactor->client(client); };
    return options;
}

bool have_same_shape(const Config& a, const Config& b) {
    return a.monitoring.metrics == b.monitoring.metrics &&
           a.metrics.disabled_labels == b.metrics.disabled_labels &&
           a.metrics.server_names == b.metrics.server_names &&
           a.metrics.domain_names == b.metrics.domain_names &&
           a.metrics.client_addresses == b.metrics.client_addresses &&
           a.query_log.hash_key == b.query_log.hash_key;
}

}  // namespace dnsexp
