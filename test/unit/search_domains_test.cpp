#include "exporter/workload/search_domains.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "test/support/cgroup_folders.h"

using namespace dnsexp;
using namespace std::chrono_literals;
using namespace std::string_literals;
using dnsexp::test::Folder;
namespace fs = std::filesystem;

namespace {

using List = std::vector<std::string>;

const List kCluster = {"\3svc\7cluster\5local\0"s, "\7cluster\5local\0"s};

// A folder that looks like /proc to who reads resolv.conf of processes.
struct Proc : Folder {
    SearchDomains domains{path, "cluster.local"};
    SearchDomains::Clock::time_point now = SearchDomains::Clock::time_point() + 1h;
    std::string space;
    int asked = 0;  // how often the namespace was

    void write(uint32_t pid, const std::string& text) const {
        std::ofstream(make(fs::path(std::to_string(pid)) / "root/etc") / "resolv.conf") << text;
    }
    void end(uint32_t pid) const { fs::remove_all(path / std::to_string(pid)); }
    List of(uint32_t pid, uint64_t cgroup) {
        return domains
            .of(pid, cgroup, now,
                [this] {
                    ++asked;
                    return space;
                })
            ->suffixes;
    }
};

}  // namespace

TEST_CASE("Each process has the list of its own file") {
    Proc proc;
    proc.write(10, "search a\n");
    proc.write(11, "search b\n");
    proc.write(12, "nameserver 10.0.0.1\n");
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    CHECK(proc.of(11, 1) == List{"\1b\0"s});
    CHECK(proc.of(12, 1).empty());  // it appends nothing, so nothing is guessed
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    CHECK(proc.asked == 0);
}

TEST_CASE("A list is read anew after a while") {
    Proc proc;
    proc.write(10, "search a\n");
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    proc.write(10, "search b\n");
    proc.now += SearchDomains::kept - 1ms;
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    proc.now += 1ms;
    CHECK(proc.of(10, 1) == List{"\1b\0"s});
}

TEST_CASE("A process that has gone has the last list of its cgroup") {
    Proc proc;
    proc.write(10, "search a\n");
    proc.write(11, "search b\n");
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    CHECK(proc.of(11, 2) == List{"\1b\0"s});
    CHECK(proc.of(20, 1) == List{"\1a\0"s});
    CHECK(proc.of(21, 2) == List{"\1b\0"s});
    proc.end(10);
    proc.now += 1h;
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    CHECK(proc.asked == 0);
}

TEST_CASE("Where nothing can be read, the list is a pod's of the cluster") {
    Proc proc;
    CHECK(proc.of(10, 1) == kCluster);
    proc.space = "shop";
    List pod{"\4shop\3svc\7cluster\5local\0"s};
    pod.insert(pod.end(), kCluster.begin(), kCluster.end());
    CHECK(proc.of(0, 2) == pod);
    CHECK(proc.asked == 2);
    CHECK(proc.of(0, 2) == pod);
    CHECK(proc.asked == 2);  // remembered too
    proc.make("11/root/etc/resolv.conf");
    CHECK(proc.of(11, 3) == pod);
    Proc without;
    without.domains = SearchDomains(without.path, "");
    CHECK(without.of(10, 1).empty());
}

TEST_CASE("Where /proc has other numbers than the kernel, no file is read") {
    Proc proc;
    proc.write(10, "search a\n");
    proc.domains = SearchDomains("", "cluster.local");
    CHECK(proc.of(10, 1) == kCluster);
}

TEST_CASE("Processes and cgroups are remembered up to a number") {
    Proc proc;
    proc.write(10, "search a\n");
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    proc.write(10, "search b\n");
    const auto last = static_cast<uint32_t>(SearchDomains::remembered_max);
    for (uint32_t pid = 100; pid < 100 + last - 1; ++pid) CHECK(proc.of(pid, 1) == List{"\1a\0"s});
    CHECK(proc.of(10, 1) == List{"\1a\0"s});
    CHECK(proc.of(99, 1) == List{"\1a\0"s});  // one too many
    CHECK(proc.of(10, 1) == List{"\1b\0"s});
    for (uint64_t cgroup = 100; cgroup < 100 + SearchDomains::remembered_max - 1; ++cgroup) {
        proc.now += 10s;
        proc.of(10, cgroup);
    }
    proc.end(10);
    proc.now += 10s;
    CHECK(proc.of(10, 1) == List{"\1b\0"s});
    proc.write(10, "search a\n");
    proc.now += 10s;
    proc.of(10, 99);
    proc.end(10);
    proc.now += 10s;
    CHECK(proc.of(10, 1) == kCluster);
    CHECK(proc.of(11, 99) == List{"\1a\0"s});
}

TEST_CASE("This process's own list is found where the host's processes are seen") {
    const std::string proc = proc_of_host();
    const bool is_host = fs::read_symlink("/proc/self/ns/pid") == "pid:[4026531836]";  // linux/proc_ns.h
    CHECK(proc == (is_host ? "/proc" : ""));
}
