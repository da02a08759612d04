// What a service manager is told: the protocol of sd_notify(3), which is a datagram to the socket that
// $NOTIFY_SOCKET names.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Does nothing where there is no manager to tell. Used by one thread at a time.
class ServiceManager {
  public:
    using Clock = std::chrono::steady_clock;

    // Who is told, and how often it wants a sign of life, by the environment's NOTIFY_SOCKET, WATCHDOG_USEC
    // and WATCHDOG_PID, which are removed from it. Call it before threads start. What can't be used is
    // logged.
    static ServiceManager from_environment();

    ServiceManager() = default;
    // `socket`: a path, or @NAME for an abstract one. `watchdog`: within which a sign of life must come.
    static Result<ServiceManager> make(const std::string& socket,
                                       std::optional<std::chrono::microseconds> watchdog);

    // One line for people comes with it.
    void ready(std::string_view status);
    // Before what a reload does; ready() ends it.
    void reloading();
    void stopping();
    // Call it often: it tells at half of the watchdog's time that all is well, and nothing while it isn't.
    void beat(bool healthy, Clock::time_point now = Clock::now());

  private:
    void tell(const std::string& text);
    bool send(const std::string& text, int flags);

    UniqueFd socket_;
    std::optional<std::chrono::microseconds> watchdog_;
    Clock::time_point next_beat_;
};

// ---- the pure part ----

// WATCHDOG_USEC and WATCHDOG_PID, null where they are not set. Nothing: no watchdog, or another process's. An
// Error: no microseconds, or no process id.
Result<std::optional<std::chrono::microseconds>> parse_watchdog(const char* microseconds, const char* pid,
                                                                int own_pid);

}  // namespace dnsexp
