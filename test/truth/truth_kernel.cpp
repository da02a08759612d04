// What the programs in the kernel see in captures: a line of JSON for each packet with messages (the last of
// them, and their number), and for each packet that is none. Needs root; it works in a network namespace of
// its own.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "exporter/base/log.h"
#include "exporter/bpf/loader.h"
#include "test/support/program_pool.h"
#include "test/truth/message_json.h"
#include "test/truth/packet_runner.h"
#include "test/truth/scratch_view.h"
#include "test/truth/truth_jobs.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr int skipped = 77;  // ctest's SKIP_RETURN_CODE

// What one packet added to the counters.
struct Counted {
    uint64_t messages[DNS_TRANSPORTS] = {};
    uint64_t errors[DNS_PROTOCOLS][DNS_REASONS] = {};  // packets
    uint64_t stream_errors[DNS_REASONS] = {};          // messages of TCP streams
};

class Watcher {
  public:
    static Result<Watcher> make(const LoadedPrograms& programs, bool xdp, size_t cpu) {
        auto scratch = ScratchView::make(programs);
        if (!scratch) return scratch.error();
        return Watcher(programs, xdp, cpu, std::move(scratch).value());
    }

    // The counters are at zero again.
    void begin() { before_ = {}; }

    Status see(const CapturedPacket& packet) {
        const auto ran = runner_.run(packet);
        if (!ran) return ran.error();
        if (!ran.value()) return ok();
        const auto counted = count();
        if (!counted) return counted.error();
        for (uint32_t transport = 0; transport < DNS_TRANSPORTS; ++transport)
            if (auto status = tell_messages(packet, counted.value(), transport); !status) return status;
        tell_errors(packet, counted.value());
        return ok();
    }

  private:
    Watcher(const LoadedPrograms& programs, bool xdp, size_t cpu, ScratchView scratch)
        : runner_(programs, xdp),
          scratch_(std::move(scratch)),
          cpu_(cpu),
          stats_map_(bpf_map__fd(programs.skeleton->maps.stats)),
          stats_(static_cast<size_t>(libbpf_num_possible_cpus())) {}

    // Everything that was counted since the call before.
    Result<Counted> count() {
        const uint32_t zero = 0;
        if (bpf_map_lookup_elem(stats_map_, &zero, stats_.data()) != 0)
            return Error{"read map", "stats", errno, "", ""};
        const Counted now = sum();
        Counted added;
        for (uint32_t t = 0; t < DNS_TRANSPORTS; ++t)
            added.messages[t] = now.messages[t] - before_.messages[t];
        for (uint32_t p = 0; p < DNS_PROTOCOLS; ++p)
            for (uint32_t r = 0; r < DNS_REASONS; ++r)
                added.errors[p][r] = now.errors[p][r] - before_.errors[p][r];
        for (uint32_t r = 0; r < DNS_REASONS; ++r)
            added.stream_errors[r] = now.stream_errors[r] - before_.stream_errors[r];
        before_ = now;
        return added;
    }

    [[nodiscard]] Counted sum() const {
        Counted total;
        for (const dns_stats& cpu : stats_) {
            for (uint32_t k = 0; k < DNS_KINDS; ++k)
                for (uint32_t t = 0; t < DNS_TRANSPORTS; ++t) {
                    for (const uint64_t bucket : cpu.sizes[k][t]) total.messages[t] += bucket;
                }
            for (uint32_t p = 0; p < DNS_PROTOCOLS; ++p)
                for (uint32_t r = 0; r < DNS_REASONS; ++r)
                    if (r != DNS_OK) total.errors[p][r] += cpu.packets[p][r];
            for (uint32_t r = 0; r < DNS_REASONS; ++r) total.stream_errors[r] += cpu.stream_errors[r];
        }
        return total;
    }

    Status tell_messages(const CapturedPacket& packet, const Counted& counted, uint32_t transport) {
        const uint64_t messages = counted.messages[transport];
        if (messages == 0) return ok();
        const auto last = scratch_.read(cpu_);
        if (!last) return last.error();
        ObservedMessage seen = observed(packet, last.value());
        seen.protocol = transport;
        // The beginning of a message that the segment does not hold whole lies where the last one was.
        const bool overwritten = transport == DNS_TCP && last.value().segment.kept != 0;
        std::puts(json_line_of_last(seen, messages, !overwritten).c_str());
        return ok();
    }

