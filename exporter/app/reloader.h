// Takes a changed configuration into use while everything runs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "exporter/app/observation.h"
#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

// Reads the file and puts it into force on a thread of its own, so that neither events nor HTTP wait for big
// blocklists. A file with an error changes nothing. Thread-safe.
class Reloader {
  public:
    // `running` is what the observation was made with, `flags` what it came from. The observation must
    // outlive this. Throws std::system_error where the thread can't start.
    Reloader(Config running, Flags flags, Observation& observation);
    // Waits for the reload that is under way.
    ~Reloader();
    Reloader(const Reloader&) = delete;
    Reloader& operator=(const Reloader&) = delete;

    // A reload that begins after this call; several requests that wait are one. Files are opened anew too.
    void request();
    // The same, and waits for its result. An Error names the first thing that is wrong, the log all.
    Status reload();

    // No request waits, and no reload is under way.
    [[nodiscard]] bool is_idle() const;

  private:
    void run(const std::stop_token& stop);
    Status reload_now();
    Status take_file();

    Config running_;
    const Flags flags_;
    Observation& observation_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    uint64_t requested_ = 0, begun_ = 0, ended_ = 0;  // the numbers of requests
    std::optional<Error> error_;                      // of the last reload
    bool is_over_ = false;

    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace dnsexp
