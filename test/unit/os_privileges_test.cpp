#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "exporter/os/privileges.h"

using namespace dnsexp;

namespace {

// Numbers of capabilities(7), written out: independent of the header that the code includes.
constexpr uint64_t kNetAdmin = 1ULL << 12, kSysAdmin = 1ULL << 21, kPerfmon = 1ULL << 38, kBpf = 1ULL << 39;

}  // namespace

TEST_CASE("The effective set is the CapEff line and no text that looks like it") {
    CHECK(parse_effective_capabilities(
              "Name:\tx\nCapPrm:\t0000000000000001\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n")
              .value() == 0x1ffffffffffULL);
    CHECK(parse_effective_capabilities("Name:\tCapEff: ff\nCapEff:\t0000000000001000\n").value() ==
          kNetAdmin);
    CHECK_FALSE(parse_effective_capabilities("Name:\tCapEff: ff\n"));
    CHECK_FALSE(parse_effective_capabilities("CapEff:\t\n"));
    CHECK_FALSE(parse_effective_capabilities("CapEff:\t00g0\n"));
    CHECK_FALSE(parse_effective_capabilities("CapEff:\t1ffffffffffffffff\n"));
    CHECK_FALSE(parse_effective_capabilities(""));
}

TEST_CASE("The three capabilities, or CAP_SYS_ADMIN for two of them, are enough") {
    CHECK(judge_capabilities(kBpf | kNetAdmin | kPerfmon));
    CHECK(judge_capabilities(kSysAdmin | kNetAdmin));
    CHECK(judge_capabilities(~0ULL));
}

TEST_CASE("Every missing capability is named, and only those") {
    struct Case {
        uint64_t effective;
        const char* detail;
    };
    const Case cases[] = {
        {0, "missing CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON"}, {kNetAdmin | kPerfmon, "missing CAP_BPF"},
        {kBpf | kPerfmon, "missing CAP_NET_ADMIN"},         {kSysAdmin, "missing CAP_NET_ADMIN"},
        {kBpf | kNetAdmin, "missing CAP_PERFMON"},
    };
    for (const Case& c : cases) {
        const auto status = judge_capabilities(c.effective);
        REQUIRE_FALSE(status);
        CHECK(status.error().detail == c.detail);
        CHECK(status.error().errnum == EPERM);
        for (const char* way : {"root", "AmbientCapabilities=", "--cap-add"})
            CHECK(status.error().hint.find(way) != std::string::npos);
    }
}

TEST_CASE("The judgement on this process is that on what capget(2) says") {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    REQUIRE(syscall(SYS_capget, &head, data) == 0);
    const uint64_t effective = static_cast<uint64_t>(data[1].effective) << 32 | data[0].effective;
    CHECK(static_cast<bool>(check_privileges()) == static_cast<bool>(judge_capabilities(effective)));
}

TEST_CASE("Linux 5.10 and later is new enough") {
    for (const char* release :
         {"5.10.0", "5.10", "5.15.0-91-generic", "6.1.0-18-amd64", "6.12.3+", "10.0-rc1"}) {
        INFO(release);
        CHECK(judge_kernel("Linux", release));
    }
}

TEST_CASE(
    "An older kernel, another system and a release without version are errors that say what is needed") {
    for (const char* release : {"5.9.16", "5.1.10", "4.19.0-26", "3.10.0-1160.el7", "five", "5", "5.", ""}) {
        INFO(release);
        const auto status = judge_kernel("Linux", release);
        REQUIRE_FALSE(status);
        CHECK(status.error().hint.find("5.10") != std::string::npos);
        CHECK(status.error().object == "Linux " + std::string(release));
    }
    CHECK_FALSE(judge_kernel("FreeBSD", "14.0-RELEASE"));
}
