#include "exporter/bpf/client_table.h"

#include <utility>

#include "ebpf/dns_client.h"

namespace dnsexp {

std::vector<BusyClient> ClientTable::busy(uint64_t now_ns, uint32_t limit_qps) {
    const uint64_t end = dns_second_of(now_ns), begin = std::exchange(told_before_, end);
    std::vector<BusyClient> busy;
    if (limit_qps == 0) return busy;
    const auto tell = [&](const dns_client& client, uint64_t word) {
        const uint64_t second = dns_client_second(word);
        if (second >= begin && second < end && dns_client_queries(word) > limit_qps)
            busy.push_back({client.address, static_cast<uint8_t>(dns_client_role(word)),
                            dns_second_begin(second), dns_client_queries(word)});
    };
    for (const dns_client_set& set : sets_)
        for (const dns_client& client : set.way) {
            // In this order: a second that a program moves meanwhile is seen in both words, not in none.
            const uint64_t latest = dns_client_load(&client.latest), over = dns_client_load(&client.over);
            tell(client, over);
            if (dns_client_second(over) != dns_client_second(latest)) tell(client, latest);
        }
    return busy;
}

}  // namespace dnsexp
