#include "exporter/app/observation.h"

#include <poll.h>

#include <cerrno>
#include <iterator>

#include "exporter/app/confinement.h"
#include "exporter/base/log.h"
#include "exporter/bpf/cgroup_root.h"
#include "exporter/os/affinity.h"
#include "exporter/os/privileges.h"
#include "exporter/os/timer.h"

namespace dnsexp {
namespace {

// Null where nobody tells whose a message is.
std::unique_ptr<WorkloadDirectory> make_directory(const KernelSource& source, const WorkloadConfig& config) {
    const LoadedPrograms& programs = source.programs();
    if (programs.backend == DNS_BACKEND_NONE) return nullptr;
    CgroupFolders folders;
    const auto root = open_cgroup_root();  // open until the directory has opened it too
    if (root) folders.unified = root.value().path;
    if (programs.core) folders.v1 = find_v1_hierarchy().path;
    folders.v1_flag = DNS_CGROUP_V1;
    return WorkloadDirectory::make(folders, config);
}

}  // namespace

Observation::Observation(const Config& config, UniqueFd timer, std::unique_ptr<NetworkWatcher> watcher,
                         std::unique_ptr<KernelSource> source, std::unique_ptr<WorkloadDirectory> directory,
                         std::unique_ptr<SecurityDesk> security, std::unique_ptr<QueryLog> query_log)
    : capture_(config.capture),
      cpus_(config.performance.cpu_affinity),
      owners_may_fail_(config.workload.backend == WorkloadBackend::automatic),
      sees_calls_(config.chains.libc_probes),
      timer_(std::move(timer)),
      pipeline_(std::move(source), std::move(directory), std::move(security), std::move(query_log), config),
      interfaces_(pipeline_, std::move(watcher), config.capture.interfaces) {
    if (auto status = pipeline_.set_program_stats(config.monitoring.program_stats); !status)
        log_warn("runs of BPF programs are not counted", {{"err", status.error().message()}});
}

Result<std::unique_ptr<Observation>> Observation::make(const Config& config) {
    if (auto status = check_kernel(); !status) return status.error();
    if (auto status = check_privileges(); !status) return status.error();
    auto timer = make_periodic_timer(std::chrono::milliseconds(config.performance.poll_interval_ms));
    if (!timer) return timer.error();
    auto watcher = NetworkWatcher::make();
    if (!watcher) return watcher.error();
    auto source = KernelSource::make(config);
    if (!source) return source.error();
    auto directory = make_directory(*source.value(), config.workload);
    std::unique_ptr<SecurityDesk> security;
    if (config.security.enabled) {
        auto desk = SecurityDesk::make(config);
        if (!desk) return desk.error();
        security = std::move(desk).value();
    }
    std::unique_ptr<QueryLog> query_log;
    if (!config.query_log.path.empty()) {
        auto made = QueryLog::make(config.query_log);
        if (!made) return made.error();
        query_log = std::move(made).value();
    }
    return std::unique_ptr<Observation>(new Observation(
        config, std::move(timer).value(), std::move(watcher).value(), std::move(source).value(),
        std::move(directory), std::move(security), std::move(query_log)));
}

Status Observation::attach() {
    // Before the interfaces: the pipeline is ready once those are attached.
    if (auto status = pipeline_.attach_owners(capture_); !status) {
        if (!owners_may_fail_) return status;
        log_warn("workloads are not seen", {{"err", status.error().message()}});
    }
    if (sees_calls_)
        if (auto status = pipeline_.attach_libcs(); !status)
            log_warn("calls of getaddrinfo() are not seen", {{"err", status.error().message()}});
    return interfaces_.start();
}

Status Observation::reconfigure(const Config& next) {
    if (auto status = InterfaceKeeper::check(next.capture.interfaces); !status) return status;
    if (auto status = pipeline_.reconfigure(next); !status) return status;
    interfaces_.set_patterns(next.capture.interfaces);
    return set_interval(timer_.get(), std::chrono::milliseconds(next.performance.poll_interval_ms));
}

Status Observation::confine(const Flags& flags) {
    if (flags.capabilities_drop == CapabilityDrop::all) pipeline_.stop_following_libcs();
    return dnsexp::confine(flags, pipeline_.capability_needs());
}

Status Observation::run(int wake_fd, const std::function<bool()>& is_over,
                        const std::function<void()>& after_drain) {
    if (auto status = pin_this_thread(cpus_); !status) return status;
    pollfd fds[] = {{wake_fd, POLLIN, 0}, {timer_.get(), POLLIN, 0}, {interfaces_.fd(), POLLIN, 0}};
    for (;;) {
        if (poll(fds, std::size(fds), -1) < 0) {
            if (errno == EINTR) continue;
            return Error{"poll", "", errno, "", ""};
        }
        if (fds[0].revents && is_over()) return ok();
        if (fds[2].revents) interfaces_.network_event();
        if (read_expirations(timer_.get()) == 0) continue;
        interfaces_.tick();
        if (auto status = pipeline_.drain(); !status)
            log_error("can't read the events", {{"err", status.error().message()}});
        if (after_drain) after_drain();
    }
}

}  // namespace dnsexp
