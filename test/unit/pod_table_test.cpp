#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "exporter/workload/pod_table.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

const PodTable::Time kStart = PodTable::Time() + 1h;

Pod pod(const std::string& uid, std::vector<PodContainer> containers = {}) {
    Pod made;
    made.uid = uid;
    made.namespace_ = "ns";
    made.name = "pod-" + uid;
    made.containers = std::move(containers);
    return made;
}

Pod finished(const std::string& uid) {
    Pod made = pod(uid);
    made.finished = true;
    return made;
}

}  // namespace

TEST_CASE("A pod is found by uid, by config hash and by container") {
    PodTable table;
    Pod made = pod("u1", {{"c1", "web"}, {"c2", "proxy"}});
    made.config_hash = "h1";
    table.put(made, kStart);
    REQUIRE(table.by_uid("u1"));
    CHECK(table.by_uid("u1")->name == "pod-u1");
    CHECK(table.by_uid("h1") == table.by_uid("u1"));
    REQUIRE(table.by_container("c2"));
    CHECK(table.by_container("c2")->name == "proxy");
    CHECK(table.by_container("c2")->pod == table.by_uid("u1"));
    CHECK_FALSE(table.by_uid("c1"));
    CHECK_FALSE(table.by_uid(""));
    CHECK_FALSE(table.by_container("u1"));
}

TEST_CASE("A pod that changed is known anew, and its older containers stay known") {
    PodTable table;
    table.put(pod("u1", {{"c1", "web"}}), kStart);
    const auto before = table.by_uid("u1");
    Pod changed = pod("u1", {{"c2", "web"}});
    changed.name = "other";
    table.put(changed, kStart);
    CHECK(table.size() == 1);
    CHECK(table.by_uid("u1")->name == "other");
    CHECK(table.by_container("c1")->name == "web");
    CHECK(table.by_container("c1")->pod->name == "other");
    CHECK(table.by_container("c2")->name == "web");
    CHECK(before->name == "pod-u1");
}

TEST_CASE("A pod that restarts for ever keeps its newest containers only") {
    PodTable table({.most_containers = 3});
    for (int i = 0; i < 10; ++i) table.put(pod("u1", {{"c" + std::to_string(i), "web"}}), kStart);
    CHECK(table.by_uid("u1")->containers.size() == 3);
    CHECK_FALSE(table.by_container("c6"));
    CHECK(table.by_container("c7"));
    CHECK(table.by_container("c9"));
}

TEST_CASE("A pod that ended is known for as long as `keep`, with its containers") {
    PodTable table({.keep = 600s});
    Pod made = pod("u1", {{"c1", "web"}});
    made.config_hash = "h1";
    table.put(made, kStart);
    table.end("u1", kStart);
    table.end("unknown", kStart);
    table.end("u1", kStart + 300s);  // ended once, ended for good
    table.put(pod("u2"), kStart + 599s);
    CHECK(table.by_uid("u1"));
    CHECK(table.by_container("c1"));
    table.put(pod("u2"), kStart + 600s);
    CHECK_FALSE(table.by_uid("u1"));
    CHECK_FALSE(table.by_uid("h1"));
    CHECK_FALSE(table.by_container("c1"));
    CHECK(table.size() == 1);
    table.put(pod("u1"), kStart + 601s);  // nothing of the old entry is left
    CHECK_FALSE(table.by_uid("h1"));
    CHECK_FALSE(table.by_container("c1"));
}

TEST_CASE("A finished pod ends when it is first seen to be, though it may stay in the lists") {
    PodTable table({.keep = 600s});
    table.put(pod("u1"), kStart);
    table.put(finished("u1"), kStart + 100s);
    table.put(finished("u1"), kStart + 500s);
    table.put(pod("u2"), kStart + 699s);
    CHECK(table.by_uid("u1"));
    table.put(pod("u2"), kStart + 700s);
    CHECK_FALSE(table.by_uid("u1"));
}

TEST_CASE("A pod that is there again has not ended") {
    PodTable table({.keep = 10s});
    table.put(pod("u1"), kStart);
    table.end("u1", kStart);
    table.put(pod("u1"), kStart + 1s);
    table.put(pod("u2"), kStart + 60s);
    CHECK(table.by_uid("u1"));
}

TEST_CASE("A whole list ends the others and keeps their names") {
    PodTable table({.keep = 600s});
    table.replace({pod("u1", {{"c1", "web"}}), pod("u2")}, kStart);
    table.replace({pod("u2"), pod("u3")}, kStart + 10s);
    CHECK(table.size() == 3);
    CHECK(table.by_container("c1"));
    table.replace({pod("u2"), pod("u3")}, kStart + 610s);
    CHECK(table.size() == 2);
    CHECK_FALSE(table.by_uid("u1"));
    CHECK(table.by_uid("u2"));
}

TEST_CASE("A full table gives up what ended first, and refuses new pods where all run") {
    PodTable table({.keep = 600s, .most_pods = 3});
    table.replace({pod("u1"), pod("u2"), pod("u3")}, kStart);
    table.end("u2", kStart + 1s);
    table.end("u1", kStart + 2s);
    table.put(pod("u4"), kStart + 3s);
    CHECK_FALSE(table.by_uid("u2"));
    CHECK(table.by_uid("u1"));
    table.put(pod("u5"), kStart + 4s);
    CHECK_FALSE(table.by_uid("u1"));
    CHECK(table.refused() == 0);
    table.put(pod("u6", {{"c6", "web"}}), kStart + 5s);
    CHECK(table.refused() == 1);
    CHECK_FALSE(table.by_uid("u6"));
    CHECK_FALSE(table.by_container("c6"));
    CHECK(table.size() == 3);
    table.put(pod("u5", {{"c5", "web"}}), kStart + 6s);  // one that is there already may change
    CHECK(table.by_container("c5"));
}

TEST_CASE("A mirror that was made anew keeps its hash when the old one goes") {
    PodTable table({.keep = 10s});
    Pod old = pod("u1");
    old.config_hash = "h1";
    Pod anew = pod("u2");
    anew.config_hash = "h1";
    table.put(old, kStart);
    table.put(anew, kStart + 1s);
    table.end("u1", kStart + 2s);
    table.put(pod("u3"), kStart + 60s);
    CHECK_FALSE(table.by_uid("u1"));
    REQUIRE(table.by_uid("h1"));
    CHECK(table.by_uid("h1")->uid == "u2");
}

TEST_CASE("Readers see whole pods while the table is written to") {
    PodTable table({.keep = 0s, .most_pods = 8});
    std::atomic<bool> done = false;
    std::atomic<uint64_t> torn = 0;
    std::atomic<uint64_t> seen = 0;
    std::thread reader([&] {
        while (!done)
            for (int i = 0; i < 16; ++i)
                if (const auto found = table.by_container("c" + std::to_string(i))) {
                    ++seen;
                    if (found->pod->uid != "u" + std::to_string(i)) ++torn;
                }
    });
    for (int round = 0; round < 2'000 || seen == 0; ++round) {
        const std::string number = std::to_string(round % 16);
        table.put(pod("u" + number, {{"c" + number, "web"}}), kStart);
        table.end("u" + std::to_string((round + 8) % 16), kStart);
    }
    done = true;
    reader.join();
    CHECK(torn == 0);
}
