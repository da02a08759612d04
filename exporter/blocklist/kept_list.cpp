#include "exporter/blocklist/kept_list.h"

#include <algorithm>
#include <random>
#include <utility>

#include "exporter/base/clock.h"
#include "exporter/base/log.h"
#include "exporter/blocklist/format.h"
#include "exporter/fetch/url.h"

namespace dnsexp {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kNanoseconds = 1'000'000'000;  // in a second
// Feeds of many exporters that started together drift apart.
constexpr int kJitterShare = 10;  // of the interval: up to a tenth more

void log_bad_lines(const std::string& name, const LoadedList& loaded) {
    for (const BadLine& bad : loaded.first_bad) {
        const std::string line = std::to_string(bad.number);
        log_warn("a bad line of a blocklist is left out",
                 {{"list", name}, {"line", line}, {"reason", std::string(bad.why)}});
        // Names are for debug alone.
        log_debug("text of the bad line", {{"list", name}, {"line", line}, {"text", bad.text}});
    }
}

}  // namespace

KeptList::KeptList(const BlocklistConfig& config, std::shared_ptr<ListCounters> all_counters, uint64_t seed,
                   const FeedTimes& times)
    : name(config.name),
      path(config.path),
      url(config.url),
      counters(std::move(all_counters)),
      due(Clock::now()),
      format_(config.format) {
    if (url.empty()) {
        file.emplace(path, format_, seed);
        return;
    }
    feed.emplace(url, format_, seed);
    set_times(times);
}

bool KeptList::is(const BlocklistConfig& config) const {
    return BlocklistConfig{name, path, url, format_, config.severity} == config;
}

std::string KeptList::origin() const {
    return url.empty() ? path : shown_url(url);
}

std::shared_ptr<const NameTable> KeptList::accept(Result<LoadedList> loaded) {
    if (!loaded) {
        log_failure(loaded.error());
        return nullptr;
    }
    if (loaded->table->sizes().listed == 0 && (feed || entries_ > 0)) {
        log_failure(Error{"read blocklist", origin(), 0, "it lists no name",
                          "look whether it is of format " + std::string(format_name(loaded->format))});
        return nullptr;
    }
    log_loaded(*loaded);
    entries_ = loaded->table->sizes().listed;
    failure_.clear();
    return std::move(loaded->table);
}

void KeptList::log_loaded(const LoadedList& loaded) const {
    log_bad_lines(name, loaded);
    const NameTable::Sizes sizes = loaded.table->sizes();
    log_info("blocklist loaded", {{"list", name},
                                  {"from", origin()},
                                  {"format", std::string(format_name(loaded.format))},
                                  {"names", std::to_string(sizes.listed)},
                                  {"exempt", std::to_string(sizes.exempt)},
                                  {"skipped_lines", std::to_string(loaded.skipped)},
                                  {"bad_lines", std::to_string(loaded.bad)}});
}

void KeptList::log_failure(const Error& error) {
    std::string message = error.message();
    if (message == failure_) return;
    log_warn("can't update a blocklist; the last good one stays", {{"list", name}, {"err", message}});
    failure_ = std::move(message);
}

void KeptList::count(bool success) {
    if (success)
        counters->last_success = unix_ns() / kNanoseconds;
    else
        ++counters->failures;
}

void KeptList::set_times(const FeedTimes& times) {
    if (!feed) return;
    backoff_.emplace(std::min(times.retry, times.interval), times.interval, std::random_device{}());
    due = std::min(due, Clock::now() + times.interval);
}

void KeptList::answered(const FeedTimes& times) {
    failure_.clear();
    backoff_->reset();
    std::uniform_int_distribution<milliseconds::rep> jitter(0, times.interval.count() / kJitterShare);
    std::random_device random;
    due = Clock::now() + times.interval + milliseconds(jitter(random));
}

void KeptList::failed(std::optional<std::chrono::seconds> retry_after) {
    due = Clock::now() + backoff_->next(retry_after);
}

}  // namespace dnsexp
