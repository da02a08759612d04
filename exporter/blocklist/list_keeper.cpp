#include "exporter/blocklist/list_keeper.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <random>

#include "exporter/base/clock.h"
#include "exporter/base/log.h"
#include "exporter/fetch/url.h"
#include "exporter/fold/hash.h"

namespace dnsexp {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kNanoseconds = 1'000'000'000;  // in a second
// Feeds of many exporters that started together drift apart.
constexpr int kJitterShare = 10;  // of the interval: up to a tenth more

std::string origin_of(const BlocklistConfig& list) {
    return list.url.empty() ? list.path : shown_url(list.url);
}

std::vector<std::string> paths_of(const std::vector<BlocklistConfig>& lists) {
    std::vector<std::string> paths;
    for (const BlocklistConfig& list : lists)
        if (list.url.empty()) paths.push_back(list.path);
    return paths;
}

std::unique_ptr<const Tables> empty_tables(size_t count, uint64_t seed) {
    // An empty table takes no memory that could be missing.
    return std::make_unique<const Tables>(count, NameTableBuilder(seed).make(false).value());
}

void log_bad_lines(const std::string& name, const LoadedList& loaded) {
    for (const BadLine& bad : loaded.first_bad)
        log_warn("a bad line of a blocklist is left out", {{"list", name},
                                                           {"line", std::to_string(bad.number)},
                                                           {"reason", std::string(bad.why)},
                                                           {"text", bad.text}});
}

}  // namespace

Result<std::unique_ptr<ListKeeper>> ListKeeper::make(const SecurityConfig& config,
                                                     const BlocklistTiming& timing) {
    UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return Error{"start blocklists", "eventfd", errno, "", ""};
    std::unique_ptr<Fetcher> fetcher;
    if (paths_of(config.blocklists).size() != config.blocklists.size()) {
        auto made = Fetcher::make();
        if (!made) return std::move(made).error();
        fetcher = std::move(made).value();
    }
    try {
        std::unique_ptr<ListKeeper> keeper(
            new ListKeeper(config, timing, std::move(wake), std::move(fetcher)));
        keeper->reread();
        keeper->thread_ = std::jthread([&self = *keeper](const std::stop_token& stop) { self.run(stop); });
        return keeper;
    } catch (const std::exception& error) {
        return Error{"start blocklists", "", 0, error.what(), ""};
    }
}

ListKeeper::ListKeeper(const SecurityConfig& config, const BlocklistTiming& timing, UniqueFd wake,
                       std::unique_ptr<Fetcher> fetcher)
    : lists_(config.blocklists),
      timing_(timing),
      feed_interval_(timing.feed_interval.value_or(std::chrono::hours(config.threat_feed_interval_hours))),
      seed_(random_seed()),
      counters_(lists_.size()),
      tables_(empty_tables(lists_.size(), seed_)),
      wake_(std::move(wake)),
      watch_(paths_of(lists_)),
      fetcher_(std::move(fetcher)) {
    for (const BlocklistConfig& list : lists_) {
        Source& source = sources_.emplace_back();
        if (list.url.empty()) {
            source.file.emplace(list.path, list.format, seed_);
            continue;
        }
        source.feed.emplace(list.url, list.format, seed_);
        source.backoff.emplace(std::min(timing.retry, feed_interval_), feed_interval_,
                               std::random_device{}());
        source.due = Clock::now();
    }
}

// ---- the thread ----

void ListKeeper::run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { wake(); });
    while (!stop.stop_requested()) {
        if (reload_.exchange(false)) reread();
        look_at_files();
        for (size_t list = 0; list < sources_.size(); ++list)
            if (sources_[list].feed && sources_[list].due <= Clock::now() && !stop.stop_requested())
                ask_feed(list, stop);
        if (!stop.stop_requested()) wait();
    }
}

void ListKeeper::wake() const {
    const uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof one);  // fails only where it is awake anyway
}

void ListKeeper::reload() {
    reload_ = true;
    wake();
}

void ListKeeper::reread() {
    for (size_t list = 0; list < sources_.size(); ++list) {
        if (sources_[list].file) take(list, sources_[list].file->read());
        sources_[list].due = Clock::now();
    }
}

