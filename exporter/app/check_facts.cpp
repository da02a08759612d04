#include "exporter/app/check_facts.h"

#include "exporter/bpf/hook.h"
#include "exporter/http/port_check.h"
#include "exporter/net/network_reader.h"
#include "exporter/os/privileges.h"

namespace dnsexp {
namespace {

void gather_links(const Config& config, CheckFacts& facts) {
    const auto state = read_network_state();
    if (!state) {
        facts.network = state.error();
        return;
    }
    const auto& patterns = config.capture.interfaces;
    const auto xdp = read_xdp_states();
    for (ChosenLink& chosen : choose_interfaces(state.value(), patterns)) {
        const auto found = xdp.find(chosen.link.index);
        facts.watched.push_back({std::move(chosen), found == xdp.end() ? XdpState{} : found->second});
    }
    facts.missing = missing_named(state.value(), patterns);
    if (patterns.empty()) facts.left_out = explain_left_out(state.value());
}

void gather_programs(CheckFacts& facts) {
    std::vector<Link> links;
    for (const WatchedLink& watched : facts.watched) links.push_back(watched.chosen.link);
    if (auto there = tc_programs_there(links)) {
        facts.programs = std::move(there).value();
        facts.programs_told = true;
    }
    for (const WatchedLink& watched : facts.watched)
        if (const uint32_t id = watched.xdp.program; id != 0)
            facts.programs.push_back({watched.chosen.link.name, "XDP", id, program_name(id), false});
}

// One after the other: of two that exclude each other both are free.
void gather_listen(const Config& config, const Flags& flags, CheckFacts& facts) {
    for (const std::string& text : effective_listen_addresses(config, flags)) {
        ListenFact fact{text, ok()};
        if (const auto address = parse_listen_address(text); !address)
            fact.status = address.error();
        else if (const auto ports = check_ports({address.value()}); !ports)
            fact.status = ports.error();
        facts.listen.push_back(std::move(fact));
    }
}

}  // namespace

CheckFacts gather_check_facts(const Config& config, const Flags& flags) {
    CheckFacts facts;
    facts.host = read_host_facts();  // first: to load programs may raise limits
    gather_links(config, facts);
    gather_programs(facts);
    gather_listen(config, flags, facts);
    facts.cgroup = probe_cgroup();
    const auto& effective = facts.host.capabilities;
    facts.bpf = probe_bpf(config, effective && judge_capabilities(*effective));
    return facts;
}

}  // namespace dnsexp
