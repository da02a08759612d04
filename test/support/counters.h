// A snapshot as named numbers, so that a test can say which counters a packet moves, and that it moves no
// other.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "exporter/source/source.h"

namespace dnsexp::test {

// Only what is not zero. The names:
//   packet PROTOCOL REASON                     message INTERFACE DIRECTION KIND PROTOCOL IP
//   opcode KIND N                              flags KIND NAMES
//   size KIND PROTOCOL <=EDGE                  octets KIND PROTOCOL
//   query|response|undelivered SERVER TYPE OUTCOME ROLE PROTOCOL
//   retransmission|truncated|unmatched|late|duplicate|empty|unreachable SERVER ROLE
//   latency SERVER ROLE TYPE (the number of observations)
//   active ROLE                                event submitted|ring_full|untracked
//   traffic_map_full, pending_contended, map_failures
// A SERVER is its address or `other`, an INTERFACE its name or `other`, a TYPE its number or `other`.
using Counters = std::map<std::string, uint64_t>;

Counters counters_of(const RawSnapshot& snapshot);

// What has been added since; the gauge `active` is shown where it differs, modulo 2^64.
Counters operator-(Counters after, const Counters& before);

// Those whose name begins with one of the words.
Counters only(const Counters& counters, std::initializer_list<std::string_view> words);

// An event without what differs from run to run: times, and the numbers of slots.
std::string event_text(const dns_event& event);

std::string address_text(const dns_address& address);

}  // namespace dnsexp::test
