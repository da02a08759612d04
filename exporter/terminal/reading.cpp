#include "exporter/terminal/reading.h"

#include <algorithm>
#include <functional>

#include "exporter/terminal/json_members.h"

namespace dnsexp {
namespace {

using namespace json_members;

constexpr size_t shown_octets = 200;  // of an answer that is no JSON

void read_latency(const Json& latency, SummaryReading& reading) {
    for (const Json& edge : list(latency, "edges_seconds"))
        reading.edges.push_back(amount_of(edge).value_or(0));
    for (const Json& bucket : list(latency, "buckets")) reading.buckets.push_back(count_of(bucket));
    reading.sum_seconds = amount(latency, "sum_seconds").value_or(0);
    const bool rising = std::adjacent_find(reading.edges.begin(), reading.edges.end(),
                                           std::greater_equal<>()) == reading.edges.end();
    if (rising && !reading.edges.empty() && reading.buckets.size() == reading.edges.size() + 1) return;
    reading.edges.clear();
    reading.buckets.clear();
}

CountedRow row(const Json& json, std::string name) {
    CountedRow row;
    row.name = std::move(name);
    row.role = text(json, "role");
    row.queries = count(json, "queries");
    const Json& latency = member(json, "latency");
    row.answered = count(latency, "count");
    row.sum_seconds = amount(latency, "sum_seconds").value_or(0);
    row.key = row.role + ' ' + row.name;
    return row;
}

// What people know a workload's place by, the most telling first.
std::string place(const Json& json) {
    const std::string space = text(json, "namespace");
    const std::string pod = text(json, "pod");
    if (!pod.empty()) return space.empty() ? pod : space + '/' + pod;
    const std::string container = text(json, "container");
    return !container.empty() ? container : text(json, "workload");
}

CountedRow workload(const Json& json) {
    const std::string comm = text(json, "comm");
    const std::string where = place(json);
    CountedRow one = row(json, (comm.empty() ? "?" : comm) + (where.empty() ? "" : " " + where));
    // Names of places may come later: the cgroup stays.
    one.key = one.role + ' ' + std::to_string(count(json, "cgroup")) + ' ' +
              std::to_string(count(json, "cgroup_version")) + ' ' + comm;
    return one;
}

SlowRow slow(const Json& json) {
    SlowRow row;
    row.time = text(json, "time");
    row.name = text(json, "name");
    row.type = text(json, "type");
    row.server = text(json, "server");
    row.client = text(json, "client");
    row.outcome = text(json, "outcome");
    row.comm = text(json, "comm");
    row.place = place(json);
    row.seconds = amount(json, "latency_seconds").value_or(0);
    return row;
}

}  // namespace

Result<SummaryReading> read_summary(std::string_view json) {
    const auto parsed = parse_object(json);
    if (!parsed) return parsed.error();
    const Json& body = parsed.value();
    SummaryReading reading;
    reading.unix_ns = count(body, "generated_unix_ns");
    reading.monotonic_ns = count(body, "monotonic_ns");
    for (const Json& name : list(body, "interfaces"))
        if (name.is_string()) reading.interfaces.push_back(escaped(name.get_ref<const std::string&>()));
    reading.queries = count(member(body, "totals"), "queries");
    reading.active = count(member(body, "totals"), "active_queries");
    if (const Json& outcomes = member(body, "outcomes"); outcomes.is_object())
        for (const auto& [rcode, queries] : outcomes.items())
            reading.outcomes[escaped(rcode)] = count_of(queries);
    read_latency(member(body, "latency"), reading);
    reading.min_seconds = amount(member(body, "recent"), "min_seconds");
    reading.max_seconds = amount(member(body, "recent"), "max_seconds");
    for (const Json& one : list(body, "domains")) reading.domains.push_back(row(one, text(one, "domain")));
    for (const Json& one : list(body, "servers")) reading.servers.push_back(row(one, text(one, "server")));
    for (const Json& one : list(body, "workloads")) reading.workloads.push_back(workload(one));
    return reading;
}

Result<SlowReading> read_slow(std::string_view json) {
    const auto parsed = parse_object(json);
    if (!parsed) return parsed.error();
    SlowReading reading;
    reading.threshold_seconds = amount(parsed.value(), "threshold_seconds").value_or(0);
    for (const Json& one : list(parsed.value(), "transactions")) reading.rows.push_back(slow(one));
    return reading;
}

Result<std::vector<AlertRow>> read_alerts(std::string_view json) {
    const auto parsed = parse_object(json);
    if (!parsed) return parsed.error();
    std::vector<AlertRow> rows;
    for (const Json& one : list(parsed.value(), "alerts"))
        rows.push_back({text(one, "time"), text(one, "event_type"), text(one, "severity"),
                        text(one, "domain"), text(one, "client")});
    return rows;
}

std::string error_text(std::string_view body) {
    const Json json = parse(body);
    const std::string said = json.is_object() ? text(json, "error") : "";
    return !said.empty() ? said : escaped(body.substr(0, shown_octets));
}

}  // namespace dnsexp
