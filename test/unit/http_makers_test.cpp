// The threads that make responses.
#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "exporter/http/makers.h"

using namespace dnsexp;

TEST_CASE("Tasks of many callers are run on a few threads, each once, before run() returns") {
    Makers makers(3);
    std::mutex mutex;
    std::set<std::thread::id> ran_on;
    std::atomic<int> running = 0, most = 0, done = 0;
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 20; ++caller)
        callers.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                bool is_done = false;
                makers.run([&] {
                    const int now = ++running;
                    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                    }
                    const std::lock_guard lock(mutex);
                    ran_on.insert(std::this_thread::get_id());
                    is_done = true;
                    --running;
                });
                if (is_done) ++done;
            }
        });
    callers.clear();
    CHECK(done == 20 * 50);
    CHECK(most <= 3);
    CHECK(ran_on.size() <= 3);
    CHECK_FALSE(ran_on.contains(std::this_thread::get_id()));
}

TEST_CASE("What a task throws its caller gets, and the thread goes on") {
    Makers makers(1);
    CHECK_THROWS_WITH(makers.run([] { throw std::runtime_error("no maps"); }), "no maps");
    CHECK_THROWS_AS(makers.run([] { throw 7; }), int);
    int answer = 0;
    makers.run([&] { answer = 42; });
    CHECK(answer == 42);
}
