// Judges, their lists, and where alerts go: what is there with security.enabled.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "exporter/alerts/board.h"
#include "exporter/alerts/dispatcher.h"
#include "exporter/base/result.h"
#include "exporter/blocklist/blocklists.h"
#include "exporter/config/config.h"
#include "exporter/fold/folded.h"
#include "exporter/security/security_watch.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// What is known of who asked; it may hold any byte.
struct AskerNames {
    dns_workload_key workload{};
    WorkloadNames names;
};

// What SecurityDesk::prepare() makes for apply(). Thrown away, it leaves nothing but lines in the log.
struct SecurityChange {
    SecurityRules rules;
    AlertDispatcher::Change alerts;
    ListChange lists;
};

// What SecurityDesk::apply() took out of force. The end of its life may take seconds (LeavingSinks): let it
// go where nobody waits.
struct LeavingSecurity {
    SecurityRules rules;
    LeavingSinks alerts;
    LeavingLists lists;
};

// Not thread-safe, but where it is said.
class SecurityDesk {
  public:
    // Starts the threads of lists and destinations, which inherit the caller's signal mask.
    static Result<std::unique_ptr<SecurityDesk>> make(const Config& config);

    // The way to another configuration, in two steps; security.enabled is not looked at. prepare() reads new
    // lists and makes new destinations; where it fails, nothing has changed. Threads that it starts inherit
    // the caller's signal mask. Thread-safe, but one change at a time: apply() it, or throw it away, before
    // the next.
    Result<SecurityChange> prepare(const Config& config);
    // Puts it into force, in microseconds. Not while other functions run that are not thread-safe. Counts
    // and alerts go on.
    [[nodiscard]] LeavingSecurity apply(SecurityChange change);

    // Takes every event, of any lane.
    void add(const dns_event& event) { watch_.add(event); }

    // True once a second: tick() is due.
    [[nodiscard]] bool is_due(uint64_t now_ns) const { return now_ns >= next_tick_ns_; }
    void tick(const std::vector<BusyClient>& busy, uint64_t now_ns);

    // Makes alerts of what was found since the last call, and hands them on. Never waits for a destination.
    void tell(const std::function<AskerNames(const dns_asker&)>& name_asker);

    // Fills the metrics of security.
    void fill(Folded& folded) const;

    // Thread-safe.
    [[nodiscard]] std::vector<Alert> alerts(const AlertFilter& filter) const { return board_.rows(filter); }

    // After a reload: opens files anew, and reads lists and asks for feeds, these once in ten seconds at
    // most. One thread at a time, whatever the others do.
    void reopen();

  private:
    SecurityDesk(const Config& config, std::unique_ptr<Blocklists> lists,
                 std::unique_ptr<AlertDispatcher> dispatcher);

    std::unique_ptr<Blocklists> lists_;
    std::unique_ptr<AlertDispatcher> dispatcher_;
    AlertBoard board_;
    std::vector<Finding> found_;  // since the last tell()
    SecurityWatch watch_;
    uint64_t next_tick_ns_ = 0;
    std::chrono::steady_clock::time_point next_list_reload_;  // of reopen()
};

}  // namespace dnsexp
