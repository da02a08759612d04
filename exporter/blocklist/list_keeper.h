// Reads lists and feeds on a thread of its own, and publishes their tables.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/backoff.h"
#include "exporter/base/unique_fd.h"
#include "exporter/blocklist/blocklists.h"
#include "exporter/blocklist/folder_watch.h"
#include "exporter/blocklist/list_feed.h"
#include "exporter/blocklist/list_file.h"
#include "exporter/blocklist/published.h"

namespace dnsexp {

// Index: as SecurityConfig::blocklists. No list is null.
using Tables = std::vector<std::shared_ptr<const NameTable>>;

// What is told of a list; each is written by one thread.
struct ListCounters {
    std::atomic<uint64_t> entries{0}, matches{0}, failures{0}, last_success{0};
};

class ListKeeper {
  public:
    // Reads the files before it returns. `config` has lists.
    static Result<std::unique_ptr<ListKeeper>> make(const SecurityConfig& config,
                                                    const BlocklistTiming& timing);
    ListKeeper(const ListKeeper&) = delete;
    ListKeeper& operator=(const ListKeeper&) = delete;

    [[nodiscard]] const std::vector<BlocklistConfig>& lists() const { return lists_; }
    [[nodiscard]] uint64_t seed() const { return seed_; }
    // Of the thread that matches.
    Published<Tables>::Reading tables() { return tables_.read(); }
    // Thread-safe.
    ListCounters& counters(size_t list) { return counters_[list]; }
    void reload();

  private:
    using Clock = std::chrono::steady_clock;
    // Where a list comes from: one of the two.
    struct Source {
        std::optional<ListFile> file;
        std::optional<ListFeed> feed;
        std::optional<Backoff> backoff;  // of the feed
        Clock::time_point due;           // when the feed is asked next
        std::string failure;             // that was logged last; empty: it works
    };

    ListKeeper(const SecurityConfig& config, const BlocklistTiming& timing, UniqueFd wake,
               std::unique_ptr<Fetcher> fetcher);
    void run(const std::stop_token& stop);
    void look_at_files();
    void reread();
    void ask_feed(size_t list, const std::stop_token& stop);
    void wait();
    [[nodiscard]] Clock::duration time_to_wait() const;
    bool take(size_t list, Result<LoadedList> loaded);
    void put_in_force(size_t list, LoadedList loaded);
    void succeeded(size_t list);
    void failed(size_t list, const Error& error);
    void wake() const;

    const std::vector<BlocklistConfig> lists_;
    const BlocklistTiming timing_;
    const std::chrono::milliseconds feed_interval_;
    const uint64_t seed_;
    std::vector<ListCounters> counters_;
    Published<Tables> tables_;
    std::atomic<bool> reload_{false};
    const UniqueFd wake_;  // eventfd(2)

    // Of the own thread, once it runs.
    std::vector<Source> sources_;
    FolderWatch watch_;
    std::unique_ptr<Fetcher> fetcher_;  // none: there is no feed

    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace dnsexp
