#include "exporter/api/chains_json.h"

#include "exporter/base/json_values.h"
#include "exporter/base/rfc3339.h"
#include "exporter/fold/latency_summary.h"
#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

Json number_or_null(uint32_t number) {
    return number != 0 ? Json(number) : Json(nullptr);
}

Json event_json(const ChainEvent& event) {
    Json json;
    json["event"] = event.event;
    json["offset_seconds"] = in_seconds(event.offset_ns);
    json["hop"] = event.hop;
    json["depth"] = event.depth;
    json["name"] = text_or_null(event.name);
    json["type"] = text_or_null(event.type);
    json["server"] = text_or_null(event.server);
    json["rcode"] = text_or_null(event.rcode);
    json["duration_seconds"] = event.duration_ns ? Json(in_seconds(*event.duration_ns)) : Json(nullptr);
    json["leads_to"] = text_or_null(event.leads_to);
    json["pid"] = number_or_null(event.pid);
    json["comm"] = text_or_null(event.comm);
    return json;
}

Json chain_json(const ChainRow& row, uint64_t unix_offset_ns) {
    const bool has_process = row.pid != 0;
    Json json;
    json["sequence"] = row.sequence;
    json["time"] = rfc3339(row.begin_ns + unix_offset_ns);
    json["name"] = text_or_null(row.name);
    json["type"] = text_or_null(row.type);
    json["result"] = row.result;
    json["duration_seconds"] = row.duration_ns ? Json(in_seconds(*row.duration_ns)) : Json(nullptr);
    json["begun_by"] = row.begun_by;
    json["cache"] = row.cache.empty() ? Json(nullptr) : Json(row.cache);
    json["upstream_queries"] = row.upstream_queries;
    json["referrals"] = row.referrals;
    json["depth"] = row.depth;
    json["pid"] = number_or_null(row.pid);
    json["tid"] = number_or_null(row.tid);
    json["uid"] = has_process ? Json(row.uid) : Json(nullptr);
    json["comm"] = text_or_null(row.comm);
    json["container"] = text_or_null(printable_text(row.names.container));
    json["pod"] = text_or_null(printable_text(row.names.pod));
    json["namespace"] = text_or_null(printable_text(row.names.namespace_));
    json["workload"] = text_or_null(printable_text(row.names.workload));
    json["events"] = Json::array();
    for (const ChainEvent& event : row.events) json["events"].push_back(event_json(event));
    return json;
}

}  // namespace

std::string chains_json(const ChainReport& report, bool available, uint64_t unix_offset_ns,
                        uint64_t unix_ns) {
    Json json;
    json["generated_unix_ns"] = unix_ns;
    json["available"] = available;
    json["finished"] = report.finished;
    json["first_sequence"] = report.first_sequence;
    json["chains"] = json["slowest"] = Json::array();
    for (const ChainRow& row : report.last) json["chains"].push_back(chain_json(row, unix_offset_ns));
    for (const ChainRow& row : report.slowest) json["slowest"].push_back(chain_json(row, unix_offset_ns));
    return dump(json) + "\n";
}

}  // namespace dnsexp
