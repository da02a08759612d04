#include "test/support/ledgers.h"

#include <numeric>

#include "ebpf/dns_message.h"

namespace dnsexp::test {
namespace {

// Structs of nothing but 64-bit counters are added word by word.
template <typename Counters>
void add(Counters& sum, const Counters& more) {
    static_assert(sizeof(Counters) % sizeof(__u64) == 0);
    auto* to = reinterpret_cast<__u64*>(&sum);
    const auto* from = reinterpret_cast<const __u64*>(&more);
    for (size_t i = 0; i < sizeof(Counters) / sizeof(__u64); ++i) to[i] += from[i];
}

void add_traffic(LedgerSums& sums, const dns_traffic_key& key, const dns_traffic& value) {
    sums.responses += value.responses;
    sums.finished += value.queries;
    sums.undelivered += value.undelivered;
    if (key.outcome < DNS_OUTCOME_TIMEOUT) sums.answered += value.queries;
    if (key.outcome == DNS_OUTCOME_UNTRACKED) sums.untracked += value.queries;
}

template <typename Number, size_t N>
uint64_t total(const Number (&counters)[N]) {
    return std::accumulate(std::begin(counters), std::end(counters), uint64_t{0});
}

uint64_t messages(const LedgerSums& sums, uint32_t kind, uint32_t transport) {
    uint64_t count = 0;
    for (const auto& direction : sums.interfaces.messages) count += total(direction[kind][transport]);
    return count;
}

class Ledgers {
  public:
    void balance(const std::string& ledger, uint64_t left, uint64_t right) {
        if (left != right)
            faults.push_back(ledger + ": " + std::to_string(left) + " is not " + std::to_string(right));
    }
    std::vector<std::string> faults;
};

void check_messages(const LedgerSums& sums, Ledgers& ledgers) {
    ledgers.balance("datagrams that are messages = messages", sums.stats.packets[DNS_UDP][DNS_OK],
                    messages(sums, DNS_QUERY, DNS_UDP) + messages(sums, DNS_RESPONSE, DNS_UDP));
    for (const uint32_t transport : {DNS_UDP, DNS_TCP}) {
        for (const uint32_t kind : {DNS_QUERY, DNS_RESPONSE})
            ledgers.balance("messages by size = messages", total(sums.stats.sizes[kind][transport]),
                            messages(sums, kind, transport));
    }
    for (const uint32_t kind : {DNS_QUERY, DNS_RESPONSE}) {
        const uint64_t count = messages(sums, kind, DNS_UDP) + messages(sums, kind, DNS_TCP);
        ledgers.balance("messages by opcode = messages", total(sums.stats.opcodes[kind]), count);
        ledgers.balance("messages by flags = messages", total(sums.stats.flag_sets[kind]), count);
    }
    ledgers.balance("packets without a protocol that are messages = 0",
                    sums.stats.packets[DNS_PROTO_UNKNOWN][DNS_OK], 0);
}

void check_transactions(const LedgerSums& sums, Ledgers& ledgers) {
    const auto& responses = sums.stats.opcodes[DNS_RESPONSE];
    const uint64_t other_opcodes = total(responses) - responses[DNS_OPCODE_QUERY];
    ledgers.balance(
        "standard queries = outcomes + active + retransmissions",
        sums.stats.opcodes[DNS_QUERY][DNS_OPCODE_QUERY],
        sums.finished + sums.active + sums.servers.retransmissions + sums.stats.multicast[DNS_QUERY]);
    ledgers.balance("response messages = responses by RCODE + multicast", total(responses),
                    sums.responses + sums.stats.multicast[DNS_RESPONSE]);
    ledgers.balance("responses = answered + unmatched + late + duplicate + other opcodes + multicast",
                    total(responses),
                    sums.answered + sums.servers.unmatched + sums.servers.late + sums.servers.duplicate +
                        other_opcodes + sums.stats.multicast[DNS_RESPONSE]);
    ledgers.balance("answered queries = latencies", sums.answered, sums.latencies);
}

void check_events(const LedgerSums& sums, uint64_t delivered, Ledgers& ledgers) {
    ledgers.balance("finished = delivered + undelivered", sums.finished, delivered + sums.undelivered);
    ledgers.balance("undelivered = ring full + untracked", sums.undelivered,
                    sums.stats.events_ring_full + sums.stats.events_untracked);
    ledgers.balance("lookups that can't fail = 0", sums.stats.map_failures, 0);
}

}  // namespace

LedgerSums ledger_sums(const RawSnapshot& snapshot) {
    LedgerSums sums;
    for (const dns_stats& cpu : snapshot.stats) add(sums.stats, cpu);
    for (const auto& entry : snapshot.interfaces)
        for (const auto& cpu : entry.cpus) add(sums.interfaces, cpu);
    for (const auto& entry : snapshot.servers)
        for (const auto& cpu : entry.cpus) add(sums.servers, cpu);
    for (const auto& entry : snapshot.latencies)
        for (const auto& cpu : entry.cpus) sums.latencies += total(cpu.buckets);
    for (const auto& entry : snapshot.traffic)
        for (const auto& cpu : entry.cpus) add_traffic(sums, entry.key, cpu);
    sums.active = total(snapshot.active);
    return sums;
}

std::vector<std::string> ledger_faults(const RawSnapshot& snapshot, uint64_t delivered) {
    const LedgerSums sums = ledger_sums(snapshot);
    Ledgers ledgers;
    check_messages(sums, ledgers);
    check_transactions(sums, ledgers);
    check_events(sums, delivered, ledgers);
    return ledgers.faults;
}

}  // namespace dnsexp::test
