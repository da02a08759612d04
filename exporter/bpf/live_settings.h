// The settings that programs read while they are changed.
#pragma once

#include "ebpf/dns_abi.h"

namespace dnsexp {

// Makes `live` say what `wanted` says, one store at a time, while programs on other CPUs read it: a port that
// is in both is listed at every moment, so no message of it is missed. The latency edges are not taken over.
void update_settings(dns_settings& live, const dns_settings& wanted);

[[nodiscard]] bool have_same_edges(const dns_settings& a, const dns_settings& b);
[[nodiscard]] bool have_same_ports(const dns_settings& a, const dns_settings& b);

// Programs may sort what they measure by a mixture of old and new edges until wait_for_programs() returns.
void update_edges(dns_settings& live, const dns_settings& wanted);

// Returns when every run of a program that began before the call has ended; some ten milliseconds.
void wait_for_programs();

}  // namespace dnsexp
