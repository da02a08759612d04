#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <string>

#include "exporter/os/read_file.h"

using namespace dnsexp;

TEST_CASE("A file of /proc is read whole, though its size is given as zero") {
    const auto text = read_file("/proc/self/status");
    REQUIRE(text);
    CHECK(text.value().rfind("Name:", 0) == 0);
    CHECK(text.value().find("\nnonvoluntary_ctxt_switches:") != std::string::npos);
}

TEST_CASE("A file that is missing, a directory or endless is an error that names it") {
    const auto missing = read_file("/proc/self/nothing");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().errnum == ENOENT);
    CHECK(missing.error().object == "/proc/self/nothing");
    CHECK(read_file("/proc/self").error().errnum == EISDIR);
    CHECK(read_file("/dev/zero").error().errnum == EFBIG);
}
