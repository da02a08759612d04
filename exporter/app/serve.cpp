#include "exporter/app/serve.h"

#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "exporter/app/api_endpoints.h"
#include "exporter/app/pipeline.h"
#include "exporter/base/log.h"
#include "exporter/bpf/cgroup_root.h"
#include "exporter/bpf/hook.h"
#include "exporter/http/server.h"
#include "exporter/net/network_reader.h"
#include "exporter/net/network_watcher.h"
#include "exporter/os/privileges.h"
#include "exporter/os/signals.h"
#include "exporter/os/timer.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

using Clock = std::chrono::steady_clock;
// A container's start brings a dozen messages: they are read once, after this.
constexpr std::chrono::milliseconds kSettle{50};
// Interfaces that could not be attached are tried again, and whatever a lost message hid is found.
constexpr std::chrono::seconds kResync{10};
constexpr uint64_t kNsPerMillisecond = 1'000'000;

// Interfaces as they come and go.
class InterfaceKeeper {
  public:
    InterfaceKeeper(Pipeline& pipeline, std::unique_ptr<NetworkWatcher> watcher,
                    std::vector<std::string> patterns)
        : pipeline_(pipeline), watcher_(std::move(watcher)), patterns_(std::move(patterns)) {}

    [[nodiscard]] int fd() const { return watcher_->fd(); }

    // At start: what the user named must be there and work; what a killed exporter left is cleared away.
    Status start() {
        auto state = read_network_state();
        if (!state) return state.error();
        if (const auto missing = missing_named(state.value(), patterns_); !missing.empty())
            return Error{"watch interface", missing.front(), 0, "no such interface",
                         "see `ip link`, or use a glob"};
        for (const Link& link : state->links) remove_stale_clsact(link.index);
        if (auto status = pipeline_.sync_interfaces(state.value(), patterns_, true); !status) return status;
        if (choose_interfaces(state.value(), patterns_).empty())
            log_warn("no interface to watch yet; see --interface", {});
        return ok();
    }

    void network_event() {
        if (watcher_->changed()) due_ = std::min(due_, Clock::now() + kSettle);
    }

    void tick() {
        if (Clock::now() < due_) return;
        due_ = Clock::now() + kResync;
        auto state = read_network_state();
        if (!state) {
            log_warn("can't read the interfaces", {{"err", state.error().message()}});
            return;
        }
        if (auto status = pipeline_.sync_interfaces(state.value(), patterns_, false); !status)
            log_warn("can't attach", {{"err", status.error().message()}});
    }

  private:
    Pipeline& pipeline_;
    std::unique_ptr<NetworkWatcher> watcher_;
    std::vector<std::string> patterns_;
    Clock::time_point due_ = Clock::now() + kResync;
};

// Until SIGINT or SIGTERM.
Status run(Pipeline& pipeline, InterfaceKeeper& interfaces, int signal_fd, int timer_fd) {
    pollfd fds[] = {{signal_fd, POLLIN, 0}, {timer_fd, POLLIN, 0}, {interfaces.fd(), POLLIN, 0}};
    for (;;) {
        if (poll(fds, std::size(fds), -1) < 0 && errno != EINTR) return Error{"poll", "", errno, "", ""};
        for (int signal = read_signal(signal_fd); signal != 0; signal = read_signal(signal_fd)) {
            if (signal == SIGINT || signal == SIGTERM) {
                log_info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
                return ok();
            }
            log_warn("SIGHUP: a new configuration takes a restart", {});
        }
        if (fds[2].revents) interfaces.network_event();
        if (read_expirations(timer_fd) == 0) continue;
        interfaces.tick();
        if (auto status = pipeline.drain(); !status)
            log_error("can't read the events", {{"err", status.error().message()}});
    }
}

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

HttpHandlers handlers(Pipeline& pipeline, const Config& config) {
    HttpHandlers handlers;
    if (config.monitoring.prometheus_enabled)
        handlers.metrics = [&pipeline](Scraper scraper) { return pipeline.metrics(scraper); };
    handlers.ready = [&pipeline] { return pipeline.ready(); };
    handlers.healthy = [&pipeline] { return pipeline.healthy(); };
    handlers.api = api_endpoints(pipeline);
    return handlers;
}

FoldOptions fold_options(const Config& config) {
    FoldOptions options;
    options.top_domains = config.metrics.top_domains;
    options.top_clients = config.metrics.top_clients;
    options.top_workloads = config.workload.top_workloads;
    options.slow_threshold_ns = uint64_t{config.web.slow_query_milliseconds} * kNsPerMillisecond;
    return options;
}

}  // namespace

Status serve(const Config& config, const Flags& flags) {
    if (auto status = check_kernel(); !status) return status;
    if (auto status = check_privileges(); !status) return status;
    auto signal_fd = make_signal_fd();
    if (!signal_fd) return signal_fd.error();
    auto timer = make_periodic_timer(std::chrono::milliseconds(config.performance.poll_interval_ms));
    if (!timer) return timer.error();
    auto watcher = NetworkWatcher::make();
    if (!watcher) return watcher.error();

    auto source = KernelSource::make(config);
    if (!source) return source.error();
    auto directory = make_directory(*source.value(), config.workload);
    Pipeline pipeline(std::move(source).value(), std::move(directory), fold_options(config));

    // Listen before attaching: a port that is taken ends the start with nothing touched.
    auto server = HttpServer::make({effective_listen_addresses(config, flags), flags.telemetry_path},
                                   handlers(pipeline, config));
    if (!server) return server.error();
    // Before the interfaces: the exporter is ready once those are attached.
    if (auto status = pipeline.attach_owners(config.capture); !status) {
        if (config.workload.backend != WorkloadBackend::automatic) return status;
        log_warn("workloads are not seen", {{"err", status.error().message()}});
    }
    if (config.chains.libc_probes)
        if (auto status = pipeline.attach_libcs(); !status)
            log_warn("calls of getaddrinfo() are not seen", {{"err", status.error().message()}});
    InterfaceKeeper interfaces(pipeline, std::move(watcher).value(), config.capture.interfaces);
    if (auto status = interfaces.start(); !status) return status;
    for (const std::string& address : server.value()->addresses())
        log_info("listening", {{"address", address}, {"version", DNSEXP_VERSION}});
    return run(pipeline, interfaces, signal_fd->get(), timer->get());
}

}  // namespace dnsexp
