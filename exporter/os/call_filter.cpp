#include "exporter/os/call_filter.h"

#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>

#include "exporter/os/allowed_calls.h"

namespace dnsexp {
namespace {

constexpr uint64_t kSocketKind = 0xf;         // linux/net.h: SOCK_TYPE_MASK; the rest are flags
constexpr uint64_t kNameMemory = 0x53564d41;  // linux/prctl.h: PR_SET_VMA, by which newer libcs name memory

// asm-generic/ioctls.h: TCGETS2, TCSETS2, TCSETSW2, TCSETSF2, of newer libcs; as on x86-64 and arm64.
constexpr uint64_t kNewTerminalRequests[] = {0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d};

constexpr uint64_t kRequests[] = {FIONREAD,
                                  FIONBIO,
                                  SIOCOUTQ,
                                  SIOCGIFNAME,
                                  SIOCGIFINDEX,  // sockets, inotify
                                  TIOCGWINSZ,
                                  TCGETS,
                                  TCSETS,
                                  TCSETSW,
                                  TCSETSF,  // the terminal of `watch`
                                  PERF_EVENT_IOC_ENABLE,
                                  PERF_EVENT_IOC_DISABLE};
constexpr uint64_t kReadingCommands[] = {
    BPF_MAP_LOOKUP_ELEM,  BPF_MAP_UPDATE_ELEM,   BPF_MAP_DELETE_ELEM,
    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_BATCH,  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
    BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
    BPF_PROG_TEST_RUN,    BPF_OBJ_GET_INFO_BY_FD};
constexpr uint64_t kAttachingCommands[] = {BPF_LINK_CREATE, BPF_PROG_GET_FD_BY_ID};

struct Release {
    void operator()(void* context) const { seccomp_release(context); }
};

// Collects rules; the first failure stays.
class Rules {
  public:
    Rules() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
        if (!context_) keep(-ENOMEM);
    }

    void set(scmp_filter_attr attribute, uint32_t value) {
        if (error_ == 0) keep(seccomp_attr_set(context_.get(), attribute, value));
    }
    // Where all of the conditions hold.
    void allow(int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
        add(SCMP_ACT_ALLOW, call, {conditions.begin(), conditions.size()});
    }
    // Where the argument, of 32 bits, is one of the values.
    void allow_values(int call, unsigned int argument, std::span<const uint64_t> values) {
        for (const uint64_t value : values) allow(call, {is(argument, value)});
    }
    void refuse(int call, uint16_t error) { add(SCMP_ACT_ERRNO(error), call, {}); }

    Status load() {
        if (error_ == 0) keep(seccomp_load(context_.get()));
        if (error_ == 0) return ok();
        return Error{"filter system calls", "", error_, "seccomp", "--seccomp.filter=off goes without"};
    }

    // The kernel looks at the lower 32 bits of such an argument alone.
    static scmp_arg_cmp is(unsigned int argument, uint64_t value) {
        return {argument, SCMP_CMP_MASKED_EQ, 0xffffffff, value};
    }
    static scmp_arg_cmp has_bits(unsigned int argument, uint64_t mask, uint64_t value) {
        return {argument, SCMP_CMP_MASKED_EQ, mask, value};
    }

  private:
    void add(uint32_t action, int call, std::span<const scmp_arg_cmp> conditions) {
        if (error_ != 0) return;
        keep(seccomp_rule_add_array(context_.get(), action, call,
                                    static_cast<unsigned int>(conditions.size()), conditions.data()));
    }
    void keep(int result) {
        if (result < 0) error_ = -result;
    }

    std::unique_ptr<void, Release> context_;
    int error_ = 0;
};

// No packet is sent or read but by the ways of ordinary programs.
void add_sockets(Rules& rules) {
    rules.allow(SCMP_SYS(socket), {Rules::is(0, AF_UNIX)});
    rules.allow(SCMP_SYS(socketpair), {Rules::is(0, AF_UNIX)});
    for (const uint64_t family : {AF_INET, AF_INET6})
        for (const uint64_t kind : {SOCK_STREAM, SOCK_DGRAM})
            rules.allow(SCMP_SYS(socket), {Rules::is(0, family), Rules::has_bits(1, kSocketKind, kind)});
    rules.allow(SCMP_SYS(socket), {Rules::is(0, AF_NETLINK), Rules::is(2, NETLINK_ROUTE)});
}

// Threads, and no processes or namespaces. clone3's flags lie in memory, out of a filter's sight: to a libc
// it is a call that this kernel does not have.
void add_threads(Rules& rules) {
    constexpr uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    rules.allow(SCMP_SYS(clone), {Rules::has_bits(0, CLONE_THREAD | namespaces, CLONE_THREAD)});
    rules.refuse(SCMP_SYS(clone3), ENOSYS);
    const auto own = static_cast<uint64_t>(getpid());
    rules.allow(SCMP_SYS(kill), {Rules::is(0, own)});
    rules.allow(SCMP_SYS(tgkill), {Rules::is(0, own)});
    rules.allow(SCMP_SYS(prctl), {Rules::is(0, PR_SET_NAME)});
    rules.allow(SCMP_SYS(prctl), {Rules::is(0, kNameMemory)});
    rules.allow(SCMP_SYS(prlimit64), {Rules::is(0, 0)});  // of this process
}

void add_bpf(Rules& rules, bool attaches) {
    rules.allow_values(SCMP_SYS(bpf), 0, kReadingCommands);
    if (!attaches) return;
    rules.allow_values(SCMP_SYS(bpf), 0, kAttachingCommands);
    rules.allow(SCMP_SYS(perf_event_open));
    rules.allow(SCMP_SYS(ioctl), {Rules::is(1, PERF_EVENT_IOC_SET_BPF)});
}

}  // namespace

Status filter_system_calls(const CallFilterOptions& options) {
    Rules rules;
    rules.set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));  // calls of another architecture's programs
    rules.set(SCMP_FLTATR_CTL_TSYNC, 1);                        // every thread
    rules.set(SCMP_FLTATR_CTL_OPTIMIZE, 2);                     // a tree rather than a list
    for (const int call : allowed_calls) rules.allow(call);
    rules.allow_values(SCMP_SYS(ioctl), 1, kRequests);
    rules.allow_values(SCMP_SYS(ioctl), 1, kNewTerminalRequests);
    add_sockets(rules);
    add_threads(rules);
    add_bpf(rules, options.attaches);
    return rules.load();
}

}  // namespace dnsexp
