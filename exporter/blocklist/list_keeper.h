// Reads lists and feeds on a thread of its own, and publishes their tables.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/unique_fd.h"
#include "exporter/blocklist/blocklists.h"
#include "exporter/blocklist/folder_watch.h"
#include "exporter/blocklist/kept_list.h"
#include "exporter/blocklist/list_change.h"
#include "exporter/blocklist/published.h"
#include "exporter/fetch/fetch.h"

namespace dnsexp {

class ListKeeper {
  public:
    // Without lists, and without a thread until lists are prepared.
    static Result<std::unique_ptr<ListKeeper>> make(const BlocklistTiming& timing);
    ListKeeper(const ListKeeper&) = delete;
    ListKeeper& operator=(const ListKeeper&) = delete;

    // As Blocklists has them.
    Result<ListChange> prepare(const SecurityConfig& config);
    LeavingLists apply(ListChange change);

    [[nodiscard]] uint64_t seed() const { return seed_; }
    // Of the thread that matches. No table is null.
    Published<ListsInForce>::Reading lists() { return lists_.read(); }
    // Thread-safe.
    [[nodiscard]] std::vector<BlocklistStatus> status() const;
    void reload();

  private:
    using Clock = KeptList::Clock;

    ListKeeper(const BlocklistTiming& timing, UniqueFd wake, std::unique_ptr<Fetcher> fetcher);
    [[nodiscard]] ListsInForce in_force() const;
    void add(const BlocklistConfig& config, const ListsInForce& now, ListChange& change) const;
    void run(const std::stop_token& stop);
    void take_over();
    void look_at_files();
    void reread();
    void ask_feed(KeptList& list, const std::stop_token& stop);
    void wait();
    [[nodiscard]] Clock::duration time_to_wait() const;
    bool take(KeptList& list, Result<LoadedList> loaded);
    void put_in_force(const KeptList& list, std::shared_ptr<const NameTable> table);
    void wake() const;

    const BlocklistTiming timing_;
    const uint64_t seed_;
    const std::shared_ptr<const NameTable> empty_;
    const UniqueFd wake_;  // eventfd(2)
    std::atomic<bool> reload_{false};

    mutable std::mutex mutex_;  // of who publishes; held for moments only
    Published<ListsInForce> lists_;
    std::chrono::milliseconds feed_interval_{};

    // Of who changes the configuration; of each list that it names, matched or not.
    std::map<std::string, std::shared_ptr<ListCounters>> counters_;

    // Of the own thread.
    std::vector<std::shared_ptr<KeptList>> kept_;  // as it last found them in force
    KeptList::FeedTimes times_{};
    FolderWatch watch_{{}};
    const std::unique_ptr<Fetcher> fetcher_;

    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace dnsexp
