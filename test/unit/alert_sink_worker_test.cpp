#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <new>

#include "exporter/alerts/sink_worker.h"
#include "test/support/sample_alert.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

enum class Answer { take, fail, refuse, refuse_content, hang, exhaust };

// What the destination does and got, shared with the sink that the worker owns.
class Destination {
  public:
    void answer(Answer answer) {
        const std::lock_guard lock(mutex_);
        answer_ = answer;
        changed_.notify_all();
    }
    // Of a batch it takes those before this one.
    void take_up_to(uint64_t sequence) {
        const std::lock_guard lock(mutex_);
        up_to_ = sequence;
    }
    Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        ++tries_;
        largest_ = std::max(largest_, batch.size());
        changed_.notify_all();
        Delivery delivery;
        if (answer_ == Answer::hang) changed_.wait(lock, stop, [this] { return answer_ != Answer::hang; });
        if (answer_ == Answer::exhaust) throw std::bad_alloc();
        const bool is_refused =
            answer_ == Answer::refuse || (answer_ == Answer::refuse_content && has_bad(batch));
        delivery.is_refused = is_refused;
        if (is_refused || answer_ == Answer::fail || answer_ == Answer::hang)
            delivery.error = Error{"deliver", "", 0, "no", ""};
        for (const Alert& alert : batch) {
            if (delivery.error && alert.sequence >= up_to_) break;
            got_.push_back(alert.sequence);
            ++delivery.delivered;
        }
        changed_.notify_all();
        return delivery;
    }
    void opened() {
        const std::lock_guard lock(mutex_);
        ++opened_;
        changed_.notify_all();
    }

    template <typename Is>
    bool wait(Is is) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return is(*this); });
    }
    bool wait_for_got(size_t count) {
        return wait([count](const Destination& all) { return all.got_.size() >= count; });
    }
    std::vector<uint64_t> got() {
        const std::lock_guard lock(mutex_);
        return got_;
    }
    uint64_t bad = 0;  // an alert whose content is refused

    Answer answer_ = Answer::take;
    uint64_t up_to_ = 0;
    size_t tries_ = 0, largest_ = 0, opened_ = 0;

  private:
    [[nodiscard]] bool has_bad(const std::vector<Alert>& batch) const {
        for (const Alert& alert : batch)
            if (alert.sequence == bad) return true;
        return false;
    }
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<uint64_t> got_;
};

class Sink : public AlertSink {
  public:
    explicit Sink(Destination& to) : to_(to) {}
    [[nodiscard]] size_t max_batch() const override { return 50; }
    Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop) override {
        return to_.deliver(batch, stop);
    }
    Status open() override {
        to_.opened();
        return ok();
    }

  private:
    Destination& to_;
};

constexpr SinkWorker::Delays quick{10ms, 20ms};
constexpr SinkWorker::Delays never{600s, 600s};

std::unique_ptr<SinkWorker> worker_for(Destination& to, SinkWorker::Delays delays = quick) {
    auto worker = std::make_unique<SinkWorker>("test", std::make_unique<Sink>(to), delays);
    worker->reopen();
    return worker;
}

void push(SinkWorker& worker, uint64_t first, uint64_t last) {
    for (uint64_t i = first; i <= last; ++i) worker.push(sample_alert(i));
}

std::vector<uint64_t> range(uint64_t first, uint64_t last) {
    std::vector<uint64_t> numbers;
    for (uint64_t i = first; i <= last; ++i) numbers.push_back(i);
    return numbers;
}

// The status once it has so many queued.
SinkStatus status_with(const SinkWorker& worker, size_t queued) {
    for (int i = 0; i < 1'000 && worker.status().queued != queued; ++i) std::this_thread::sleep_for(10ms);
    return worker.status();
}

}  // namespace

TEST_CASE("A worker opens its sink and delivers alerts in order, in batches") {
    Destination to;
    to.answer(Answer::hang);
    const auto worker = worker_for(to);
    push(*worker, 1, 1);
    CHECK(to.wait([](const Destination& all) { return all.tries_ == 1 && all.opened_ == 1; }));
    push(*worker, 2, 120);
    to.answer(Answer::take);
    CHECK(to.wait_for_got(120));
    CHECK(to.got() == range(1, 120));
    CHECK(to.largest_ == 50);
    const SinkStatus status = status_with(*worker, 0);
    CHECK(status.name == "test");
    CHECK(status.delivered == 120);
    CHECK(status.failed + status.rejected + status.dropped + status.queued == 0);
    CHECK(status.is_up);
}

