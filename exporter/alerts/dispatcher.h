// Delivers alerts to all destinations, each with a queue and a thread of its own.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "exporter/alerts/alert.h"
#include "exporter/alerts/sink_worker.h"
#include "exporter/base/result.h"
#include "exporter/config/config.h"

namespace dnsexp {

// Destinations that get no more alerts. The destructor gives those that wait `time_to_leave`, and takes a
// little more for what is under way then; without any that wait it takes moments.
class LeavingSinks {
  public:
    static constexpr std::chrono::milliseconds time_to_leave{2'000};

    explicit LeavingSinks(std::vector<std::shared_ptr<SinkWorker>> workers) : workers_(std::move(workers)) {}
    LeavingSinks(LeavingSinks&&) = default;
    LeavingSinks& operator=(LeavingSinks&&) = delete;
    ~LeavingSinks();

  private:
    std::vector<std::shared_ptr<SinkWorker>> workers_;
};

// Thread-safe, but where it is said. Nothing here waits for a destination but the destructor.
class AlertDispatcher {
    struct Route {
        AlertDestination destination;
        std::shared_ptr<SinkWorker> worker;
    };

  public:
    // A configuration that can come into force. Thrown away, it leaves no trace.
    class Change {
        friend class AlertDispatcher;
        uint32_t min_severity_ = 0, window_seconds_ = 0;
        std::vector<Route> routes_;
        std::vector<std::shared_ptr<SinkWorker>> made_, leaving_;
    };

    // Fails where the configuration names no possible destination, or libcurl or a thread can't start.
    // Destinations need not be there yet. Names in status(): what and where, without anything of a URL that
    // could be secret, such as "webhook:example.org:443".
    static Result<std::unique_ptr<AlertDispatcher>> make(const AlertingConfig& config,
                                                         SinkWorker::Delays delays = {});
    // As that of LeavingSinks.
    ~AlertDispatcher();
    AlertDispatcher(const AlertDispatcher&) = delete;
    AlertDispatcher& operator=(const AlertDispatcher&) = delete;

    // Makes what `config` has and was not there; fails as make() does, with nothing changed. Destinations
    // that stay as they are keep their name, queue and thread. One change at a time: apply() it, or throw it
    // away, before the next.
    Result<Change> prepare(const AlertingConfig& config) const;

    // Puts it into force, in microseconds. A new destination that has the name of one that goes counts on
    // from there.
    [[nodiscard]] LeavingSinks apply(Change change);

    // Alerts below the configuration's min_severity are not delivered.
    void send(const Alert& alert);

    // After a SIGHUP: files are opened anew, and destinations that are down are tried at once.
    void reopen();

    // In the order of the configuration.
    [[nodiscard]] std::vector<SinkStatus> status() const;

  private:
    explicit AlertDispatcher(SinkWorker::Delays delays) : delays_(delays) {}
    [[nodiscard]] std::vector<Route> routes() const;
    Status make_workers(const std::vector<Route>& now, Change& change) const;

    const SinkWorker::Delays delays_;
    // Shared with destinations whose messages tell of it.
    const std::shared_ptr<std::atomic<uint32_t>> window_seconds_ = std::make_shared<std::atomic<uint32_t>>(0);

    mutable std::mutex mutex_;  // held for moments only
    uint32_t min_severity_ = 0;
    std::vector<Route> routes_;
};

}  // namespace dnsexp
