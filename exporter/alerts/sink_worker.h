// The queue of one destination, and the thread that empties it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporter/alerts/alert.h"
#include "exporter/alerts/sink.h"
#include "exporter/base/backoff.h"

namespace dnsexp {

struct SinkStatus {
    std::string name;        // value of the label sink
    uint64_t delivered = 0;  // alerts that the destination took
    uint64_t rejected = 0;   // alerts that it will never take
    uint64_t dropped = 0;    // the oldest alerts, when the queue was full
    uint64_t failed = 0;     // tries after which alerts were kept for another
    size_t queued = 0;       // alerts that wait or are being delivered
    bool is_up = true;       // false: alerts wait for the next try
};

// What became of the alerts for a name of SinkStatus; workers that bear it one after the other share it.
// Thread-safe.
struct SinkCounts {
    std::atomic<uint64_t> delivered{0}, rejected{0}, dropped{0}, failed{0};
};

// Delivers in order and at least once: an alert leaves the queue when the destination took it or will never.
class SinkWorker {
  public:
    static constexpr size_t capacity = 1'024;  // alerts
    struct Delays {
        std::chrono::milliseconds shortest{1'000}, longest{60'000};
    };

    // Leaves the destination alone until the first alert or reopen(). Throws std::system_error where the
    // thread can't start.
    SinkWorker(std::string name, std::unique_ptr<AlertSink> sink, Delays delays,
               std::shared_ptr<SinkCounts> counts = std::make_shared<SinkCounts>());
    ~SinkWorker();
    SinkWorker(const SinkWorker&) = delete;
    SinkWorker& operator=(const SinkWorker&) = delete;

    // These three are thread-safe and take a mutex that is held for moments only.
    void push(const Alert& alert);
    void reopen();
    [[nodiscard]] SinkStatus status() const;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::shared_ptr<SinkCounts>& counts() const { return counts_; }

    // No more alerts come: one last try for those that wait. finish() waits for it until the deadline, and
    // then ends it; what is left is dropped. Call close() on all workers first, so that they share the time.
    void close();
    void finish(std::chrono::steady_clock::time_point deadline);

  private:
    void run(const std::stop_token& stop);
    bool next_batch(const std::stop_token& stop, std::vector<Alert>& batch);
    void open();
    Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop);
    bool take(const Delivery& delivery, size_t batch, const std::stop_token& stop);
    void leave(size_t alerts, std::atomic<uint64_t> SinkCounts::*count);
    bool wait(std::chrono::milliseconds delay, const std::stop_token& stop);
    void went_up();
    void went_down(const Error& error);
    void was_rejected(const Error& error);
    void set_down(bool is_down);

    const std::string name_;
    const std::unique_ptr<AlertSink> sink_;
    const std::shared_ptr<SinkCounts> counts_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Alert> queue_;
    size_t in_flight_ = 0;  // alerts of the queue's front that are being delivered
    bool must_open_ = false;
    bool is_closing_ = false;
    bool has_ended_ = false;
    bool is_up_ = true;

    // Of the thread.
    Backoff backoff_;
    bool is_last_try_ = false;  // it began after close()
    size_t singly_ = 0;         // so many alerts go one by one
    bool is_down_ = false;      // and that was logged
    std::string rejection_;     // the last that was logged; empty: alerts were taken since

    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace dnsexp
