#include "exporter/bpf/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

// From Linux 6.6's uapi/linux/bpf.h, which Debian 12's headers predate.
constexpr uint32_t kBpfTcxIngress = 46;
constexpr uint32_t kBpfTcxEgress = 47;
constexpr uint32_t kBpfBefore = 1U << 3;  // BPF_F_BEFORE: without a relative, the head of the chain

// The place of our filters on a clsact qdisc: a handle of our own a direction ("dns" on a telephone's keys is
// 367), and the first of these priorities where no other kind of filter sits.
constexpr uint32_t kIngressHandle = 0x367;
constexpr uint32_t kEgressHandle = 0x368;
constexpr uint32_t kFilterPriorities = 4;
constexpr std::string_view kTcPrefix = "dns_tc_", kXdpPrefix = "dns_xdp_";

constexpr uint32_t kTcxProgramsMax = 64;  // BPF_MPROG_MAX of the kernel, a direction

// libbpf tells of each "no such file" on stderr otherwise; it is an answer here.
struct Silence {
    libbpf_print_fn_t previous = libbpf_set_print(nullptr);
    ~Silence() { libbpf_set_print(previous); }
};

class LinkHook final : public Hook {
  public:
    explicit LinkHook(UniqueFd link) : link_(std::move(link)) {}

    // TCX and XDP links have their ifindex at the same place of the answer; it is 0 once the device is gone.
    [[nodiscard]] bool alive() const override {
        bpf_link_info info{};
        __u32 length = sizeof info;
        return bpf_obj_get_info_by_fd(link_.get(), &info, &length) == 0 && info.xdp.ifindex != 0;
    }

  private:
    UniqueFd link_;
};

bpf_tc_hook tc_hook(uint32_t ifindex, dns_direction direction) {
    bpf_tc_hook hook{};
    hook.sz = sizeof hook;
    hook.ifindex = static_cast<int>(ifindex);
    hook.attach_point = direction == DNS_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return hook;
}

bpf_tc_opts tc_place(dns_direction direction, uint32_t priority) {
    bpf_tc_opts options{};
    options.sz = sizeof options;
    options.handle = direction == DNS_INGRESS ? kIngressHandle : kEgressHandle;
    options.priority = priority;
    return options;
}

// The id of the program whose filter lies at a place, or 0. `at` is where to look; the place belongs to
// `direction`.
uint32_t program_at(uint32_t ifindex, dns_direction at, dns_direction direction, uint32_t priority) {
    const Silence silence;
    const bpf_tc_hook hook = tc_hook(ifindex, at);
    bpf_tc_opts place = tc_place(direction, priority);
    return bpf_tc_query(&hook, &place) == 0 ? place.prog_id : 0;
}

void detach_filter(uint32_t ifindex, dns_direction at, dns_direction direction, uint32_t priority) {
    const Silence silence;  // the interface may be gone, and the filter with it
    const bpf_tc_hook hook = tc_hook(ifindex, at);
    const bpf_tc_opts place = tc_place(direction, priority);
    bpf_tc_detach(&hook, &place);
}

class ClsactHook final : public Hook {
  public:
    ClsactHook(const HookTarget& target, uint32_t priority, uint32_t program_id)
        : ifindex_(target.ifindex),
          direction_(target.direction),
          priority_(priority),
          program_id_(program_id) {}
    // What lies there may be a later exporter's by now.
    ~ClsactHook() override {
        if (still_there()) detach_filter(ifindex_, direction_, direction_, priority_);
    }
    ClsactHook(const ClsactHook&) = delete;
    ClsactHook& operator=(const ClsactHook&) = delete;

    [[nodiscard]] bool alive() const override { return still_there(); }

  private:
    [[nodiscard]] bool still_there() const {
        return program_at(ifindex_, direction_, direction_, priority_) == program_id_;
    }

    uint32_t ifindex_;
    dns_direction direction_;
    uint32_t priority_;
    uint32_t program_id_;
};

// Whether the program behind a filter is one of ours: its name is all that outlives a killed exporter.
bool is_ours(uint32_t program_id) {
    const auto name = program_name(program_id);
    return name && name->starts_with(kTcPrefix);
}

// The priority at which a filter of ours lies, or 0.
uint32_t find_stale(uint32_t ifindex, dns_direction direction) {
    for (uint32_t priority = 1; priority <= kFilterPriorities; priority++)
        if (const uint32_t id = program_at(ifindex, direction, direction, priority); id != 0 && is_ours(id))
            return priority;
    return 0;
}

Error no_egress() {
    return Error{"attach TC program", "(clsact)", 0, "the device has an ingress qdisc, which has no egress",
                 "replace it by a clsact qdisc, which has both"};
}

}  // namespace

