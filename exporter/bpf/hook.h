// One program on one hook of one interface: attached while the object lives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/base/result.h"

namespace dnsexp {

// Detached when destroyed; by the kernel when the process dies, but for clsact, whose filter the next start
// finds.
class Hook {
  public:
    virtual ~Hook() = default;
    // Whether it is still there: the device may be gone and another have its name, or a tool have removed it.
    [[nodiscard]] virtual bool alive() const = 0;
};

struct HookTarget {
    int program;  // file descriptor, borrowed
    uint32_t ifindex;
    dns_direction direction;
};

// A TCX link at the head of the chain (Linux 6.6). EINVAL where the kernel has none.
Result<std::unique_ptr<Hook>> attach_tcx(const HookTarget& target);

// A cls_bpf filter in direct-action mode on a clsact qdisc, which is made where there is none and left there.
// A filter that a killed exporter left at our place is replaced; others' are never touched. Under a plain
// ingress qdisc there is no egress to attach to: an Error.
Result<std::unique_ptr<Hook>> attach_clsact(const HookTarget& target);

// Removes what a killed exporter left on the interface's clsact.
void remove_stale_clsact(uint32_t ifindex);

// Ids of the programs on TCX of an interface of this network namespace, at most 64 of them; nothing is
// attached. EINVAL where the kernel has no TCX. Needs CAP_NET_ADMIN.
Result<std::vector<uint32_t>> tcx_programs(uint32_t ifindex, dns_direction direction);

// Ids of the programs at the places of clsact where attach_clsact() puts its own.
std::vector<uint32_t> clsact_programs(uint32_t ifindex, dns_direction direction);

// What a loaded program is called; nothing where that can't be told, as without CAP_SYS_ADMIN.
std::optional<std::string> program_name(uint32_t id);

// Whether a program of this name is an exporter's, at an interface.
bool is_exporters(std::string_view program);

// An XDP link; native: in the driver, or not at all. EBUSY where another program is there.
Result<std::unique_ptr<Hook>> attach_xdp(const HookTarget& target, bool native);

}  // namespace dnsexp
