#include "exporter/security/upstream_filter.h"

#include <algorithm>
#include <bit>

namespace dnsexp {
namespace {

constexpr uint64_t memory_ns = 300'000'000'000;  // what was seen holds for five minutes
// The record of a socket can be ahead of the interface's; a client that is still not seen after so long is
// not seen.
constexpr uint64_t doubt_ns = 1'000'000'000;

bool is_recent(uint64_t then_ns, uint64_t now_ns) {
    return then_ns != 0 && now_ns - std::min(then_ns, now_ns) < memory_ns;
}

// Interfaces see loopback where they see anything: it is watched by default.
bool is_loopback(const dns_address& address) {
    const auto octets = std::bit_cast<std::array<uint8_t, sizeof address>>(address);
    const bool mapped = std::all_of(octets.begin(), octets.begin() + 10, [](uint8_t o) { return o == 0; }) &&
                        octets[10] == 0xff && octets[11] == 0xff;  // ::ffff:0:0/96, RFC 4291, 2.5.5.2
    if (mapped) return octets[12] == 127;
    return std::all_of(octets.begin(), octets.end() - 1, [](uint8_t o) { return o == 0; }) &&
           octets.back() == 1;
}

}  // namespace

uint64_t UpstreamFilter::hash_of(const dns_address& address) const {
    return hash_mix(address.high ^ seed_, hash_mix(address.low ^ seed_, seed_ | 1));
}

UpstreamFilter::Resolver& UpstreamFilter::resolver(uint32_t pid, uint64_t now_ns) {
    Resolver& one = resolvers_[pid % resolvers_max];
    if (one.pid != pid && !is_recent(std::max(one.seen_ns, one.unseen_ns), now_ns)) one = {};
    if (one.pid == 0) one.pid = pid;
    return one;
}

void UpstreamFilter::add(const dns_event& event) {
    if (event.role != DNS_ROLE_SERVER) return;
    if (event.lane == DNS_EVENT_SOCKET) {
        add_answer(event);
        return;
    }
    if (event.lane != DNS_EVENT_WIRE) return;
    const uint64_t hash = hash_of(event.client);
    clients_[hash % clients_max] = {hash, event.query_time_ns};
    if (!event.asker.known) return;
    Resolver& one = resolver(event.asker.pid, event.query_time_ns);
    if (one.pid == event.asker.pid) one.seen_ns = event.query_time_ns;
}

void UpstreamFilter::add_answer(const dns_event& event) {
    if (!event.asker.known || event.kind != DNS_RESPONSE) return;
    const uint64_t now_ns = event.query_time_ns;
    Resolver& one = resolver(event.asker.pid, now_ns);
    if (one.pid != event.asker.pid) return;
    if (is_loopback(event.client)) {
        one.seen_ns = now_ns;
        return;
    }
    const uint64_t hash = hash_of(event.client);
    const Seen& seen = clients_[hash % clients_max];
    if (seen.hash == hash && is_recent(seen.time_ns, now_ns)) {
        if (one.doubted == hash) one.doubted = 0;
    } else if (one.doubted != hash) {
        if (one.doubted == 0 || !is_recent(one.doubted_ns, now_ns)) {
            one.doubted = hash;
            one.doubted_ns = now_ns;
        }
    } else if (now_ns - std::min(one.doubted_ns, now_ns) >= doubt_ns) {
        one.unseen_ns = now_ns;
    }
}

bool UpstreamFilter::is_upstream(const dns_event& event) const {
    if (event.role != DNS_ROLE_CLIENT || !event.asker.known) return false;
    const Resolver& one = resolvers_[event.asker.pid % resolvers_max];
    return one.pid == event.asker.pid && is_recent(one.seen_ns, event.query_time_ns) &&
           !is_recent(one.unseen_ns, event.query_time_ns);
}

}  // namespace dnsexp
