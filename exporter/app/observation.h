// Watching this host: programs loaded and attached, interfaces followed, events drained. What the exporter
// does, and what a command does that finds no exporter.
#pragma once

#include <functional>
#include <memory>

#include "exporter/app/interface_keeper.h"
#include "exporter/app/pipeline.h"
#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

class Observation {
  public:
    // Checks kernel and privileges and loads the programs; nothing is attached yet. May start threads, which
    // inherit the caller's signal mask: call make_signal_fd() first.
    static Result<std::unique_ptr<Observation>> make(const Config& config);

    // Thread-safe, also while run() runs.
    [[nodiscard]] Pipeline& pipeline() { return pipeline_; }

    // Attaches to sockets and interfaces.
    Status attach();

    // Gives up what is needed no more, now that everything is attached and listening; see confine().
    Status confine(const Flags& flags);

    // Puts another configuration into force while run() runs, but for what takes a restart
    // (config_changes.h). An Error: everything is as it was. Thread-safe; one call at a time.
    Status reconfigure(const Config& next);

    // Drains events until `is_over` says so, which is asked whenever `wake_fd` is readable. Calls
    // `after_drain`, if any, each time.
    Status run(int wake_fd, const std::function<bool()>& is_over,
               const std::function<void()>& after_drain = {});

  private:
    Observation(const Config& config, UniqueFd timer, std::unique_ptr<NetworkWatcher> watcher,
                std::unique_ptr<KernelSource> source, std::unique_ptr<WorkloadDirectory> directory,
                std::unique_ptr<SecurityDesk> security, std::unique_ptr<QueryLog> query_log);

    CaptureConfig capture_;
    std::vector<uint32_t> cpus_;  // of the thread that runs run()
    bool owners_may_fail_;
    bool sees_calls_;
    UniqueFd timer_;
    Pipeline pipeline_;
    InterfaceKeeper interfaces_;
};

}  // namespace dnsexp
