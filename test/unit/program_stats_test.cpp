#include "exporter/bpf/program_stats.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

TEST_CASE("While nobody asks for it no program is looked at") {
    ProgramStats stats;
    CHECK_FALSE(stats.is_on());
    CHECK(stats.set(false));
    std::vector<ProgramRuns> runs;
    CHECK(stats.read(nullptr, runs));
    CHECK(runs.empty());
}

TEST_CASE("Counting is switched on and off, or refused with what helps") {
    ProgramStats stats;
    const Status status = stats.set(true);
    CHECK(stats.is_on() == static_cast<bool>(status));
    if (!status) {  // the test's user has no CAP_SYS_ADMIN, or the kernel is older than 5.8
        CHECK(status.error().operation == "count runs of BPF programs");
        CHECK(status.error().errnum > 0);
        if (status.error().errnum == 1)  // EPERM
            CHECK(status.error().hint.find("monitoring.program_stats: false") != std::string::npos);
    }
    CHECK(static_cast<bool>(stats.set(true)) == stats.is_on());
    CHECK(stats.set(false));
    CHECK_FALSE(stats.is_on());
}
