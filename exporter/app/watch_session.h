// What `watch` knows: the last minute of summaries, the slow transactions, and whether somebody answers.
#pragma once

#include <string>
#include <vector>

#include "exporter/app/feed.h"
#include "exporter/terminal/history.h"
#include "exporter/terminal/plain.h"
#include "exporter/terminal/view.h"

namespace dnsexp {

// Not thread-safe. The feed must outlive it.
class WatchSession {
  public:
    // `slower_than_seconds`: which transactions are listed. For the rest see History.
    WatchSession(Feed& feed, double slower_than_seconds, History history);

    // Asks the feed. An Error ends the command: the first answer did not come, or none for Patience::limit.
    Status ask();

    // As of the last answer.
    [[nodiscard]] View view() const;

    // Of the last answer, those that were not in the one before, the oldest first; of the first answer none.
    [[nodiscard]] const std::vector<std::string>& news() const { return news_; }

    // Whether the last ask() brought something.
    [[nodiscard]] bool is_fresh() const { return notice_.empty(); }

  private:
    Status ask_all();
    Status ask_alerts();
    void gather_news();

    Feed& feed_;
    double slower_than_seconds_;
    History history_;
    SlowReading slow_;
    std::optional<std::vector<AlertRow>> alerts_;
    bool has_alerts_ = true;  // until the exporter says that it has no such path
    bool has_begun_ = false;
    Newcomers new_slow_, new_alerts_;
    std::vector<std::string> news_;
    Patience patience_;
    std::string notice_;
};

}  // namespace dnsexp
