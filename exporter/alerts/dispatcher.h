// Delivers alerts to all destinations, each with a queue and a thread of its own.
#pragma once

#include <memory>
#include <vector>

#include "exporter/alerts/alert.h"
#include "exporter/alerts/sink_worker.h"
#include "exporter/base/result.h"
#include "exporter/config/config.h"

namespace dnsexp {

// Thread-safe. Nothing here waits for a destination but the destructor.
class AlertDispatcher {
  public:
    // The pending alerts' time to leave at the end.
    static constexpr std::chrono::milliseconds time_to_leave{2'000};

    // Fails where the configuration names no possible destination, or libcurl or a thread can't start.
    // Destinations need not be there yet. Names in status(): what and where, without anything of a URL that
    // could be secret, such as "webhook:example.org:443".
    static Result<std::unique_ptr<AlertDispatcher>> make(const AlertingConfig& config,
                                                         SinkWorker::Delays delays = {});
    // Takes `time_to_leave` at most, and a little for what is under way then.
    ~AlertDispatcher();
    AlertDispatcher(const AlertDispatcher&) = delete;
    AlertDispatcher& operator=(const AlertDispatcher&) = delete;

    // Alerts below the configuration's min_severity are not delivered.
    void send(const Alert& alert);

    // After a SIGHUP: files are opened anew, and destinations that are down are tried at once.
    void reopen();

    // In the order of the configuration.
    [[nodiscard]] std::vector<SinkStatus> status() const;

  private:
    explicit AlertDispatcher(uint32_t min_severity) : min_severity_(min_severity) {}

    const uint32_t min_severity_;
    std::vector<std::unique_ptr<SinkWorker>> workers_;
};

}  // namespace dnsexp
