// What is attached to an interface, asked of the kernel and not of the exporter.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp::test {

// Identifiers of the programs in the TCX chain, in order. Empty optional: the kernel knows no TCX
// (before 6.6).
std::optional<std::vector<uint32_t>> tcx_chain(uint32_t ifindex, dns_direction direction);

// Identifier of the program behind the filter at this place of the interface's clsact; 0: none.
uint32_t clsact_program(uint32_t ifindex, dns_direction direction, uint32_t priority, uint32_t handle);

enum class XdpMode { none, native, generic };
struct XdpState {
    XdpMode mode;
    uint32_t program;
};
XdpState xdp_state(uint32_t ifindex);

uint32_t program_id(int program);

// A program of somebody else, which lets everything pass.
UniqueFd foreign_tc_program();
UniqueFd foreign_xdp_program();
// Puts it on the interface's clsact, which is made.
void attach_foreign(int program, uint32_t ifindex, dns_direction direction, uint32_t priority,
                    uint32_t handle);

}  // namespace dnsexp::test
