// A list of a web server: one conditional request after the other.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "exporter/base/result.h"
#include "exporter/blocklist/list_loader.h"
#include "exporter/fetch/fetch.h"

namespace dnsexp {

// Not thread-safe.
class ListFeed {
  public:
    static constexpr size_t most_octets = size_t{64} << 20;

    ListFeed(std::string url, BlocklistFormat format, uint64_t seed)
        : url_(std::move(url)), format_(format), seed_(seed) {}

    struct Answer {
        std::optional<Result<LoadedList>> list;  // none: the server has nothing newer (304)
        std::optional<std::chrono::seconds> retry_after;
    };

    // Asks for what is newer than the last list that was accepted(). A list may take five minutes to come.
    Answer ask(Fetcher& fetcher, const std::stop_token& stop);

    // The list of the last answer is in force: from now on it is asked for what is newer.
    void accepted();

  private:
    std::string url_;
    BlocklistFormat format_;
    uint64_t seed_;
    std::string etag_, last_modified_;          // of the list in force; empty: none (RFC 9110, 8.8)
    std::string new_etag_, new_last_modified_;  // of the last answer
};

}  // namespace dnsexp
