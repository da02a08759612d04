// Attaches to the interfaces that the patterns choose, as they come and go.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exporter/app/pipeline.h"
#include "exporter/net/network_watcher.h"

namespace dnsexp {

// Used by one thread at a time, but where it is said. The pipeline must outlive it.
class InterfaceKeeper {
    using Clock = std::chrono::steady_clock;

  public:
    InterfaceKeeper(Pipeline& pipeline, std::unique_ptr<NetworkWatcher> watcher,
                    std::vector<std::string> patterns);

    // Readable when network_event() has something to take.
    [[nodiscard]] int fd() const { return watcher_->fd(); }

    // At start: what the user named must be there and work; what a killed exporter left is cleared away.
    Status start();

    // An Error where the host has no interface that a pattern names. Thread-safe.
    static Status check(const std::vector<std::string>& patterns);

    void network_event();

    // The next tick() attaches and detaches by these. Thread-safe.
    void set_patterns(std::vector<std::string> patterns);

    // Call it every few milliseconds: does what is due.
    void tick();

  private:
    Pipeline& pipeline_;
    std::unique_ptr<NetworkWatcher> watcher_;
    std::vector<std::string> patterns_;
    Clock::time_point due_;

    std::mutex mutex_;
    std::optional<std::vector<std::string>> new_patterns_;  // that tick() takes over
};

}  // namespace dnsexp
