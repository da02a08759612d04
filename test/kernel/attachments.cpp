#include "test/kernel/attachments.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <sys/syscall.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

namespace dnsexp::test {
namespace {

// enum bpf_attach_type of Linux 6.6; Debian 12's headers are older.
constexpr uint32_t tcx_ingress = 46, tcx_egress = 47;

bpf_tc_hook hook_of(uint32_t ifindex, dns_direction direction) {
    bpf_tc_hook hook{};
    hook.sz = sizeof hook;
    hook.ifindex = static_cast<int>(ifindex);
    hook.attach_point = direction == DNS_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return hook;
}

bpf_tc_opts place_of(uint32_t priority, uint32_t handle) {
    bpf_tc_opts place{};
    place.sz = sizeof place;
    place.priority = priority;
    place.handle = handle;
    return place;
}

UniqueFd load_foreign(bpf_prog_type type, int verdict) {
    bpf_insn instructions[2] = {};
    instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = verdict
    instructions[0].imm = verdict;
    instructions[1].code = BPF_JMP | BPF_EXIT;
    UniqueFd program(bpf_prog_load(type, "foreign", "GPL", instructions, 2, nullptr));
    REQUIRE(program);
    return program;
}

struct Quiet {  // libbpf tells of each "no such file", which is an answer here
    libbpf_print_fn_t before = libbpf_set_print(nullptr);
    ~Quiet() { libbpf_set_print(before); }
};

}  // namespace

std::optional<std::vector<uint32_t>> tcx_chain(uint32_t ifindex, dns_direction direction) {
    std::array<uint32_t, 64> ids{};
    uint32_t count = ids.size();
    const auto type = static_cast<bpf_attach_type>(direction == DNS_INGRESS ? tcx_ingress : tcx_egress);
    if (bpf_prog_query(static_cast<int>(ifindex), type, 0, nullptr, ids.data(), &count) != 0) {
        if (errno == EINVAL) return std::nullopt;
        return std::vector<uint32_t>{};  // ENOENT: nothing was ever attached
    }
    return std::vector<uint32_t>(ids.begin(), ids.begin() + count);
}

uint32_t clsact_program(uint32_t ifindex, dns_direction direction, uint32_t priority, uint32_t handle) {
    const Quiet quiet;
    const bpf_tc_hook hook = hook_of(ifindex, direction);
    bpf_tc_opts place = place_of(priority, handle);
    return bpf_tc_query(&hook, &place) == 0 ? place.prog_id : 0;
}

XdpState xdp_state(uint32_t ifindex) {
    bpf_xdp_query_opts options{};
    options.sz = sizeof options;
    REQUIRE(bpf_xdp_query(static_cast<int>(ifindex), 0, &options) == 0);
    switch (options.attach_mode) {
        case XDP_ATTACHED_DRV:
            return {XdpMode::native, options.prog_id};
        case XDP_ATTACHED_SKB:
            return {XdpMode::generic, options.prog_id};
        default:
            return {XdpMode::none, 0};
    }
}

uint32_t program_id(int program) {
    bpf_prog_info info{};
    __u32 length = sizeof info;
    REQUIRE(bpf_obj_get_info_by_fd(program, &info, &length) == 0);
    return info.id;
}

UniqueFd foreign_tc_program() {
    return load_foreign(BPF_PROG_TYPE_SCHED_CLS, TC_ACT_UNSPEC);
}
UniqueFd foreign_xdp_program() {
    return load_foreign(BPF_PROG_TYPE_XDP, XDP_PASS);
}

void attach_foreign(int program, uint32_t ifindex, dns_direction direction, uint32_t priority,
                    uint32_t handle) {
    const Quiet quiet;
    bpf_tc_hook hook = hook_of(ifindex, direction);
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    const int made = bpf_tc_hook_create(&hook);
    REQUIRE((made == 0 || made == -EEXIST));
    hook = hook_of(ifindex, direction);
    bpf_tc_opts place = place_of(priority, handle);
    place.prog_fd = program;
    REQUIRE(bpf_tc_attach(&hook, &place) == 0);
}

}  // namespace dnsexp::test