TEST_CASE("Alerts wait for a destination that fails, and each arrives when it is back") {
    Destination to;
    to.answer(Answer::fail);
    to.take_up_to(3);
    const auto worker = worker_for(to);
    push(*worker, 1, 5);
    CHECK(to.wait([](const Destination& all) { return all.tries_ >= 4; }));
    const SinkStatus down = worker->status();
    CHECK_FALSE(down.is_up);
    CHECK(down.delivered == 2);
    CHECK(down.queued == 3);
    CHECK(down.failed >= 2);
    to.answer(Answer::take);
    CHECK(to.wait_for_got(5));
    CHECK(to.got() == range(1, 5));
    const SinkStatus up = status_with(*worker, 0);
    CHECK(up.is_up);
    CHECK(up.delivered == 5);
}

TEST_CASE("A sink that throws is one that fails") {
    Destination to;
    to.answer(Answer::exhaust);
    const auto worker = worker_for(to);
    push(*worker, 1, 1);
    CHECK(to.wait([](const Destination& all) { return all.tries_ >= 2; }));
    CHECK(worker->status().queued == 1);
    to.answer(Answer::take);
    CHECK(to.wait_for_got(1));
}

TEST_CASE("A full queue drops the oldest that are not being delivered, and counts them") {
    Destination to;
    to.answer(Answer::hang);
    const auto worker = worker_for(to);
    push(*worker, 1, 1);
    REQUIRE(to.wait([](const Destination& all) { return all.tries_ == 1; }));
    const uint64_t last = SinkWorker::capacity + 10;
    push(*worker, 2, last);
    const SinkStatus full = worker->status();
    CHECK(full.queued == SinkWorker::capacity);
    CHECK(full.dropped == 10);
    to.answer(Answer::fail);  // the first is tried again
    REQUIRE(to.wait([](const Destination& all) { return all.tries_ >= 2; }));
    to.answer(Answer::take);
    CHECK(to.wait_for_got(SinkWorker::capacity));
    auto expected = range(12, last);
    expected.insert(expected.begin(), 1);
    CHECK(to.got() == expected);
    CHECK(status_with(*worker, 0).delivered == SinkWorker::capacity);
}

TEST_CASE("What is refused for good is counted and not tried again") {
    Destination to;
    to.answer(Answer::refuse);
    const auto worker = worker_for(to, never);
    push(*worker, 1, 3);
    const SinkStatus refused = status_with(*worker, 0);
    CHECK(refused.rejected == 3);
    CHECK(refused.failed == 0);
    to.answer(Answer::take);
    push(*worker, 4, 4);
    CHECK(to.wait_for_got(1));
    CHECK(to.got() == range(4, 4));
}

TEST_CASE("One alert that is refused for its content takes no other with it") {
    Destination to;
    to.answer(Answer::hang);
    to.bad = 7;
    const auto worker = worker_for(to, never);
    push(*worker, 1, 1);
    REQUIRE(to.wait([](const Destination& all) { return all.tries_ == 1; }));
    push(*worker, 2, 12);
    to.answer(Answer::refuse_content);
    CHECK(to.wait_for_got(11));
    auto expected = range(1, 12);
    expected.erase(expected.begin() + 6);
    CHECK(to.got() == expected);
    const SinkStatus status = status_with(*worker, 0);
    CHECK(status.rejected == 1);
    CHECK(status.delivered == 11);
}

TEST_CASE("Reopening opens the sink and ends the wait for the next try") {
    Destination to;
    to.answer(Answer::fail);
    const auto worker = worker_for(to, never);
    push(*worker, 1, 1);
    REQUIRE(to.wait([](const Destination& all) { return all.tries_ == 1; }));
    to.answer(Answer::take);
    worker->reopen();
    CHECK(to.wait_for_got(1));
    CHECK(to.opened_ == 2);
}

TEST_CASE("At the end alerts that wait for a next try get one") {
    Destination to;
    to.answer(Answer::fail);
    auto worker = worker_for(to, never);
    push(*worker, 1, 60);
    REQUIRE(to.wait([](const Destination& all) { return all.tries_ >= 1; }));
    to.answer(Answer::take);
    worker->close();
    worker->finish(std::chrono::steady_clock::now() + 10s);
    CHECK(to.got() == range(1, 60));
}

TEST_CASE("The end comes by its deadline, whatever a destination does") {
    Destination to;
    SECTION("it hangs") {
        to.answer(Answer::hang);
    }
    SECTION("it fails") {
        to.answer(Answer::fail);
    }
    auto worker = worker_for(to);
    push(*worker, 1, 3);
    REQUIRE(to.wait([](const Destination& all) { return all.tries_ >= 1; }));
    const auto begin = std::chrono::steady_clock::now();
    worker->close();
    worker->finish(begin + 200ms);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    CHECK(worker->status().queued == 0);
    CHECK(worker->status().dropped == 3);
}
