#include "exporter/bpf/owner_hooks.h"

#include <bpf/libbpf.h>

#include <cerrno>

#include "exporter/base/log.h"

namespace dnsexp {

OwnerHooks::~OwnerHooks() {
    for (bpf_link* link : links_) bpf_link__destroy(link);
}

Result<std::unique_ptr<OwnerHooks>> OwnerHooks::attach(const LoadedPrograms& programs) {
    std::unique_ptr<OwnerHooks> hooks(new OwnerHooks);
    Status status = ok();
    if (programs.backend == DNS_BACKEND_CGROUP) status = hooks->attach_to_cgroup(programs);
    if (programs.backend == DNS_BACKEND_KPROBE) status = hooks->attach_kprobes(programs);
    if (!status) return status.error();
    return hooks;
}

Status OwnerHooks::attach_to_cgroup(const LoadedPrograms& programs) {
    auto root = open_cgroup_root();
    if (!root) return root.error();
    if (!root->of_host)
        log_warn("this is not the host's cgroup: only processes below it are seen",
                 {{"hint", "run in the host's cgroup namespace"}});
    for (bpf_program* program : owner_programs(programs)) {
        bpf_link* link = bpf_program__attach_cgroup(program, root->folder.get());
        if (!link) return Error{"attach to the cgroup", bpf_program__name(program), errno, "", ""};
        links_.push_back(link);
    }
    return ok();
}

Status OwnerHooks::attach_kprobes(const LoadedPrograms& programs) {
    for (bpf_program* program : owner_programs(programs)) {
        bpf_link* link = bpf_program__attach(program);
        if (!link)
            return Error{"attach kprobe", bpf_program__name(program), errno, "",
                         "it needs CAP_PERFMON, and kernel.perf_event_paranoid at most 2 or CAP_SYS_ADMIN"};
        links_.push_back(link);
    }
    return ok();
}

}  // namespace dnsexp
