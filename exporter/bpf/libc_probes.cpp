#include "exporter/bpf/libc_probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "exporter/base/log.h"
#include "exporter/bpf/elf_symbol.h"
#include "exporter/bpf/map_reader.h"
#include "exporter/bpf/return_probes.h"

namespace dnsexp {
namespace {

constexpr const char* kFunction = "getaddrinfo";

bool is_refusal(const Error& error) {
    return error.errnum == EPERM || error.errnum == EACCES;
}

// Programs that are not chosen are not handed to the kernel. The ring is the one that is there already.
Status prepare(dns_calls& skeleton, int events, dns_hierarchy hierarchy, bool core) {
    bpf_program__set_autoload(skeleton.progs.dns_call, core);
    bpf_program__set_autoload(skeleton.progs.dns_call_ol, !core);
    skeleton.rodata->task_hierarchy = core ? hierarchy : DNS_HIERARCHY_UNIFIED;
    if (const int error = bpf_map__reuse_fd(skeleton.maps.events, events))
        return Error{"share BPF map", "events", -error, "", ""};
    return ok();
}

Result<CallSkeleton> load(int events, dns_hierarchy hierarchy, bool core) {
    CallSkeleton skeleton = own_skeleton(dns_calls__open());
    if (!skeleton) return Error{"open the BPF object", "of getaddrinfo()", errno, "", ""};
    if (auto status = prepare(*skeleton, events, hierarchy, core); !status) return status.error();
    if (const int error = dns_calls__load(skeleton.get()))
        return Error{"load the BPF programs", "of getaddrinfo()", -error, "",
                     "it needs CAP_BPF and CAP_PERFMON, and a kernel with CONFIG_BPF_EVENTS"};
    return skeleton;
}

}  // namespace

Result<std::unique_ptr<LibcProbes>> LibcProbes::make(int events, dns_hierarchy hierarchy,
                                                     LibcProbesOptions options) {
    if (auto status = check_return_probes(); !status) return status.error();
    for (const bool core : {true, false}) {
        auto skeleton = load(events, hierarchy, core);
        if (skeleton)
            return std::unique_ptr<LibcProbes>(
                new LibcProbes(std::move(skeleton).value(), core, std::move(options)));
        if (!core || is_refusal(skeleton.error())) return skeleton.error();
        log_debug("programs of getaddrinfo() not loaded with BTF", {{"err", skeleton.error().message()}});
    }
    return Error{"load the BPF programs", "of getaddrinfo()", 0, "", ""};
}

LibcProbes::~LibcProbes() {
    stop_following();
    for (const auto& [id, one] : attached_) detach(one);
}

Status LibcProbes::start() {
    if (auto status = pass(); !status) return status;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return ok();
}

void LibcProbes::stop_following() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void LibcProbes::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any woken;  // by the stop alone
    std::unique_lock lock(mutex);
    for (;;) {
        woken.wait_for(lock, stop, between_passes_, [] { return false; });
        if (stop.stop_requested()) return;
        if (const auto status = pass(); !status) {
            log_warn("new calls of getaddrinfo() are not seen", {{"err", status.error().message()}});
            return;
        }
    }
}

Status LibcProbes::pass() {
    const auto changes = finder_.pass();
    if (!changes) return changes.error();
    if (changes.value().denied && attached_.empty())
        return Error{"open the C libraries of processes", "", EPERM, "", "it needs CAP_SYS_ADMIN"};
    for (const LibcFile& libc : changes.value().found) {
        const auto status = attach(libc);
        if (status) continue;
        if (is_refusal(status.error())) return status.error();
        log_debug(
            "can't see the calls of a C library",
            {{"path", libc.path}, {"pid", std::to_string(libc.pid)}, {"err", status.error().message()}});
    }
    for (const std::string& id : changes.value().gone) let_go(id);
    tell_limits(changes.value());
    return ok();
}

Status LibcProbes::attach(const LibcFile& libc) {
    const auto offset = function_offset(libc.file.get(), kFunction);
    if (!offset) return offset.error();
    // The entry first: a call that returns without having begun would count as forgotten.
    const auto call = attach_program(core_ ? skeleton_->progs.dns_call : skeleton_->progs.dns_call_ol, libc,
                                     offset.value(), false);
    if (!call) return call.error();
    const auto end = attach_program(skeleton_->progs.dns_call_end, libc, offset.value(), true);
    if (!end) {
        bpf_link__destroy(call.value());
        return end.error();
    }
    attached_[libc.id] = {call.value(), end.value(), libc.path};
    attached_count_ = attached_.size();
    log_write(level_of_line(), "calls of a C library are seen",
              {{"path", libc.path}, {"pid", std::to_string(libc.pid)}});
    return ok();
}

// By the open file: whatever its path leads to by now, or in another mount namespace.
Result<bpf_link*> LibcProbes::attach_program(bpf_program* program, const LibcFile& libc, uint64_t offset,
                                             bool at_return) {
    const std::string path = "/proc/self/fd/" + std::to_string(libc.file.get());
    constexpr pid_t all_processes = -1;
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = at_return);
    bpf_link* link = bpf_program__attach_uprobe_opts(program, all_processes, path.c_str(), offset, &options);
    if (!link) return Error{"attach uprobe", kFunction, errno, "", "it needs CAP_SYS_ADMIN"};
    return link;
}

void LibcProbes::detach(const Attached& one) {
    bpf_link__destroy(one.call);
    bpf_link__destroy(one.end);
}

void LibcProbes::let_go(const std::string& id) {
    const auto found = attached_.find(id);
    if (found == attached_.end()) return;  // it could not be attached
    detach(found->second);
    log_write(level_of_line(), "a C library is let go", {{"path", found->second.path}});
    attached_.erase(found);
    attached_count_ = attached_.size();
}

void LibcProbes::tell_limits(const LibcChanges& changes) {
    if (changes.refused != 0 && !std::exchange(told_refused_, true))
        log_info("some processes can't be asked for their C library",
                 {{"processes", std::to_string(changes.refused)}, {"hint", "give CAP_SYS_PTRACE"}});
    if (changes.full && !std::exchange(told_full_, true))
        log_warn("there are more C libraries than are watched: calls of some are not seen",
                 {{"watched", std::to_string(attached_.size())}});
}

Result<dns_call_stats> LibcProbes::counts() const {
    std::vector<dns_call_stats> cpus(static_cast<size_t>(libbpf_num_possible_cpus()));
    const uint32_t zero = 0;
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.call_stats), &zero, cpus.data()) != 0)
        return Error{"read BPF map", "call_stats", errno, "", ""};
    return map_reader::sum(cpus.data(), cpus.size());
}

}  // namespace dnsexp
