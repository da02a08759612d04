#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "exporter/blocklist/published.h"

using namespace dnsexp;

namespace {

// Counts those that live, and is not itself any more once it is gone.
struct Counted {
    explicit Counted(int n) : number(n), twice(2 * n) { ++alive; }
    ~Counted() {
        twice = -1;
        --alive;
    }
    int number, twice;
    static inline std::atomic<int> alive{0};
};

}  // namespace

TEST_CASE("What is published is read next, and what was before is gone") {
    Published<Counted> value(std::make_unique<const Counted>(1));
    CHECK(value.read()->number == 1);
    value.publish(std::make_unique<const Counted>(2));
    CHECK(Counted::alive == 1);
    CHECK(value.read()->number == 2);
    CHECK(value.latest().number == 2);
}

TEST_CASE("What is being read stays until it is let go") {
    Published<Counted> value(std::make_unique<const Counted>(1));
    std::atomic<bool> published{false};
    std::jthread publisher;
    {
        const auto reading = value.read();
        publisher = std::jthread([&] {
            value.publish(std::make_unique<const Counted>(2));
            published = true;
        });
        while (value.latest().number != 2) std::this_thread::yield();
        CHECK(reading->twice == 2);
        CHECK(Counted::alive == 2);
        CHECK_FALSE(published);
    }
    publisher.join();
    CHECK(Counted::alive == 1);
}

TEST_CASE("A reader that never stops sees whole values only, and never an older one") {
    Published<Counted> value(std::make_unique<const Counted>(0));
    std::atomic<bool> done{false};
    std::jthread publisher([&] {
        for (int i = 1; i <= 2'000; ++i) value.publish(std::make_unique<const Counted>(i));
        done = true;
    });
    int last = 0, wrong = 0;
    while (!done) {
        const auto reading = value.read();
        if (reading->twice != 2 * reading->number || reading->number < last) ++wrong;
        last = reading->number;
    }
    CHECK(wrong == 0);
    CHECK(value.read()->number == 2'000);
}
