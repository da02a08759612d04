#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "exporter/base/unique_fd.h"
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

TEST_CASE("A file of one MiB is read, and one octet more is too much") {
    char path[] = "/tmp/read_file_test_XXXXXX";
    const UniqueFd file(mkstemp(path));
    REQUIRE(file);
    REQUIRE(ftruncate(file.get(), 1 << 20) == 0);
    const auto whole = read_file(path);
    REQUIRE(ftruncate(file.get(), (1 << 20) + 1) == 0);
    const auto longer = read_file(path);
    unlink(path);
    REQUIRE(whole);
    CHECK(whole.value().size() == 1 << 20);
    REQUIRE_FALSE(longer);
    CHECK(longer.error().errnum == EFBIG);
}