void ListKeeper::look_at_files() {
    watch_.renew();
    for (size_t list = 0; list < sources_.size(); ++list) {
        if (!sources_[list].file) continue;
        auto loaded = sources_[list].file->look(Clock::now(), timing_.settle, timing_.retry);
        if (loaded) take(list, std::move(*loaded));
    }
}

void ListKeeper::ask_feed(size_t list, const std::stop_token& stop) {
    Source& source = sources_[list];
    ListFeed::Answer answer = source.feed->ask(*fetcher_, stop);
    if (stop.stop_requested()) return;
    if (!answer.list) {
        succeeded(list);
    } else if (!take(list, std::move(*answer.list))) {
        source.due = Clock::now() + source.backoff->next(answer.retry_after);
        return;
    } else {
        source.feed->accepted();
    }
    source.backoff->reset();
    std::uniform_int_distribution<milliseconds::rep> jitter(0, feed_interval_.count() / kJitterShare);
    std::random_device random;
    source.due = Clock::now() + feed_interval_ + milliseconds(jitter(random));
}

ListKeeper::Clock::duration ListKeeper::time_to_wait() const {
    Clock::duration wait = timing_.look;
    for (const Source& source : sources_) {
        if (source.file && source.file->unsettled()) wait = std::min<Clock::duration>(wait, timing_.settle);
        if (source.feed) wait = std::min(wait, source.due - Clock::now());
    }
    return std::max(wait, Clock::duration::zero());
}

// Until the next thing is due, something happens to a file, or it is woken. A folder where much happens costs
// two looks a second.
void ListKeeper::wait() {
    const auto wait = std::chrono::ceil<milliseconds>(time_to_wait());
    std::array<pollfd, 2> awaited = {{{wake_.get(), POLLIN, 0}, {watch_.fd(), POLLIN, 0}}};
    (void)poll(awaited.data(), awaited.size(), static_cast<int>(wait.count()));
    if (awaited[1].revents != 0) {
        (void)poll(awaited.data(), 1, static_cast<int>(timing_.settle.count()));
        watch_.drain();
    }
    uint64_t count = 0;
    (void)!read(wake_.get(), &count, sizeof count);
}

// ---- what came ----

bool ListKeeper::take(size_t list, Result<LoadedList> loaded) {
    if (!loaded) {
        failed(list, loaded.error());
        return false;
    }
    const bool feed = sources_[list].feed.has_value();
    if (loaded->table->sizes().listed == 0 && (feed || counters_[list].entries > 0)) {
        failed(list, Error{"read blocklist", origin_of(lists_[list]), 0, "it lists no name",
                           "look whether it is of format " + std::string(format_name(loaded->format))});
        return false;
    }
    put_in_force(list, std::move(loaded).value());
    return true;
}

void ListKeeper::put_in_force(size_t list, LoadedList loaded) {
    log_bad_lines(lists_[list].name, loaded);
    const NameTable::Sizes sizes = loaded.table->sizes();
    log_info("blocklist loaded", {{"list", lists_[list].name},
                                  {"from", origin_of(lists_[list])},
                                  {"format", std::string(format_name(loaded.format))},
                                  {"names", std::to_string(sizes.listed)},
                                  {"exempt", std::to_string(sizes.exempt)},
                                  {"skipped_lines", std::to_string(loaded.skipped)},
                                  {"bad_lines", std::to_string(loaded.bad)}});
    auto next = std::make_unique<Tables>(tables_.latest());
    (*next)[list] = std::move(loaded.table);
    tables_.publish(std::move(next));
    counters_[list].entries = sizes.listed;
    succeeded(list);
}

void ListKeeper::succeeded(size_t list) {
    counters_[list].last_success = unix_ns() / kNanoseconds;
    sources_[list].failure.clear();
}

void ListKeeper::failed(size_t list, const Error& error) {
    ++counters_[list].failures;
    std::string message = error.message();
    if (message == sources_[list].failure) return;
    log_warn("can't update a blocklist; the last good one stays",
             {{"list", lists_[list].name}, {"err", message}});
    sources_[list].failure = std::move(message);
}

}  // namespace dnsexp
