// Where single transactions leave the exporter: the query log and the listeners of the stream.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "exporter/app/security_desk.h"
#include "exporter/event_stream/event_stream.h"
#include "exporter/metrics/self_metrics.h"
#include "exporter/query_log/query_log.h"

namespace dnsexp {

class EventTap {
  public:
    // `log` may be null: there is none.
    EventTap(std::unique_ptr<QueryLog> log, size_t most_listeners)
        : log_(std::move(log)), stream_(most_listeners) {}

    // Whether add() would do anything. Costs a load and a branch. Any thread.
    [[nodiscard]] bool is_open() const { return log_ != nullptr || stream_.has_listeners(); }

    // Takes events of any lane; one of the wire is one transaction. Never waits for a file or a listener. One
    // thread at a time.
    void add(const dns_event& event, const std::function<AskerNames(const dns_asker&)>& name_asker);

    // Null: there is no query log. Its functions for any thread may be called.
    [[nodiscard]] QueryLog* log() const { return log_.get(); }

    // Another log, or none, gets what comes from now on. Returns the one before, null where there was none:
    // call its finish() on any thread, and then forget_leaving(). With add() on one thread at a time, as are
    // these.
    QueryLog* exchange_log(std::unique_ptr<QueryLog> log);
    void forget_leaving();

    // Of all logs since the start; nothing while there is none.
    [[nodiscard]] std::optional<QueryLogCounts> log_counts() const;

    [[nodiscard]] EventStream& stream() { return stream_; }

  private:
    std::unique_ptr<QueryLog> log_, leaving_;
    QueryLogCounts before_;  // of logs that have gone
    EventStream stream_;
};

}  // namespace dnsexp
