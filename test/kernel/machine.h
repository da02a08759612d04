// The machine that the tests run on: what its kernel takes, and how slow it is.
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/bpf/loader.h"

namespace dnsexp::test {

// The variants that this kernel takes, the newest first; says so when one is missing.
const std::vector<Variant>& variants();

// Whether BPF_PROG_TEST_RUN shows a program of sockets its packet's octets; says so where it does not. Before
// Linux 6.18 data_end is not set for them there (it is for real packets).
bool runs_socket_programs();

// How many times slower it is than the machines the tests' amounts are meant for: the environment's
// DNSEXP_SLOW, 1 to 100. The stress and the mutated packets ask; what is checked stays the same.
uint32_t slow();

}  // namespace dnsexp::test
