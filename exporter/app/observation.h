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

    // Drains events until `is_over` says so, which is asked whenever `wake_fd` is readable.
    Status run(int wake_fd, const std::function<bool()>& is_over);

  private:
    Observation(const Config& config, UniqueFd timer, std::unique_ptr<NetworkWatcher> watcher,
                std::unique_ptr<KernelSource> source, std::unique_ptr<WorkloadDirectory> directory,
                std::unique_ptr<SecurityDesk> security);

    CaptureConfig capture_;
    bool owners_may_fail_;
    bool sees_calls_;
    UniqueFd timer_;
    Pipeline pipeline_;
    InterfaceKeeper interfaces_;
};

}  // namespace dnsexp
