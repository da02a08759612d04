#include "exporter/terminal/chain_reading.h"

#include <algorithm>
#include <tuple>

#include "exporter/terminal/json_members.h"

namespace dnsexp {
namespace {

using namespace json_members;

ChainStepRow read_step(const Json& json) {
    ChainStepRow step;
    step.event = text(json, "event");
    step.name = text(json, "name");
    step.type = text(json, "type");
    step.server = text(json, "server");
    step.rcode = text(json, "rcode");
    step.leads_to = text(json, "leads_to");
    step.comm = text(json, "comm");
    step.offset_seconds = amount(json, "offset_seconds").value_or(0);
    step.seconds = amount(json, "duration_seconds");
    step.hop = count(json, "hop");
    step.depth = count(json, "depth");
    step.pid = count(json, "pid");
    return step;
}

std::string first_known(const Json& json, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (std::string known = text(json, name); !known.empty()) return known;
    return {};
}

ReadChain read_chain(const Json& json) {
    ReadChain chain;
    chain.sequence = count(json, "sequence");
    chain.time = text(json, "time");
    chain.name = text(json, "name");
    chain.type = text(json, "type");
    chain.result = text(json, "result");
    chain.begun_by = text(json, "begun_by");
    chain.cache = text(json, "cache");
    chain.comm = text(json, "comm");
    chain.place = first_known(json, {"pod", "container", "workload"});
    chain.seconds = amount(json, "duration_seconds");
    chain.upstream_queries = count(json, "upstream_queries");
    chain.referrals = count(json, "referrals");
    chain.pid = count(json, "pid");
    for (const Json& step : list(json, "events")) chain.steps.push_back(read_step(step));
    chain.json = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return chain;
}

}  // namespace

Result<ChainReading> read_chains(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    const Json& json = parsed.value();
    ChainReading reading;
    reading.available = member(json, "available") == true;
    reading.finished = count(json, "finished");
    reading.first_sequence = count(json, "first_sequence");
    for (const Json& chain : list(json, "chains")) reading.chains.push_back(read_chain(chain));
    return reading;
}

uint64_t hops(const ReadChain& chain) {
    uint64_t last = 0;
    for (const ChainStepRow& step : chain.steps) last = std::max(last, step.hop);
    return last + 1;
}

bool is_same_chain(const ReadChain& a, const ReadChain& b) {
    const auto lasting = [](const ReadChain& chain) {
        return std::tie(chain.sequence, chain.name, chain.type, chain.begun_by, chain.pid, chain.seconds);
    };
    return lasting(a) == lasting(b);
}

}  // namespace dnsexp
