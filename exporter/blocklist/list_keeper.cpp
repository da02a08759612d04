#include "exporter/blocklist/list_keeper.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "exporter/fold/hash.h"

namespace dnsexp {
namespace {

using std::chrono::milliseconds;

bool has(const ListsInForce& lists, const KeptList* list) {
    return std::ranges::any_of(lists, [list](const ListInForce& one) { return one.list.get() == list; });
}

const ListInForce* find(const ListsInForce& lists, const std::string& name) {
    const auto found =
        std::ranges::find_if(lists, [&name](const ListInForce& one) { return one.list->name == name; });
    return found == lists.end() ? nullptr : &*found;
}

std::vector<std::string> paths_of(const std::vector<std::shared_ptr<KeptList>>& lists) {
    std::vector<std::string> paths;
    for (const auto& list : lists)
        if (list->file) paths.push_back(list->path);
    return paths;
}

}  // namespace

LeavingLists::~LeavingLists() {
    for (const auto& list : removed_) list->removed.request_stop();
}

Result<std::unique_ptr<ListKeeper>> ListKeeper::make(const BlocklistTiming& timing) {
    UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return Error{"start blocklists", "eventfd", errno, "", ""};
    auto fetcher = Fetcher::make();
    if (!fetcher) return std::move(fetcher).error();
    return std::unique_ptr<ListKeeper>(new ListKeeper(timing, std::move(wake), std::move(fetcher).value()));
}

ListKeeper::ListKeeper(const BlocklistTiming& timing, UniqueFd wake, std::unique_ptr<Fetcher> fetcher)
    : timing_(timing),
      seed_(random_seed()),
      empty_(NameTableBuilder(seed_).make(false).value()),  // takes no memory that could be missing
      wake_(std::move(wake)),
      lists_(std::make_unique<const ListsInForce>()),
      fetcher_(std::move(fetcher)) {}

// ---- a new configuration ----

Result<ListChange> ListKeeper::prepare(const SecurityConfig& config) {
    const ListsInForce now = in_force();
    ListChange change;
    change.lists_ = std::make_unique<ListsInForce>();
    change.feed_interval_ =
        timing_.feed_interval.value_or(std::chrono::hours(config.threat_feed_interval_hours));
    try {
        for (const BlocklistConfig& list : config.blocklists) {
            const auto known = counters_.find(list.name);
            change.counters_[list.name] =
                known == counters_.end() ? std::make_shared<ListCounters>() : known->second;
            if (config.threat_intel_enabled) add(list, now, change);
        }
        for (const ListInForce& one : now)
            if (!has(*change.lists_, one.list.get())) change.removed_.push_back(one.list);
        if (!change.lists_->empty() && !thread_.joinable())
            thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::exception& error) {
        return Error{"start blocklists", "", 0, error.what(), ""};
    }
    return change;
}

// The list that is in force already, or a new one.
void ListKeeper::add(const BlocklistConfig& config, const ListsInForce& now, ListChange& change) const {
    ListInForce& added = change.lists_->emplace_back();
    added.severity = config.severity;
    const ListInForce* const before = find(now, config.name);
    if (before != nullptr && before->list->is(config)) {
        added.list = before->list;
        return;
    }
    added.list = std::make_shared<KeptList>(config, change.counters_.at(config.name), seed_,
                                            KeptList::FeedTimes{timing_.retry, change.feed_interval_});
    if (!added.list->file) return;
    added.table = added.list->accept(added.list->file->read());
    change.read_.emplace_back(added.list, added.table != nullptr);
}

LeavingLists ListKeeper::apply(ListChange change) {
    std::unique_ptr<const ListsInForce> before;
    {
        const std::lock_guard lock(mutex_);
        for (ListInForce& one : *change.lists_) {
            if (one.table) continue;
            const ListInForce* const same_name = find(lists_.latest(), one.list->name);
            one.table = same_name != nullptr ? same_name->table : empty_;
        }
        feed_interval_ = change.feed_interval_;
        before = lists_.publish(std::move(change.lists_));
    }
    counters_.swap(change.counters_);
    for (const auto& [list, success] : change.read_) list->count(success);
    wake();
    return {std::move(before), std::move(change.removed_)};
}

ListsInForce ListKeeper::in_force() const {
    const std::lock_guard lock(mutex_);
    return lists_.latest();
}

std::vector<BlocklistStatus> ListKeeper::status() const {
    std::vector<BlocklistStatus> all;
    for (const ListInForce& one : in_force()) {
        const ListCounters& counters = *one.list->counters;
        all.push_back({one.list->name, one.table->sizes().listed, counters.matches, counters.failures,
                       counters.last_success});
    }
    return all;
}

void ListKeeper::reload() {
    reload_ = true;
    wake();
}

void ListKeeper::wake() const {
    const uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof one);  // fails only where it is awake anyway
}

