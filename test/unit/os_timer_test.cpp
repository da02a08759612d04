#include <poll.h>
#include <time.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "exporter/os/timer.h"

using namespace dnsexp;
using namespace std::chrono_literals;

TEST_CASE("A timer that has not expired reads as zero at once") {
    const auto timer = make_periodic_timer(1h);
    REQUIRE(timer);
    CHECK(read_expirations(timer.value().get()) == 0);
}

TEST_CASE("A timer counts its expirations until they are read") {
    const auto start = std::chrono::steady_clock::now();  // before the timer, which may run before we do
    const auto timer = make_periodic_timer(20ms);
    REQUIRE(timer);
    pollfd ready{timer.value().get(), POLLIN, 0};
    REQUIRE(poll(&ready, 1, 5000) == 1);
    CHECK(std::chrono::steady_clock::now() - start >= 19ms);
    const timespec pause{0, 100'000'000};
    nanosleep(&pause, nullptr);
    const uint64_t count = read_expirations(timer.value().get());
    const auto most = static_cast<uint64_t>((std::chrono::steady_clock::now() - start) / 20ms);
    CHECK(count >= 5);
    CHECK(count <= most + 1);
}

TEST_CASE("Intervals above a second keep their fraction") {
    const auto start = std::chrono::steady_clock::now();  // before the timer, which may run before we do
    const auto timer = make_periodic_timer(1100ms);
    REQUIRE(timer);
    pollfd ready{timer.value().get(), POLLIN, 0};
    REQUIRE(poll(&ready, 1, 5000) == 1);
    CHECK(std::chrono::steady_clock::now() - start >= 1095ms);
}

TEST_CASE("An interval of zero or less is an error, not a timer that never fires") {
    CHECK(make_periodic_timer(0ns).error().errnum == EINVAL);
    CHECK(make_periodic_timer(-1s).error().errnum == EINVAL);
}
