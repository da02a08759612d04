#include "exporter/fold/fold_stats.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "ebpf/dns_classify.h"
#include "exporter/fold/latency_summary.h"
#include "exporter/fold/names.h"
#include "exporter/fold/tally.h"

namespace dnsexp {
namespace {

std::string text(std::string_view name) {
    return std::string(name);
}

// Whether a packet of this protocol can end so; such pairs are shown from the start, the others when they are
// seen.
bool expected(uint32_t protocol, uint32_t reason) {
    switch (reason) {
        case DNS_BAD_UDP_LENGTH:
        case DNS_SEGMENTED:
            return protocol == DNS_PROTO_UDP;
        case DNS_TCP_NO_MESSAGE_START:
        case DNS_TCP_OUT_OF_ORDER:
        case DNS_TCP_BUSY:
        case DNS_TCP_CONTINUATION:
        case DNS_TCP_RETRANSMISSION:
            return protocol == DNS_PROTO_TCP;
        case DNS_TCP_LOST:  // of messages, never of a packet
            return false;
        case DNS_FRAGMENT:  // the first one has ports, the later ones have none
            return protocol != DNS_PROTO_TCP;
        case DNS_BAD_IP_HEADER:
        case DNS_EXTENSION_HEADERS:
            return protocol == DNS_PROTO_UNKNOWN;
        case DNS_TRUNCATED_PACKET:
        case DNS_LOAD_FAILED:
            return true;
        default:
            return protocol != DNS_PROTO_UNKNOWN;
    }
}

// Segments that nothing is wrong with, though no message was counted in them.
bool is_error(uint32_t reason) {
    return reason != DNS_OK && reason != DNS_TCP_CONTINUATION && reason != DNS_TCP_RETRANSMISSION;
}

// Reasons of a message in a TCP stream. A segment that counts as one of these is not an error of its own:
// stats.stream_errors has each message.
bool is_of_message(uint32_t reason) {
    switch (reason) {
        case DNS_SHORT_HEADER:
        case DNS_BAD_LABEL:
        case DNS_COMPRESSED_QUESTION:
        case DNS_NAME_TOO_LONG:
        case DNS_TRUNCATED_QUESTION:
        case DNS_TCP_LOST:
            return true;
        default:
            return false;
    }
}

// Packets, and messages of TCP streams, that were not read for this reason.
uint64_t errors_of(const dns_stats& stats, uint32_t reason) {
    const uint64_t segments = is_of_message(reason) ? 0 : stats.packets[DNS_PROTO_TCP][reason];
    return stats.packets[DNS_PROTO_UDP][reason] + stats.packets[DNS_PROTO_UNKNOWN][reason] + segments +
           stats.stream_errors[reason];
}

// The opcodes that IANA has assigned; the others are shown when they are seen.
bool assigned_opcode(uint32_t opcode) {
    return opcode <= 6 && opcode != 3;
}

// DO lies in the OPT record, and of responses not every one is looked for.
bool is_counted(uint32_t flag, uint32_t kind) {
    return flag != DNS_FLAG_DO || kind == DNS_QUERY;
}

uint64_t with_flag(const __u64 (&sets)[DNS_FLAG_SETS], uint32_t flag) {
    uint64_t count = 0;
    for (uint32_t set = 0; set < DNS_FLAG_SETS; ++set)
        if ((set >> flag & 1) != 0) count += sets[set];
    return count;
}

}  // namespace

void fold_packets(const dns_stats& stats, Folded& folded) {
    Tally packets;
    Tally errors;
    for (uint32_t reason = 0; reason < DNS_REASONS; ++reason) {
        const std::string name = text(reason_name(reason));
        for (uint32_t protocol = 0; protocol < DNS_PROTOCOLS; ++protocol) {
            const uint64_t count = stats.packets[protocol][reason];
            if (count != 0 || expected(protocol, reason))
                packets.add({text(protocol_name(protocol)), name}, count);
        }
        if (is_error(reason)) errors.add({name}, errors_of(stats, reason));
    }
    folded[Metric::packets].series = packets.series();
    folded[Metric::parse_errors].series = errors.series();
}

void fold_headers(const dns_stats& stats, Folded& folded) {
    Tally opcodes;
    Tally flags;
    Tally multicast;
    for (uint32_t kind = 0; kind < DNS_KINDS; ++kind) {
        const std::string kind_text = text(kind_name(kind));
        for (uint32_t opcode = 0; opcode < DNS_OPCODES; ++opcode) {
            const uint64_t count = stats.opcodes[kind][opcode];
            if (count != 0 || assigned_opcode(opcode))
                opcodes.add({opcode_name(static_cast<uint8_t>(opcode)), kind_text}, count);
        }
        for (uint32_t flag = 0; flag < DNS_FLAGS; ++flag)
            if (is_counted(flag, kind))
                flags.add({text(flag_name(flag)), kind_text}, with_flag(stats.flag_sets[kind], flag));
        multicast.add({kind_text}, stats.multicast[kind]);
    }
    folded[Metric::opcodes].series = opcodes.series();
    folded[Metric::flags].series = flags.series();
    folded[Metric::multicast_messages].series = multicast.series();
}

void fold_sizes(const dns_stats& stats, FoldedFamily& family) {
    family.edges = DNS_SIZE_EDGE_LIST;
    for (uint32_t kind = 0; kind < DNS_KINDS; ++kind) {
        for (uint32_t transport = 0; transport < DNS_TRANSPORTS; ++transport) {
            HistogramSeries series;
            series.labels = {text(kind_name(kind)), text(transport_name(transport))};
            series.sum = static_cast<double>(stats.size_sums[kind][transport]);
            const auto& buckets = stats.sizes[kind][transport];
            series.cumulative.resize(DNS_SIZE_BUCKETS);
            std::partial_sum(std::begin(buckets), std::end(buckets), series.cumulative.begin());
            family.histograms.push_back(std::move(series));
        }
    }
}

namespace {

void add_interface(Tally& tally, const std::string& name, const dns_interface_stats& stats) {
    for (uint32_t direction = 0; direction < DNS_DIRECTIONS; ++direction)
        for (uint32_t kind = 0; kind < DNS_KINDS; ++kind)
            for (uint32_t transport = 0; transport < DNS_TRANSPORTS; ++transport)
                for (uint32_t ip = 0; ip < DNS_IP_VERSIONS; ++ip)
                    tally.add({name, text(direction_name(direction)), text(kind_name(kind)),
                               text(transport_name(transport)), text(ip_version_name(ip))},
                              stats.messages[direction][kind][transport][ip]);
}

}  // namespace

void fold_messages(const RawSnapshot& snapshot, const SlotNames& names, FoldedFamily& family) {
    Tally messages;
    for (const InterfaceSlot& interface : snapshot.interface_slots)
        add_interface(messages, names.interface(interface.slot), {});
    for (const auto& [slot, cpus] : snapshot.interfaces) {
        const dns_interface_stats sum = sum_cpus(cpus);
        const auto* words = &sum.messages[0][0][0][0];
        const bool idle =
            std::all_of(words, words + sizeof sum / sizeof *words, [](uint64_t n) { return n == 0; });
        if (!idle) add_interface(messages, names.interface(slot), sum);
    }
    family.series = messages.series();
}

void fold_servers(const RawSnapshot& snapshot, const SlotNames& names, Folded& folded) {
    static constexpr std::pair<Metric, __u64 dns_server_stats::*> columns[] = {
        {Metric::retransmissions, &dns_server_stats::retransmissions},
        {Metric::responses_truncated, &dns_server_stats::truncated},
        {Metric::responses_unmatched, &dns_server_stats::unmatched},
        {Metric::responses_late, &dns_server_stats::late},
        {Metric::responses_duplicate, &dns_server_stats::duplicate},
        {Metric::responses_empty, &dns_server_stats::empty}};
    Tally tallies[std::size(columns)];
    Tally unreachable;
    for (const auto& [key, cpus] : snapshot.servers) {
        const dns_server_stats sum = sum_cpus(cpus);
        if (sum.unreachable) unreachable.add({names.server(key / DNS_ROLES)}, sum.unreachable);
        const bool idle = std::all_of(std::begin(columns), std::end(columns),
                                      [&](const auto& column) { return sum.*column.second == 0; });
        if (idle) continue;
        const Labels labels = {names.server(key / DNS_ROLES), text(role_name(key % DNS_ROLES))};
        for (size_t i = 0; i < std::size(columns); ++i) tallies[i].add(labels, sum.*columns[i].second);
    }
    for (size_t i = 0; i < std::size(columns); ++i) folded[columns[i].first].series = tallies[i].series();
    folded[Metric::unreachable].series = unreachable.series();
}

void fold_own(const RawSnapshot& snapshot, Folded& folded) {
    Tally active;
    for (uint32_t role = 0; role < DNS_ROLES; ++role)
        active.add({text(role_name(role))}, snapshot.active[role]);
    folded[Metric::active_queries].series = active.series();

    std::map<Labels, uint64_t> attached;  // gauges: the last word counts
    for (const AttachedHook& hook : snapshot.hooks)
        attached[{printable_text(hook.interface), printable_text(hook.hook), printable_text(hook.mode)}] =
            hook.attached ? 1 : 0;
    for (const auto& [labels, value] : attached) folded[Metric::attached].series.push_back({labels, value});

    std::map<std::string, const MapUse*> maps;
    for (const MapUse& map : snapshot.maps) maps[printable_text(map.map)] = &map;
    for (const auto& [name, map] : maps) {
        folded[Metric::map_entries].series.push_back({{name}, map->entries});
        folded[Metric::map_capacity].series.push_back({{name}, map->capacity});
    }
    for (const ProgramRuns& one : snapshot.programs) {
        const std::string program = printable_text(one.program);
        folded[Metric::program_runs].series.push_back({{program}, one.runs});
        folded[Metric::program_run_seconds].reals.push_back({{program}, in_seconds(one.nanoseconds)});
    }
}

}  // namespace dnsexp