// ---- the thread ----

void ListKeeper::run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { wake(); });
    while (!stop.stop_requested()) {
        take_over();
        if (reload_.exchange(false)) reread();
        look_at_files();
        for (const auto& list : kept_)
            if (list->feed && list->due <= Clock::now() && !stop.stop_requested()) ask_feed(*list, stop);
        if (!stop.stop_requested()) wait();
    }
}

// What a new configuration has put into force.
void ListKeeper::take_over() {
    std::vector<std::shared_ptr<KeptList>> kept;
    KeptList::FeedTimes times{timing_.retry, {}};
    {
        const std::lock_guard lock(mutex_);
        for (const ListInForce& one : lists_.latest()) kept.push_back(one.list);
        times.interval = feed_interval_;
    }
    if (times != times_)
        for (const auto& list : kept) list->set_times(times);
    times_ = times;
    if (kept == kept_) return;
    kept_ = std::move(kept);
    watch_ = FolderWatch(paths_of(kept_));
}

void ListKeeper::reread() {
    for (const auto& list : kept_) {
        if (list->file) take(*list, list->file->read());
        list->due = Clock::now();
    }
}

void ListKeeper::look_at_files() {
    watch_.renew();
    for (const auto& list : kept_) {
        if (!list->file) continue;
        auto loaded = list->file->look(Clock::now(), timing_.settle, timing_.retry);
        if (loaded) take(*list, std::move(*loaded));
    }
}

void ListKeeper::ask_feed(KeptList& list, const std::stop_token& stop) {
    std::stop_source either;
    const auto end = [&either] { either.request_stop(); };
    const std::stop_callback on_stop(stop, end), on_removal(list.removed.get_token(), end);
    ListFeed::Answer answer = list.feed->ask(*fetcher_, either.get_token());
    if (either.stop_requested()) return;
    if (!answer.list) {
        list.count(true);
    } else if (!take(list, std::move(*answer.list))) {
        list.failed(answer.retry_after);
        return;
    } else {
        list.feed->accepted();
    }
    list.answered(times_);
}

bool ListKeeper::take(KeptList& list, Result<LoadedList> loaded) {
    auto table = list.accept(std::move(loaded));
    const bool success = table != nullptr;
    if (success) put_in_force(list, std::move(table));
    list.count(success);
    return success;
}

// Unless the list was removed meanwhile.
void ListKeeper::put_in_force(const KeptList& list, std::shared_ptr<const NameTable> table) {
    std::unique_ptr<const ListsInForce> before;  // freed without the lock
    const std::lock_guard lock(mutex_);
    auto next = std::make_unique<ListsInForce>(lists_.latest());
    const auto own =
        std::ranges::find_if(*next, [&list](const ListInForce& one) { return one.list.get() == &list; });
    if (own == next->end()) return;
    own->table = std::move(table);
    before = lists_.publish(std::move(next));
}

ListKeeper::Clock::duration ListKeeper::time_to_wait() const {
    Clock::duration wait = timing_.look;
    for (const auto& list : kept_) {
        if (list->file && list->file->unsettled()) wait = std::min<Clock::duration>(wait, timing_.settle);
        if (list->feed) wait = std::min(wait, list->due - Clock::now());
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

}  // namespace dnsexp
