// The blocklists of the configuration, kept up to date, and what they hold of a name.
//
// Files are read again when they change, feeds every threat_feed_interval_hours. A list that can't be read,
// or that is no list any more, changes nothing: the last good one stays.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/blocklist/list_change.h"
#include "exporter/config/config.h"
#include "exporter/fold/wire_name.h"

namespace dnsexp {

struct BlocklistMatch {
    uint32_t list = 0;           // index in SecurityConfig::blocklists
    std::string_view list_name;  // valid until the next apply()
    uint32_t severity = 0;       // of the list: 1 low, 2 medium, 3 high
    size_t labels = 0;           // of the name's end that is listed; all of them: the name itself
};

struct BlocklistStatus {
    std::string name;
    uint64_t entries = 0;  // names that are listed
    uint64_t matches = 0;  // names that match() found in it
    uint64_t update_failures = 0;
    // Seconds since 1970 when the list was last read, or its server last said that there is nothing newer; 0:
    // never.
    uint64_t last_success = 0;
};

struct BlocklistTiming {
    std::chrono::milliseconds settle{500};   // that a file is left alone before it is read
    std::chrono::milliseconds look{10'000};  // between two looks at files, where nothing tells of changes
    // After a failure a feed is asked again with growing delays, from `retry` to its interval; a file that
    // the system did not let read is tried again after `retry`.
    std::chrono::milliseconds retry{60'000};
    std::optional<std::chrono::milliseconds> feed_interval;  // instead of threat_feed_interval_hours
};

class ListKeeper;

class Blocklists {
  public:
    // Reads the files, then starts a thread that follows them and asks for the feeds. A list that can't be
    // read is logged, counted and tried again; an Error only where libcurl or the thread can't start. Without
    // threat_intel_enabled, or without lists, nothing matches and there is no thread. SecurityConfig::enabled
    // is not looked at.
    static Result<std::unique_ptr<Blocklists>> make(const SecurityConfig& config,
                                                    const BlocklistTiming& timing = {});
    // Ends a request that is under way; takes some milliseconds.
    ~Blocklists();
    Blocklists(const Blocklists&) = delete;
    Blocklists& operator=(const Blocklists&) = delete;

    // Reads the files of `config` that are not in force yet, and fails as make() does, with nothing changed.
    // A list with the name, source and format of one in force is that one: table, feed's schedule and all. Of
    // any thread; one change at a time: apply() it, or throw it away, before the next.
    Result<ListChange> prepare(const SecurityConfig& config);

    // Puts it into force, in microseconds. While it runs, no match() may. A list that has the name of one in
    // force counts on from there, and matches what that one held until its own source could be read.
    [[nodiscard]] LeavingLists apply(ListChange change);

    // Of one thread at a time, the reader's; never waits. Each list that holds the name counts a match; of
    // several the most severe is told, then the one with the longest entry, then the first. Nothing for the
    // root.
    std::optional<BlocklistMatch> match(const WireLabels& name);

    // In the order of the configuration; empty where no lists are matched. Thread-safe.
    [[nodiscard]] std::vector<BlocklistStatus> status() const;

    // Reads all files and asks for all feeds again, soon, on the own thread. Thread-safe.
    void reload();

  private:
    explicit Blocklists(std::unique_ptr<ListKeeper> keeper);

    const std::unique_ptr<ListKeeper> keeper_;
};

}  // namespace dnsexp
