// Transactions as they come, for those who listen.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "exporter/api/parameters.h"
#include "exporter/fold/sampler.h"
#include "exporter/fold/transaction_row.h"

namespace dnsexp {

// Whether a filter lets a transaction through; its sample is not asked. Pure, thread-safe.
bool matches(const StreamFilter& filter, const TransactionRow& row);

// One listener's queue: filled by the stream, emptied by the thread that sends.
class StreamListener {
  public:
    static constexpr size_t capacity = 8'192;            // transactions that wait
    static constexpr std::chrono::seconds heartbeat{1};  // without a transaction an empty line is sent after

    explicit StreamListener(StreamFilter filter) : filter_(std::move(filter)), sampler_(filter_.sample) {}

    // Sends lines until `write` says that nobody takes them: a transaction each (api/json.h), {"lost":N}
    // where N are missing because the lines before went too slowly, or an empty line.
    void send(const std::function<bool(std::string_view)>& write);

  private:
    friend class EventStream;
    using Row = std::shared_ptr<const TransactionRow>;

    // False: the queue is full, and the row is lost.
    bool push(const Row& row);

    const StreamFilter filter_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Sampler sampler_;
    std::vector<Row> queue_;
    uint64_t lost_ = 0;  // since the queue was emptied last
};

// Thread-safe. Must outlive its listeners.
class EventStream {
  public:
    explicit EventStream(size_t most_listeners) : most_listeners_(most_listeners) {}

    // A new listener, which leaves when the last pointer to it does. Null: there are as many as there may be.
    std::shared_ptr<StreamListener> listen(StreamFilter filter);

    // Whether anybody listens. Costs nothing.
    [[nodiscard]] bool has_listeners() const { return count_.load(std::memory_order_relaxed) != 0; }

    [[nodiscard]] size_t listeners() const { return count_.load(std::memory_order_relaxed); }

    // Lines that listeners were too slow for, since the start.
    [[nodiscard]] uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

    // Takes mutexes that are held for moments only.
    void push(TransactionRow row);

  private:
    void leave(StreamListener* listener);

    const size_t most_listeners_;
    std::atomic<size_t> count_ = 0;
    std::atomic<uint64_t> lost_ = 0;
    std::mutex mutex_;
    std::vector<StreamListener*> listeners_;
};

}  // namespace dnsexp
