// The tests run in a network namespace of their own: what they attach and send touches no interface of the
// host.
#define CATCH_CONFIG_RUNNER
#include <sched.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "exporter/base/log.h"

int main(int argc, char** argv) {
    constexpr int skipped = 77;  // ctest's SKIP_RETURN_CODE
    if (geteuid() != 0) {
        std::fprintf(stderr, "SKIPPED: the kernel tests load BPF programs, which needs root\n");
        return skipped;
    }
    if (unshare(CLONE_NEWNET) != 0) {
        std::fprintf(stderr, "can't make a network namespace: %s\n", std::strerror(errno));
        return 1;
    }
    dnsexp::log_configure(dnsexp::LogLevel::error, dnsexp::LogFormat::logfmt);
    return Catch::Session().run(argc, argv);
}
