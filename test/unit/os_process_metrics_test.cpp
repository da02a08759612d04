#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <ctime>

#include "exporter/base/unique_fd.h"
#include "exporter/os/process_metrics.h"

using namespace dnsexp;

TEST_CASE("The fields of /proc/PID/stat are found by proc(5)'s numbers, whatever the command is called") {
    // Field n holds n here, but for the command and the state.
    const std::string fields = " S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26\n";
    for (const char* command : {"(a)", "(a b)", "(a) S 99 (b)", "())", "( 1 2 3)"}) {
        INFO(command);
        const auto stat = parse_process_stat("1 " + std::string(command) + fields);
        REQUIRE(stat);
        CHECK(stat.value().user_ticks == 14);
        CHECK(stat.value().system_ticks == 15);
        CHECK(stat.value().start_ticks == 22);
        CHECK(stat.value().virtual_bytes == 23);
        CHECK(stat.value().resident_pages == 24);
    }
}

TEST_CASE("A /proc/PID/stat that is cut short or not numeric is an error") {
    CHECK_FALSE(parse_process_stat(""));
    CHECK_FALSE(parse_process_stat("1 (a"));
    CHECK_FALSE(parse_process_stat("1 (a)"));
    CHECK_FALSE(parse_process_stat("1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"));
    CHECK_FALSE(parse_process_stat("1 (a) S 4 5 6 7 8 9 10 11 12 13 x 15 16 17 18 19 20 21 22 23 24\n"));
    CHECK_FALSE(parse_process_stat("1 (a) S 4 5 6 7 8 9 10 11 12 13 -14 15 16 17 18 19 20 21 22 23 24\n"));
}

TEST_CASE("The boot time is the btime line of /proc/stat") {
    CHECK(parse_boot_time("cpu  1 2\nctxt 5\nbtime 1700000000\nprocesses 9\n").value() == 1700000000);
    CHECK(parse_boot_time("btime 7").value() == 7);
    CHECK(parse_boot_time("xbtime 5\nbtime 7\n").value() == 7);
    CHECK_FALSE(parse_boot_time("cpu 1\nxbtime 5\n"));
    CHECK_FALSE(parse_boot_time("btime \n"));
    CHECK_FALSE(parse_boot_time(""));
}

TEST_CASE("The metrics of this very process agree with what the kernel says elsewhere") {
    const auto metrics = read_process_metrics();
    REQUIRE(metrics);
    const ProcessMetrics& m = metrics.value();

    const double now = static_cast<double>(time(nullptr));
    CHECK(m.start_time_seconds <= now + 1);
    CHECK(m.start_time_seconds > now - 3600);
    timespec cpu{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    CHECK(m.cpu_seconds ==
          Approx(static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9).margin(0.1));
    CHECK(m.resident_memory_bytes > 1'000'000);
    CHECK(m.virtual_memory_bytes >= m.resident_memory_bytes);
    CHECK(m.virtual_memory_max_bytes >= m.virtual_memory_bytes);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    CHECK(m.max_fds == files.rlim_cur);
}

TEST_CASE("One more open file is one more open descriptor") {
    const uint64_t before = read_process_metrics().value().open_fds;
    const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(read_process_metrics().value().open_fds == before + 1);
    uint64_t counted = 0;  // by another way than /proc
    for (int fd = 0; fd < 1024; ++fd) counted += fcntl(fd, F_GETFD) != -1;
    CHECK(before + 1 == counted);
}
