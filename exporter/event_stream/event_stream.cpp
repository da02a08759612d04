#include "exporter/event_stream/event_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "exporter/api/json.h"

namespace dnsexp {
namespace {

constexpr size_t kWriteOctets = size_t{16} * 1024;

// A dot is part of a label where an odd number of backslashes precedes it (names.h).
bool is_border(std::string_view name, size_t dot) {
    size_t backslashes = 0;
    while (backslashes < dot && name[dot - backslashes - 1] == '\\') ++backslashes;
    return name[dot] == '.' && backslashes % 2 == 0;
}

bool is_below(std::string_view name, std::string_view domain) {
    if (!name.ends_with(domain)) return false;
    return name.size() == domain.size() || is_border(name, name.size() - domain.size() - 1);
}

}  // namespace

bool matches(const StreamFilter& filter, const TransactionRow& row) {
    if (!filter.rcode.empty() && row.outcome != filter.rcode) return false;
    if (filter.slower_than_ns && (!row.latency_ns || *row.latency_ns <= *filter.slower_than_ns)) return false;
    return filter.domain.empty() || is_below(row.name, filter.domain);
}

bool StreamListener::push(const Row& row) {
    if (!matches(filter_, *row)) return true;
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        if (!sampler_.takes()) return true;
        if (queue_.size() >= capacity) {
            ++lost_;
            return false;
        }
        queue_.push_back(row);
        is_first = queue_.size() == 1;
    }
    if (is_first) changed_.notify_one();
    return true;
}

void StreamListener::send(const std::function<bool(std::string_view)>& write) {
    std::vector<Row> rows;
    for (;;) {
        rows.clear();
        uint64_t lost = 0;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, heartbeat, [this] { return !queue_.empty(); });
            queue_.swap(rows);
            lost = std::exchange(lost_, 0);
        }
        std::string lines = rows.empty() ? "\n" : "";
        for (const Row& row : rows) {
            lines += transaction_json(*row, filter_.sample) + "\n";
            if (lines.size() < kWriteOctets) continue;
            if (!write(lines)) return;
            lines.clear();
        }
        if (lost > 0) lines += "{\"lost\":" + std::to_string(lost) + "}\n";
        if (!lines.empty() && !write(lines)) return;
    }
}

std::shared_ptr<StreamListener> EventStream::listen(StreamFilter filter) {
    auto listener = std::make_unique<StreamListener>(std::move(filter));
    const std::lock_guard lock(mutex_);
    if (listeners_.size() >= most_listeners_) return nullptr;
    listeners_.push_back(listener.get());
    count_ = listeners_.size();
    return {listener.release(), [this](StreamListener* one) { leave(one); }};
}

void EventStream::leave(StreamListener* listener) {
    {
        const std::lock_guard lock(mutex_);
        std::erase(listeners_, listener);
        count_ = listeners_.size();
    }
    delete listener;
}

void EventStream::push(TransactionRow row) {
    const auto shared = std::make_shared<const TransactionRow>(std::move(row));
    const std::lock_guard lock(mutex_);
    for (StreamListener* listener : listeners_)
        if (!listener->push(shared)) lost_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace dnsexp
