#include "exporter/app/api_endpoints.h"

#include "exporter/alerts/alert_json.h"
#include "exporter/api/chains_json.h"
#include "exporter/api/json.h"
#include "exporter/api/parameters.h"
#include "exporter/base/clock.h"

namespace dnsexp {

std::vector<ApiEndpoint> api_endpoints(Pipeline& pipeline) {
    const auto alerts = [&pipeline](std::string_view query) -> Result<std::string> {
        const auto filter = parse_alert_filter(query);
        if (!filter) return filter.error();
        const SecurityDesk* const desk = pipeline.security();
        return alerts_json(desk ? desk->alerts(filter.value()) : std::vector<Alert>(), unix_ns());
    };
    const auto chains = [&pipeline](std::string_view query) -> Result<std::string> {
        const auto range = parse_chain_range(query);
        if (!range) return range.error();
        const ChainReport report = pipeline.chains(range.value().after, range.value().limit);
        return chains_json(report, pipeline.has_chains(), unix_offset_ns(), unix_ns());
    };
    const auto domains = [&pipeline](std::string_view query) -> Result<std::string> {
        const auto filter = parse_domain_filter(query);
        if (!filter) return filter.error();
        return domains_json(pipeline.api_data()->summary, filter.value());
    };
    const auto servers = [&pipeline](std::string_view query) -> Result<std::string> {
        const auto filter = parse_server_filter(query);
        if (!filter) return filter.error();
        return servers_json(pipeline.api_data()->summary, filter.value());
    };
    const auto slow = [&pipeline](std::string_view query) -> Result<std::string> {
        if (auto status = check_no_parameters(query); !status) return status.error();
        const auto data = pipeline.api_data();
        return slow_json(data->slow, data->slow_threshold_ns, data->workloads.time_unix_ns);
    };
    const auto summary = [&pipeline, start_ns = unix_ns()](std::string_view query) -> Result<std::string> {
        if (auto status = check_no_parameters(query); !status) return status.error();
        const auto data = pipeline.api_data();
        return summary_json(data->summary, data->workloads, start_ns);
    };
    const auto workloads = [&pipeline](std::string_view query) -> Result<std::string> {
        const auto filter = parse_workload_filter(query);
        if (!filter) return filter.error();
        return workloads_json(pipeline.api_data()->workloads, filter.value());
    };
    const auto open_stream = [&pipeline](std::string_view query) -> Result<StreamBody> {
        const auto filter = parse_stream_filter(query);
        if (!filter) return filter.error();
        const auto listener = pipeline.tap().stream().listen(filter.value());
        if (!listener) return StreamBody();
        return StreamBody([listener](const auto& write) { listener->send(write); });
    };
    return {{"/api/v1/alerts", alerts},   {"/api/v1/chains", chains},
            {"/api/v1/domains", domains}, {"/api/v1/servers", servers},
            {"/api/v1/slow", slow},       {"/api/v1/stream", {}, open_stream},
            {"/api/v1/summary", summary}, {"/api/v1/workloads", workloads}};
}

}  // namespace dnsexp