    static ObservedMessage observed(const CapturedPacket& packet, const LastPacket& last) {
        ObservedMessage seen;
        seen.frame = packet.number;
        seen.time_ns = packet.time_ns;
        seen.source = last.source;
        seen.destination = last.destination;
        seen.source_port = static_cast<uint16_t>(last.frame.source_port);
        seen.destination_port = static_cast<uint16_t>(last.frame.destination_port);
        seen.ip = last.frame.ip;
        seen.length = last.length;
        seen.id = last.message.id;
        seen.flags = last.message.flags;
        seen.question_count = last.message.question_count;
        seen.answer_count = last.message.answer_count;
        const uint8_t* name = last.event.message + DNS_HEADER_LENGTH;
        seen.name.assign(name, name + last.message.name_length);
        seen.type = last.message.type;
        seen.class_ = last.message.class_;
        return seen;
    }

    // A segment counts as the reason of an error in it, so the two are not added up.
    static void tell_errors(const CapturedPacket& packet, const Counted& counted) {
        for (uint32_t p = 0; p < DNS_PROTOCOLS; ++p)
            for (uint32_t r = 0; r < DNS_REASONS; ++r) {
                const uint64_t in_streams = p == DNS_PROTO_TCP ? counted.stream_errors[r] : 0;
                for (uint64_t i = 0; i < std::max(counted.errors[p][r], in_streams); ++i)
                    std::puts(json_line_of_error(packet.number, packet.time_ns, p, r).c_str());
            }
    }

    PacketRunner runner_;
    ScratchView scratch_;
    size_t cpu_;
    int stats_map_;  // borrowed
    std::vector<dns_stats> stats_;
    Counted before_;
};

// Binds this thread to the CPU that it is on: the per-CPU scratch of that one then tells of each packet.
Result<size_t> stay_on_this_cpu() {
    const int cpu = sched_getcpu();
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<size_t>(cpu), &only);
    if (cpu < 0 || sched_setaffinity(0, sizeof only, &only) != 0)
        return Error{"stay on one CPU", "", errno, "", ""};
    return static_cast<size_t>(cpu);
}

// The captures one by one; the programs are loaded once.
class Replay {
  public:
    Replay(const TruthOptions& options, size_t cpu) : options_(options), cpu_(cpu) {}

    Status run(const TruthJob& job) {
        Config config;
        config.capture.ports = job.ports;
        if (options_.tunnels)
            config.capture.tunnels = {Tunnel::gre, Tunnel::ipip, Tunnel::pppoe, Tunnel::vxlan,
                                      Tunnel::geneve};
        const auto programs = pool_.take(config, options_.old_kernel ? Variant::old : Variant::current);
        if (!programs) return programs.error();
        // What is there keeps no copy of the programs, so they are the same at each capture.
        if (auto status = watch(programs.value()); !status) return status;
        Status status = ok();
        const Status read = read_capture(job.capture, [&](const CapturedPacket& packet) {
            if (status) status = watcher_->see(packet);
        });
        return status ? read : status;
    }

  private:
    Status watch(const LoadedPrograms& programs) {
        if (!watcher_) {
            auto watcher = Watcher::make(programs, options_.xdp, cpu_);
            if (!watcher) return watcher.error();
            watcher_.emplace(std::move(watcher).value());
        }
        watcher_->begin();
        return ok();
    }

    TruthOptions options_;
    size_t cpu_;
    ProgramPool pool_;
    std::optional<Watcher> watcher_;
};

Status replay(const TruthOptions& options) {
    if (unshare(CLONE_NEWNET) != 0) return Error{"make a network namespace", "", errno, "", ""};
    const auto cpu = stay_on_this_cpu();
    if (!cpu) return cpu.error();
    Replay replay(options, cpu.value());
    return do_truth_jobs([&](const TruthJob& job) { return replay.run(job); });
}

}  // namespace

int main(int argc, char** argv) {
    if (geteuid() != 0) {
        std::fprintf(stderr, "SKIPPED: truth_kernel loads BPF programs, which needs root\n");
        return skipped;
    }
    log_configure(LogLevel::error, LogFormat::logfmt);
    const auto options = parse_truth_options(argc, argv, true);
    if (!options) return std::fprintf(stderr, "truth_kernel: %s\n", options.error().message().c_str()), 2;
    const Status status = replay(options.value());
    if (!status) return std::fprintf(stderr, "truth_kernel: %s\n", status.error().message().c_str()), 1;
    return 0;
}
