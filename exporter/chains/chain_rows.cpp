#include "exporter/chains/chain_rows.h"

#include <netdb.h>

#include <algorithm>
#include <array>
#include <span>

#include "exporter/chains/result_class.h"
#include "exporter/chains/steps.h"
#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

std::span<const uint8_t> octets(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string name_text(const ChainNode& node) {
    return node.step == Step::call ? printable_text(node.name) : presentation_name(octets(node.name));
}

std::string endpoint_text(const dns_address& address, uint16_t port) {
    const std::string text = address_text(address);
    const bool is_ipv6 = text.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

std::string result_text(const ChainNode& node) {
    if (node.step == Step::call)
        return node.end_ns ? call_result_name(node.outcome) : outcome_name(outcome_unanswered);
    return outcome_name(node.outcome);
}

// Neither an answer nor the certainty that there is none.
bool is_failure(const ChainNode& node) {
    if (node.end_ns == 0) return true;
    if (node.step == Step::call) return call_class(node.outcome) == ResolutionResult::failed;
    return rcode_class(node.outcome) == ResolutionResult::failed;
}

std::string_view begin_event(const ChainNode& node) {
    if (node.step == Step::upstream) return "UPSTREAM_QUERY";
    if (node.step != Step::resolver) return "QUERY_START";
    return node.found & DNS_FOUND_HIT ? "CACHE_HIT" : "CACHE_MISS";
}

std::string_view end_event(const ChainNode& node) {
    if (node.step != Step::upstream) return is_failure(node) ? "QUERY_FAILED" : "QUERY_COMPLETE";
    return node.found & DNS_FOUND_REFERRAL ? "REFERRAL" : "UPSTREAM_RESPONSE";
}

ChainEvent event_of(const ChainNode& node, std::string_view what, uint64_t at_ns, uint64_t chain_ns) {
    ChainEvent event;
    event.event = what;
    event.offset_ns = at_ns > chain_ns ? at_ns - chain_ns : 0;
    event.name = name_text(node);
    if (node.step != Step::call) {
        event.type = type_name(node.type);
        event.server = endpoint_text(node.server, node.server_port);
    }
    event.pid = node.pid;
    event.comm = node.comm;
    return event;
}

void finish(const ChainNode& node, ChainEvent& event) {
    event.rcode = result_text(node);
    if (node.end_ns != 0) event.duration_ns = node.end_ns - node.begin_ns;
    const auto& leads = node.aliases.empty() ? node.name_servers : node.aliases;
    if (!leads.empty()) event.leads_to = presentation_name(octets(leads.front()));
}

// One step's events. That of a resolver is one: it ends when the query above it does, or with the chain.
// What nobody answered ends with all else, at `last_ns`.
void add_events(const PlacedStep& placed, uint32_t hop, uint64_t chain_ns, uint64_t last_ns,
                std::vector<ChainEvent>& events) {
    const ChainNode& node = *placed.node;
    const auto add = [&](ChainEvent event) {
        event.hop = hop;
        event.depth = placed.depth;
        events.push_back(std::move(event));
    };
    ChainEvent begin = event_of(node, begin_event(node), node.begin_ns, chain_ns);
    const bool is_first = hop == 0;
    if (node.step == Step::resolver) {
        if (is_first) add(event_of(node, "QUERY_START", node.begin_ns, chain_ns));
        finish(node, begin);
    }
    add(std::move(begin));
    if (node.step == Step::resolver ? !is_first : node.end_ns == 0 && node.step == Step::upstream) return;
    ChainEvent end = event_of(node, end_event(node), node.end_ns ? node.end_ns : last_ns, chain_ns);
    finish(node, end);
    add(std::move(end));
}

void count(const PlacedStep& placed, ChainRow& row) {
    const ChainNode& node = *placed.node;
    row.depth = std::max(row.depth, placed.depth + 1);
    row.upstream_queries += node.step == Step::upstream;
    row.referrals += node.step == Step::upstream && node.found & DNS_FOUND_REFERRAL;
}

// Of the resolvers that were asked first: behind those, others may have been asked.
std::string_view cache_text(const std::vector<PlacedStep>& steps) {
    uint32_t first_depth = UINT32_MAX;
    bool is_hit = true;
    for (const PlacedStep& placed : steps) {
        if (placed.node->step != Step::resolver || placed.depth > first_depth) continue;
        if (placed.depth < first_depth) is_hit = true;
        first_depth = placed.depth;
        is_hit = is_hit && placed.node->found & DNS_FOUND_HIT;
    }
    if (first_depth == UINT32_MAX) return {};
    return is_hit ? "hit" : "miss";
}

}  // namespace

std::string call_result_name(uint16_t negated) {
    static constexpr std::pair<int, const char*> names[] = {{0, "SUCCESS"},
                                                            {EAI_BADFLAGS, "EAI_BADFLAGS"},
                                                            {EAI_NONAME, "EAI_NONAME"},
                                                            {EAI_AGAIN, "EAI_AGAIN"},
                                                            {EAI_FAIL, "EAI_FAIL"},
                                                            {EAI_FAMILY, "EAI_FAMILY"},
                                                            {EAI_SOCKTYPE, "EAI_SOCKTYPE"},
                                                            {EAI_SERVICE, "EAI_SERVICE"},
                                                            {EAI_MEMORY, "EAI_MEMORY"},
                                                            {EAI_SYSTEM, "EAI_SYSTEM"},
                                                            {EAI_OVERFLOW, "EAI_OVERFLOW"},
                                                            {eai_nodata, "EAI_NODATA"},
                                                            {eai_addrfamily, "EAI_ADDRFAMILY"}};
    for (const auto& [code, name] : names)
        if (negated == -code) return name;
    return "EAI_" + std::to_string(negated);
}

ChainRow chain_row(const ChainNode& chain) {
    std::vector<PlacedStep> steps = chain_steps(chain, chain_steps_max);
    ChainRow row;
    row.begin_ns = chain.begin_ns;
    if (chain.end_ns != 0) row.duration_ns = chain.end_ns - chain.begin_ns;
    row.name = name_text(chain);
    if (chain.step != Step::call) row.type = type_name(chain.type);
    row.result = result_text(chain);
    row.begun_by = chain.step == Step::call ? "call" : chain.step == Step::resolver ? "server" : "query";
    row.pid = chain.pid;
    row.tid = chain.tid;
    row.uid = chain.uid;
    row.cgroup = chain.cgroup;
    row.comm = chain.comm;
    for (const PlacedStep& placed : steps) count(placed, row);
    row.cache = cache_text(steps);
    // Steps get their numbers in the order of their beginning; the first one is the chain's own, whatever
    // clocks of two processors say.
    std::stable_sort(steps.begin() + 1, steps.end(), [](const PlacedStep& a, const PlacedStep& b) {
        return a.node->begin_ns < b.node->begin_ns;
    });
    uint64_t last_ns = 0;  // behind all that is known
    for (const PlacedStep& placed : steps)
        last_ns = std::max({last_ns, placed.node->begin_ns + 1, placed.node->end_ns + 1});
    for (size_t hop = 0; hop < steps.size(); ++hop)
        add_events(steps[hop], static_cast<uint32_t>(hop), chain.begin_ns, last_ns, row.events);
    std::stable_sort(row.events.begin(), row.events.end(),
                     [](const ChainEvent& a, const ChainEvent& b) { return a.offset_ns < b.offset_ns; });
    return row;
}

}  // namespace dnsexp
