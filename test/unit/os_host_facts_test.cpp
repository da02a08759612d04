#include "exporter/os/host_facts.h"

#include <sys/utsname.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "test/support/temporary_folder.h"

using namespace dnsexp;

namespace {

void put(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("A seccomp filter is mode 2 of the line Seccomp, and of no other") {
    CHECK(has_seccomp_filter("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n"));
    CHECK_FALSE(has_seccomp_filter("Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t2\n"));
    CHECK_FALSE(has_seccomp_filter("Name:\tSeccomp:\t2\n"));
    CHECK_FALSE(has_seccomp_filter(""));
}

TEST_CASE("The lockdown in force is the word in brackets") {
    CHECK(parse_lockdown("none [integrity] confidentiality\n") == "integrity");
    CHECK(parse_lockdown("[none] integrity confidentiality\n") == "none");
    CHECK(parse_lockdown("none").empty());
    CHECK(parse_lockdown("]none[").empty());
    CHECK(parse_lockdown("").empty());
}

TEST_CASE("The cgroup of version 2 is the line of hierarchy 0") {
    CHECK(parse_unified_cgroup("4:memory:/a\n0::/user.slice/b\n") == "/user.slice/b");
    CHECK(parse_unified_cgroup("0::/\n") == "/");
    CHECK_FALSE(parse_unified_cgroup("4:memory:/0::/a\n"));
    CHECK_FALSE(parse_unified_cgroup(""));
}

TEST_CASE("Of the limits on the way up to the root, the one with the least left counts") {
    const test::TemporaryFolder folder;
    const std::string root = folder.path("cgroup");
    CHECK_FALSE(read_memory_limit(root, "/a/b"));
    put(root + "/a/b/memory.max", "1000\n");
    put(root + "/a/b/memory.current", "100\n");
    put(root + "/a/memory.max", "2000\n");
    put(root + "/a/memory.current", "1900\n");
    auto limit = read_memory_limit(root, "/a/b");
    REQUIRE(limit);
    CHECK(limit->limit == 2000);
    CHECK(limit->left() == 100);
    put(root + "/a/memory.max", "max\n");
    limit = read_memory_limit(root, "/a/b");
    REQUIRE(limit);
    CHECK(limit->left() == 900);
    put(root + "/a/b/memory.max", "50\n");
    CHECK(read_memory_limit(root, "/a/b")->left() == 0);  // more is used than the limit, which was lowered
}

TEST_CASE("The facts of this host are those that uname tells") {
    utsname name{};
    REQUIRE(uname(&name) == 0);
    const HostFacts facts = read_host_facts();
    CHECK(facts.release == name.release);
    CHECK(facts.machine == name.machine);
    CHECK(facts.capabilities);
    CHECK(facts.open_files > 0);
    CHECK(facts.btf == std::ifstream("/sys/kernel/btf/vmlinux").good());
}
