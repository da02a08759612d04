#include "exporter/alerts/sink_worker.h"

#include <algorithm>
#include <random>
#include <utility>

#include "exporter/base/log.h"
#include "exporter/base/thread_signal.h"

namespace dnsexp {
SinkWorker::SinkWorker(std::string name, std::unique_ptr<AlertSink> sink, Delays delays,
                       std::shared_ptr<SinkCounts> counts)
    : name_(std::move(name)),
      sink_(std::move(sink)),
      counts_(std::move(counts)),
      backoff_(delays.shortest, delays.longest, std::random_device{}()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

SinkWorker::~SinkWorker() {
    close();
    finish(std::chrono::steady_clock::now());
}

void SinkWorker::push(const Alert& alert) {
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= capacity) {  // what is being delivered stays: it may arrive yet
            queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(in_flight_));
            ++counts_->dropped;
        }
        queue_.push_back(alert);
    }
    changed_.notify_all();
}

void SinkWorker::reopen() {
    {
        const std::lock_guard lock(mutex_);
        must_open_ = true;
    }
    changed_.notify_all();
}

SinkStatus SinkWorker::status() const {
    const std::lock_guard lock(mutex_);
    return {name_, counts_->delivered, counts_->rejected, counts_->dropped, counts_->failed, queue_.size(),
            is_up_};
}

void SinkWorker::close() {
    {
        const std::lock_guard lock(mutex_);
        is_closing_ = true;
    }
    changed_.notify_all();
}

void SinkWorker::finish(std::chrono::steady_clock::time_point deadline) {
    if (!thread_.joinable()) return;
    {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, deadline, [this] { return has_ended_; });
    }
    thread_.request_stop();
    thread_.join();
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return;
    log_warn("alerts were not delivered before the end",
             {{"sink", name_}, {"alerts", std::to_string(queue_.size())}});
    counts_->dropped += queue_.size();
    queue_.clear();
}

void SinkWorker::run(const std::stop_token& stop) {
    block_other_signals();
    std::vector<Alert> batch;
    while (next_batch(stop, batch)) {
        if (batch.empty()) {
            open();
            continue;
        }
        if (!take(deliver(batch, stop), batch.size(), stop)) break;
    }
    {
        const std::lock_guard lock(mutex_);
        has_ended_ = true;
    }
    changed_.notify_all();
}

// Waits for work: alerts to deliver, or, with an empty batch, to open anew. False: there is no more.
bool SinkWorker::next_batch(const std::stop_token& stop, std::vector<Alert>& batch) {
    batch.clear();
    std::unique_lock lock(mutex_);
    const bool has_work =
        changed_.wait(lock, stop, [this] { return must_open_ || !queue_.empty() || is_closing_; });
    if (!has_work) return false;
    if (std::exchange(must_open_, false)) return true;
    if (queue_.empty()) return false;
    is_last_try_ = is_closing_;
    in_flight_ = std::min(queue_.size(), singly_ > 0 ? 1 : sink_->max_batch());
    batch.assign(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(in_flight_));
    return true;
}

void SinkWorker::open() {
    if (const Status opened = sink_->open(); !opened) went_down(opened.error());
}

Delivery SinkWorker::deliver(const std::vector<Alert>& batch, const std::stop_token& stop) {
    try {
        return sink_->deliver(batch, stop);
    } catch (const std::exception& error) {  // out of memory, say
        Delivery failed;
        failed.error = Error{"deliver alerts", name_, 0, error.what(), ""};
        return failed;
    }
}

// Books what became of the batch, and waits where it is to be tried again. False: the end has come.
bool SinkWorker::take(const Delivery& delivery, size_t batch, const std::stop_token& stop) {
    const size_t left = batch - delivery.delivered;
    if (!delivery.error) {
        backoff_.reset();
        went_up();  // before the queue is seen empty
    }
    leave(delivery.delivered, &SinkCounts::delivered);
    if (!delivery.error) return true;
    if (stop.stop_requested()) return false;
    if (delivery.is_refused && left > 1) {
        singly_ = left;
        return true;
    }
    if (delivery.is_refused) {
        leave(left, &SinkCounts::rejected);
        was_rejected(*delivery.error);
        return true;
    }
    went_down(*delivery.error);
    return wait(backoff_.next(delivery.retry_after), stop);
}

// So many alerts leave the queue, and are counted where they went.
void SinkWorker::leave(size_t alerts, std::atomic<uint64_t> SinkCounts::*count) {
    const std::lock_guard lock(mutex_);
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(alerts));
    in_flight_ -= alerts;
    (*counts_).*count += alerts;
    singly_ -= std::min(singly_, alerts);
}

bool SinkWorker::wait(std::chrono::milliseconds delay, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    ++counts_->failed;
    if (is_last_try_) return false;
    changed_.wait_for(lock, stop, delay, [this] { return must_open_ || is_closing_; });
    return !stop.stop_requested();
}

void SinkWorker::went_up() {
    if (is_down_ || !rejection_.empty()) log_info("alerts are delivered again", {{"sink", name_}});
    rejection_.clear();
    set_down(false);
}

void SinkWorker::went_down(const Error& error) {
    if (!is_down_) log_warn("can't deliver alerts; they wait", {{"sink", name_}, {"err", error.message()}});
    set_down(true);
}

void SinkWorker::was_rejected(const Error& error) {
    const std::string message = error.message();
    if (rejection_ != message) log_warn("alerts are refused and lost", {{"sink", name_}, {"err", message}});
    rejection_ = message;
}

void SinkWorker::set_down(bool is_down) {
    is_down_ = is_down;
    const std::lock_guard lock(mutex_);
    is_up_ = !is_down;
}

}  // namespace dnsexp
