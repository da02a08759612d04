#include "test/bench/subjects.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <numeric>

// bpftool's code; its conversions are not ours to mend.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "bench_floor.skel.h"
#pragma GCC diagnostic pop

namespace dnsexp::bench {
namespace {

Program program(const bpf_program* loaded, HookType hook) {
    return {bpf_program__fd(loaded), hook};
}

// What a source has counted, over all keys and CPUs.
struct Counted {
    uint64_t messages = 0, other_packets = 0, responses = 0, matched = 0, timeouts = 0, untracked = 0;
    uint64_t retransmissions = 0, unmatched = 0, late = 0, duplicate = 0, active = 0;
};

Counted count(const RawSnapshot& snapshot) {
    Counted counted;
    for (const dns_stats& stats : snapshot.stats)
        for (const auto& protocol : stats.packets) {
            counted.messages += protocol[DNS_OK];
            counted.other_packets +=
                std::accumulate(std::begin(protocol), std::end(protocol), uint64_t{0}) - protocol[DNS_OK];
        }
    for (const auto& entry : snapshot.traffic)
        for (const dns_traffic& traffic : entry.cpus) {
            counted.responses += traffic.responses;
            auto& outcome = entry.key.outcome == DNS_OUTCOME_TIMEOUT     ? counted.timeouts
                            : entry.key.outcome == DNS_OUTCOME_UNTRACKED ? counted.untracked
                                                                         : counted.matched;
            outcome += traffic.queries;
        }
    for (const auto& entry : snapshot.servers)
        for (const dns_server_stats& server : entry.cpus) {
            counted.retransmissions += server.retransmissions;
            counted.unmatched += server.unmatched;
            counted.late += server.late;
            counted.duplicate += server.duplicate;
        }
    counted.active = std::accumulate(std::begin(snapshot.active), std::end(snapshot.active), uint64_t{0});
    return counted;
}

}  // namespace

void Subjects::DestroyFloor::operator()(bench_floor* floor) const {
    bench_floor__destroy(floor);
}

Result<Subjects> Subjects::make() {
    Subjects subjects;
    if (auto status = subjects.load_floor(); !status) return status.error();
    for (const Variant variant : all_variants)
        if (auto status = subjects.load_product(variant); !status) return status.error();
    return subjects;
}

Status Subjects::load_floor() {
    floor_.reset(bench_floor__open_and_load());
    if (!floor_) return Error{"load the BPF programs", "(floor)", errno, "", "run as root"};
    const auto& p = floor_->progs;
    const Program empty_tc = program(p.floor_tc_empty, HookType::tc),
                  parse_tc = program(p.floor_tc_parse, HookType::tc);
    subjects_.push_back({"empty", empty_tc, empty_tc, program(p.floor_xdp_empty, HookType::xdp)});
    subjects_.push_back({"parse", parse_tc, parse_tc, program(p.floor_xdp_parse, HookType::xdp)});
    return ok();
}

Status Subjects::load_product(Variant variant) {
    Config config;
    config.capture.query_timeout_ms =
        60000;  // the longest: no timeouts within a round, however slow the machine
    auto made = KernelSource::make(config, {variant});
    if (!made) return made.error();
    const auto& p = (*made)->programs().skeleton->progs;
    const bool current = variant == Variant::current;
    subjects_.push_back({std::string(variant_name(variant)),
                         program(current ? p.dns_tc_in : p.dns_tc_in_old, HookType::tc),
                         program(current ? p.dns_tc_out : p.dns_tc_out_old, HookType::tc),
                         program(current ? p.dns_xdp_in : p.dns_xdp_in_old, HookType::xdp), made->get()});
    sources_.push_back(std::move(made).value());
    return ok();
}

Status drain(Subject& subject) {
    if (!subject.source) return ok();
    auto drained = subject.source->drain([&subject](const dns_event&) { subject.runs.events++; });
    if (!drained) return drained.error();
    return ok();
}

Result<std::vector<std::string>> wrong_counts(const Subject& subject) {
    std::vector<std::string> wrong;
    if (!subject.source) return wrong;
    auto snapshot = subject.source->read();
    if (!snapshot) return snapshot.error();
    const Counted counted = count(*snapshot);
    const Runs& runs = subject.runs;
    auto expect = [&](const char* what, uint64_t is, uint64_t should) {
        if (is != should)
            wrong.push_back(subject.name + ": " + what + " are " + std::to_string(is) + ", not " +
                            std::to_string(should));
    };
    expect("messages", counted.messages, runs.messages);
    expect("packets that are no message", counted.other_packets, 0);
    expect("responses", counted.responses, runs.pairs);
    expect("matched transactions", counted.matched, runs.pairs);
    expect("retransmissions", counted.retransmissions, runs.retransmissions);
    expect("unanswered queries", counted.active + counted.timeouts, runs.unanswered);
    expect("untracked queries", counted.untracked, 0);
    expect("unmatched, late and duplicate responses", counted.unmatched + counted.late + counted.duplicate,
           0);
    expect("events", runs.events, runs.pairs + counted.timeouts);
    return wrong;
}

}  // namespace dnsexp::bench
