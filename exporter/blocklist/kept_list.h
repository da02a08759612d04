// A list of the configuration: where it comes from, and how it went.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "exporter/base/backoff.h"
#include "exporter/base/result.h"
#include "exporter/blocklist/list_feed.h"
#include "exporter/blocklist/list_file.h"
#include "exporter/blocklist/name_table.h"
#include "exporter/config/config.h"

namespace dnsexp {

// What is told of a list; lists of one name share it, one after the other. Thread-safe.
struct ListCounters {
    std::atomic<uint64_t> matches{0}, failures{0};
    std::atomic<uint64_t> last_success{0};  // as in BlocklistStatus
};

// Of who makes it until it is in force, then of the keeper's thread; what is const, and `removed`, is
// thread-safe.
class KeptList {
  public:
    using Clock = std::chrono::steady_clock;
    // How long a feed is left alone: after a failure from `retry` to `interval`, after a success `interval`.
    struct FeedTimes {
        std::chrono::milliseconds retry, interval;
        bool operator==(const FeedTimes&) const = default;
    };

    KeptList(const BlocklistConfig& config, std::shared_ptr<ListCounters> counters, uint64_t seed,
             const FeedTimes& times);

    // Whether the list that `config` means is this one, however severe.
    [[nodiscard]] bool is(const BlocklistConfig& config) const;

    // Logs what came. Null: it can't be taken, and the last good one stays.
    std::shared_ptr<const NameTable> accept(Result<LoadedList> loaded);
    // Counts that it could be read, or not. Thread-safe.
    void count(bool success);

    void set_times(const FeedTimes& times);
    // A feed that answered, or that failed, is asked again later.
    void answered(const FeedTimes& times);
    void failed(std::optional<std::chrono::seconds> retry_after);

    const std::string name;
    const std::string path, url;  // one of the two
    const std::shared_ptr<ListCounters> counters;
    std::stop_source removed;  // it is not in force any more

    // One of the two.
    std::optional<ListFile> file;
    std::optional<ListFeed> feed;
    Clock::time_point due;  // when the feed is asked next

  private:
    [[nodiscard]] std::string origin() const;
    void log_failure(const Error& error);
    void log_loaded(const LoadedList& loaded) const;

    const BlocklistFormat format_;
    std::optional<Backoff> backoff_;  // of the feed
    uint64_t entries_ = 0;            // of the table that was accepted last
    std::string failure_;             // that was logged last; empty: it works
};

}  // namespace dnsexp
