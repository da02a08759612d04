#include "exporter/bpf/program_stats.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

namespace dnsexp {

Status ProgramStats::set(bool on) {
    if (on == is_on()) return ok();
    if (!on) {
        enabled_.reset();
        return ok();
    }
    const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
    if (fd < 0)
        return Error{"count runs of BPF programs", "", -fd, "",
                     -fd == EPERM ? "give CAP_SYS_ADMIN, or set monitoring.program_stats: false" : ""};
    enabled_.reset(fd);
    return ok();
}

Status ProgramStats::read(const bpf_object* object, std::vector<ProgramRuns>& out) const {
    if (!is_on()) return ok();
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
        const int fd = bpf_program__fd(program);
        if (fd < 0) continue;  // not loaded
        bpf_prog_info info{};
        uint32_t size = sizeof info;
        if (bpf_obj_get_info_by_fd(fd, &info, &size))
            return Error{"read BPF program", bpf_program__name(program), errno, "", ""};
        out.push_back({bpf_program__name(program), info.run_cnt, info.run_time_ns});
    }
    return ok();
}

}  // namespace dnsexp
