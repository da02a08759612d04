// A list in a file: when it is to be read, and reading it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "exporter/base/result.h"
#include "exporter/blocklist/list_loader.h"

namespace dnsexp {

// What changes where a file is written, replaced or gone.
struct FileMark {
    bool there = false;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;  // mtime and ctime since 1970
    bool operator==(const FileMark&) const = default;
};

// Not thread-safe.
class ListFile {
  public:
    using Clock = std::chrono::steady_clock;
    // Ten times the lists that are common; names of them are bounded by ListLoader.
    static constexpr size_t most_octets = size_t{256} << 20;

    ListFile(std::string path, BlocklistFormat format, uint64_t seed)
        : path_(std::move(path)), format_(format), seed_(seed) {}

    // Reads the file now, whatever is known of it.
    Result<LoadedList> read();

    // Reads the file where it has changed and then been left alone for `settle`; nothing where there is no
    // need to. A file that could not be read for reasons of the system is read again after `retry`.
    std::optional<Result<LoadedList>> look(Clock::time_point now, Clock::duration settle,
                                           Clock::duration retry);

    // It has changed, but not been left alone for long enough.
    [[nodiscard]] bool unsettled() const { return seen_ != tried_; }

  private:
    std::string path_;
    BlocklistFormat format_;
    uint64_t seed_;
    FileMark tried_, seen_;        // when it was last read, and last looked at
    Clock::time_point seen_at_;    // when `seen_` was new
    Clock::time_point failed_at_;  // of the last failure by the system
    bool failed_ = false;
};

}  // namespace dnsexp