Result<std::unique_ptr<Hook>> attach_tcx(const HookTarget& target) {
    // libbpf 1.1 knows no TCX; this is the kernel's link_create with room for its tcx part, all zero.
    struct {
        uint32_t program, ifindex, attach_type, flags, relative, pad;
        uint64_t expected_revision;
    } attributes{static_cast<uint32_t>(target.program),
                 target.ifindex,
                 target.direction == DNS_INGRESS ? kBpfTcxIngress : kBpfTcxEgress,
                 kBpfBefore,
                 0,
                 0,
                 0};
    UniqueFd link(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
    if (!link) return Error{"attach TC program", "(tcx)", errno, "", ""};
    return std::unique_ptr<Hook>(std::make_unique<LinkHook>(std::move(link)));
}

Result<std::unique_ptr<Hook>> attach_clsact(const HookTarget& target) {
    const Silence silence;
    bpf_tc_hook both = tc_hook(target.ifindex, target.direction);
    both.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    if (const int error = bpf_tc_hook_create(&both); error && error != -EEXIST)
        return Error{"make clsact qdisc", "", -error, "", ""};
    const bpf_tc_hook hook = tc_hook(target.ifindex, target.direction);
    const uint32_t stale = find_stale(target.ifindex, target.direction);
    int error = 0;
    for (uint32_t priority = stale ? stale : 1; priority <= kFilterPriorities; priority++) {
        bpf_tc_opts place = tc_place(target.direction, priority);
        place.prog_fd = target.program;
        place.flags = stale ? BPF_TC_F_REPLACE : 0;
        error = bpf_tc_attach(&hook, &place);
        if (!error) {
            const uint32_t id = program_at(target.ifindex, target.direction, target.direction, priority);
            // A plain ingress qdisc puts every filter on its ingress, this one too.
            if (target.direction == DNS_EGRESS &&
                program_at(target.ifindex, DNS_INGRESS, DNS_EGRESS, priority) == id) {
                detach_filter(target.ifindex, DNS_INGRESS, DNS_EGRESS, priority);
                return no_egress();
            }
            return std::unique_ptr<Hook>(std::make_unique<ClsactHook>(target, priority, id));
        }
        if (stale) break;
    }
    return Error{"attach TC program", "(clsact)", -error, "", ""};
}

void remove_stale_clsact(uint32_t ifindex) {
    for (const dns_direction direction : {DNS_INGRESS, DNS_EGRESS})
        if (const uint32_t priority = find_stale(ifindex, direction))
            detach_filter(ifindex, direction, direction, priority);
}

Result<std::vector<uint32_t>> tcx_programs(uint32_t ifindex, dns_direction direction) {
    std::vector<uint32_t> ids(kTcxProgramsMax);
    LIBBPF_OPTS(bpf_prog_query_opts, query, .prog_ids = ids.data(), .prog_cnt = kTcxProgramsMax);
    const auto type = static_cast<bpf_attach_type>(direction == DNS_INGRESS ? kBpfTcxIngress : kBpfTcxEgress);
    if (const int error = bpf_prog_query_opts(static_cast<int>(ifindex), type, &query))
        return Error{"list TC programs", "(tcx)", -error, "", ""};
    ids.resize(std::min(query.prog_cnt, kTcxProgramsMax));
    return ids;
}

std::vector<uint32_t> clsact_programs(uint32_t ifindex, dns_direction direction) {
    std::vector<uint32_t> ids;
    for (uint32_t priority = 1; priority <= kFilterPriorities; priority++)
        if (const uint32_t id = program_at(ifindex, direction, direction, priority); id != 0)
            ids.push_back(id);
    return ids;
}

std::optional<std::string> program_name(uint32_t id) {
    const UniqueFd program(bpf_prog_get_fd_by_id(id));
    if (!program) return std::nullopt;
    bpf_prog_info info{};
    __u32 length = sizeof info;
    if (bpf_obj_get_info_by_fd(program.get(), &info, &length)) return std::nullopt;
    return info.name;
}

bool is_exporters(std::string_view program) {
    return program.starts_with(kTcPrefix) || program.starts_with(kXdpPrefix);
}

Result<std::unique_ptr<Hook>> attach_xdp(const HookTarget& target, bool native) {
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
    UniqueFd link(bpf_link_create(target.program, static_cast<int>(target.ifindex), BPF_XDP, &options));
    if (!link) return Error{"attach XDP program", native ? "(native)" : "(generic)", errno, "", ""};
    return std::unique_ptr<Hook>(std::make_unique<LinkHook>(std::move(link)));
}

}  // namespace dnsexp
