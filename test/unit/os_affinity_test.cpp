#include "exporter/os/affinity.h"

#include <sched.h>

#include <catch2/catch.hpp>
#include <thread>

using namespace dnsexp;

TEST_CASE("A thread is held to the CPUs that are given, and to none that is not there") {
    std::thread([] {
        cpu_set_t before, after;
        REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
        uint32_t last = 0;
        for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &before)) last = cpu;
        CHECK(pin_this_thread({}));
        const Status refused = pin_this_thread({last, 8191});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message().find("CPU 8191") != std::string::npos);
        CHECK(refused.error().hint.find(std::to_string(last)) != std::string::npos);
        REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
        CHECK(CPU_EQUAL(&before, &after));
        CHECK(pin_this_thread({last}));
        REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
        CHECK(CPU_COUNT(&after) == 1);
        CHECK(CPU_ISSET(last, &after));
    }).join();
}
