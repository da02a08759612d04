// Hosts that the judging of `check` is shown in its tests.
#pragma once

#include <algorithm>
#include <cerrno>
#include <string>

#include "exporter/app/check_judge.h"

namespace dnsexp {

// Numbers of capabilities(7), written out: independent of the header that the code includes.
inline constexpr uint64_t kNetAdmin = 1ULL << 12, kSysPtrace = 1ULL << 19, kSysAdmin = 1ULL << 21,
                          kSysResource = 1ULL << 24, kPerfmon = 1ULL << 38, kBpf = 1ULL << 39;

inline constexpr uint16_t kEther = 1, kNone = 0xfffe, kInfiniband = 32;  // ARPHRD_* of linux/if_arp.h

inline WatchedLink played_link(uint32_t index, const std::string& name, const std::string& kind,
                               std::optional<bool> native_xdp) {
    WatchedLink watched;
    watched.chosen.link.index = index;
    watched.chosen.link.name = name;
    watched.chosen.link.kind = kind;
    watched.chosen.link.hardware_type = kEther;
    watched.chosen.link.up = true;
    watched.chosen.link.physical = kind.empty();
    watched.xdp.native = native_xdp;
    return watched;
}

// Linux 6.12 with all that the exporter can use, and root.
inline CheckFacts played_host() {
    CheckFacts facts;
    facts.host.sysname = "Linux";
    facts.host.release = "6.12.0-1-amd64";
    facts.host.machine = "x86_64";
    facts.host.btf = true;
    facts.host.capabilities = ~0ULL;
    facts.host.lockdown = "none";
    facts.host.jit = 1;
    facts.host.memlock = 8 << 20;
    facts.host.open_files = 1024;
    facts.bpf = {ok(), ok(), ok(), ok(), ok(), ok(), true, ok(), ok(), true, ok(), ok(), 33 << 20};
    facts.cgroup = {ok(), "/sys/fs/cgroup", true, ""};
    facts.programs_told = true;
    facts.listen = {{":10153", ok()}};
    facts.watched = {played_link(2, "eth0", "", true)};
    return facts;
}

inline Error refused(int errnum) {
    return Error{"try", "", errnum, "", ""};
}

// As without the three capabilities, or where bpf(2) is refused: nothing is tried.
inline void nothing_tried(BpfFacts& bpf) {
    bpf = {};
    bpf.call = Status(refused(EPERM));
    bpf.uprobes = true;
}

// The first row of the name; one without a name where there is none.
inline CheckRow row_of(const CheckReport& report, const std::string& name) {
    const auto found = std::find_if(report.rows.begin(), report.rows.end(),
                                    [&](const CheckRow& row) { return row.name == name; });
    return found == report.rows.end() ? CheckRow{} : *found;
}

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace dnsexp
