#include "exporter/api/json.h"

#include <algorithm>

#include "exporter/base/json_values.h"
#include "exporter/base/rfc3339.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

Json transaction(const TransactionRow& row) {
    const auto& process = row.process;
    Json json;
    json["time"] = rfc3339(row.time_unix_ns);
    json["name"] = text_or_null(row.name);
    json["type"] = text_or_null(row.type);
    json["server"] = row.server;
    json["client"] = row.client;
    json["role"] = row.role;
    json["transport"] = row.transport;
    json["outcome"] = row.outcome;
    json["latency_seconds"] = row.latency_ns ? Json(in_seconds(*row.latency_ns)) : Json(nullptr);
    json["pid"] = process ? Json(process->pid) : Json(nullptr);
    json["tid"] = process ? Json(process->tid) : Json(nullptr);
    json["uid"] = process ? Json(process->uid) : Json(nullptr);
    json["comm"] = text_or_null(row.comm);
    json["container"] = text_or_null(row.container);
    json["pod"] = text_or_null(row.pod);
    json["namespace"] = text_or_null(row.namespace_);
    json["workload"] = text_or_null(row.workload);
    return json;
}

Json latency(const LatencySummary& summary) {
    return {{"count", summary.count},
            {"sum_seconds", summary.sum_seconds},
            {"p50", or_null(summary.p50)},
            {"p95", or_null(summary.p95)},
            {"p99", or_null(summary.p99)}};
}

Json counts(const NamedCounts& named) {
    Json json = Json::object();
    for (const auto& [name, count] : named) json[name] = count;
    return json;
}

void put_sum(Json& json, const WorkloadSum& sum) {
    json["queries"] = sum.queries;
    json["outcomes"] = counts(sum.outcomes);
    json["latency"] = latency(sum.latency);
}

Json workload(const WorkloadRow& row) {
    Json json;
    json["role"] = row.role;
    json["namespace"] = text_or_null(row.namespace_);
    json["pod"] = text_or_null(row.pod);
    json["container"] = text_or_null(row.container);
    json["workload"] = text_or_null(row.workload);
    json["comm"] = text_or_null(row.comm);
    json["cgroup"] = row.cgroup != 0 ? Json(row.cgroup) : Json(nullptr);
    json["cgroup_version"] = row.cgroup != 0 ? Json(row.is_v1 ? 1 : 2) : Json(nullptr);
    put_sum(json, row.sum);
    return json;
}

}  // namespace

std::string transaction_json(const TransactionRow& row) {
    return dump(transaction(row));
}

std::string transaction_json(const TransactionRow& row, uint32_t weight) {
    Json json = transaction(row);
    json["weight"] = weight;
    return dump(json);
}

std::string slow_json(const std::vector<TransactionRow>& rows, uint64_t threshold_ns, uint64_t unix_ns) {
    Json json;
    json["generated_unix_ns"] = unix_ns;
    json["threshold_seconds"] = in_seconds(threshold_ns);
    json["transactions"] = Json::array();
    for (const TransactionRow& row : rows) json["transactions"].push_back(transaction(row));
    return dump(json) + "\n";
}

std::string summary_json(const Summary& summary, const WorkloadReport& workloads, uint64_t start_unix_ns) {
    const auto& recent = summary.recent;
    Json json;
    json["generated_unix_ns"] = summary.time_unix_ns;
    json["monotonic_ns"] = summary.monotonic_ns;
    json["exporter"] = {
        {"version", DNSEXP_VERSION}, {"revision", DNSEXP_REVISION}, {"start_unix_ns", start_unix_ns}};
    json["interfaces"] = summary.interfaces;
    json["hooks"] = Json::array();
    for (const AttachedHook& one : summary.hooks)
        json["hooks"].push_back({{"interface", one.interface},
                                 {"hook", one.hook},
                                 {"mode", one.mode},
                                 {"attached", one.attached}});
    json["totals"] = {{"queries", summary.queries}, {"active_queries", summary.active}};
    json["outcomes"] = counts(summary.outcomes);
    json["types"] = counts(summary.types);
    json["latency"] = {{"edges_seconds", summary.edges},
                       {"buckets", summary.buckets},
                       {"count", summary.latency.count},
                       {"sum_seconds", summary.latency.sum_seconds}};
    json["recent"] = {{"window_seconds", RecentLatency::window_seconds},
                      {"min_seconds", recent ? Json(in_seconds(recent->min_ns)) : Json(nullptr)},
                      {"max_seconds", recent ? Json(in_seconds(recent->max_ns)) : Json(nullptr)}};
    for (const char* list : {"domains", "servers", "workloads"}) json[list] = Json::array();
    for (size_t i = 0; i < std::min(summary.domains.size(), summary_domains); ++i)
        json["domains"].push_back(
            {{"domain", summary.domains[i].domain}, {"queries", summary.domains[i].queries}});
    for (const ServerRow& one : summary.servers)
        json["servers"].push_back({{"server", one.server},
                                   {"role", one.role},
                                   {"queries", one.queries},
                                   {"latency", latency(one.latency)}});
    const auto shown = std::min(workloads.rows.size(), summary_workloads);
    for (size_t i = 0; i < shown; ++i) json["workloads"].push_back(workload(workloads.rows[i]));
    return dump(json) + "\n";
}

std::string domains_json(const Summary& summary, const DomainFilter& filter) {
    Json json;
    json["generated_unix_ns"] = summary.time_unix_ns;
    json["total"] = summary.domains.size();
    json["domains"] = Json::array();
    for (size_t i = 0; i < std::min<size_t>(summary.domains.size(), filter.limit); ++i) {
        const DomainCount& one = summary.domains[i];
        json["domains"].push_back(
            {{"domain", one.domain}, {"queries", one.queries}, {"outcomes", counts(one.outcomes)}});
    }
    return dump(json) + "\n";
}

std::string servers_json(const Summary& summary, const ServerFilter& filter) {
    Json json;
    json["generated_unix_ns"] = summary.time_unix_ns;
    json["edges_seconds"] = summary.edges;
    size_t total = 0;
    Json rows = Json::array();
    for (const ServerRow& one : summary.servers) {
        if (!filter.role.empty() && one.role != filter.role) continue;
        if (++total > filter.limit) continue;
        Json row = {{"server", one.server}, {"role", one.role}, {"queries", one.queries}};
        row["outcomes"] = counts(one.outcomes);
        row["latency"] = latency(one.latency);
        row["latency"]["buckets"] = one.buckets;
        rows.push_back(std::move(row));
    }
    json["total"] = total;
    json["servers"] = std::move(rows);
    return dump(json) + "\n";
}

std::string workloads_json(const WorkloadReport& report, const WorkloadFilter& filter) {
    const auto is_wanted = [&](const auto& one) { return filter.role.empty() || one.role == filter.role; };
    Json json;
    json["generated_unix_ns"] = report.time_unix_ns;
    json["available"] = report.available;
    json["total"] = std::count_if(report.rows.begin(), report.rows.end(), is_wanted);
    json["workloads"] = Json::array();
    for (const WorkloadRow& row : report.rows)
        if (is_wanted(row) && json["workloads"].size() < filter.limit)
            json["workloads"].push_back(workload(row));
    json["others"] = json["ended"] = Json::object();
    for (const RestOfRole& rest : report.rest) {
        if (!is_wanted(rest)) continue;
        put_sum(json["others"][rest.role], rest.others);
        put_sum(json["ended"][rest.role], rest.ended);
    }
    return dump(json) + "\n";
}

}  // namespace dnsexp
