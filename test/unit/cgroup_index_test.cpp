#include "exporter/workload/cgroup_index.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

constexpr uint64_t kRoot = 1;
using Placed = CgroupIndex::Placed;

CgroupTreeLimits few(size_t live, size_t ended) {
    CgroupTreeLimits limits;
    limits.most_live = live;
    limits.most_ended = ended;
    return limits;
}

bool put(CgroupIndex& index, uint64_t parent, std::string_view name, uint64_t id, uint64_t walk = 1) {
    return index.place(parent, name, id, walk, 0) == Placed::yes;
}

}  // namespace

TEST_CASE("a folder's path is the names from below the root") {
    CgroupIndex index(kRoot, {});
    CHECK(index.path_of(kRoot) == "/");
    CHECK(put(index, kRoot, "a.slice", 2));
    CHECK(put(index, 2, "b.service", 3));
    CHECK(index.path_of(2) == "/a.slice");
    CHECK(index.path_of(3) == "/a.slice/b.service");
    CHECK(index.names_to(3) == std::vector<std::string>{"a.slice", "b.service"});
    CHECK(index.child(2, "b.service") == 3);
    CHECK_FALSE(index.child(2, "b"));
    CHECK_FALSE(index.child(99, "b.service"));
    CHECK_FALSE(index.path_of(4));
}

TEST_CASE("what ends keeps its path, with all below it") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    put(index, 2, "b", 3);
    put(index, 3, "c", 4);
    put(index, kRoot, "d", 5);
    index.end_below(2, 0);
    CHECK(index.live() == 2);
    CHECK(index.ended() == 3);
    CHECK(index.path_of(2) == "/a");
    CHECK(index.path_of(4) == "/a/b/c");
    CHECK(index.lives(5));
    CHECK_FALSE(index.child(kRoot, "a"));
}

TEST_CASE("an ended folder that comes back is a living one, once") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    index.end_below(2, 0);
    CHECK(put(index, kRoot, "b", 2));
    CHECK(index.path_of(2) == "/b");
    CHECK(index.ended() == 0);
}

TEST_CASE("a folder that is known in its place stays as it is") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    put(index, 2, "b", 3);
    index.set_watch(2, 20);
    CHECK(put(index, kRoot, "a", 2));
    CHECK(index.watch_of(2) == 20);
    CHECK(index.lives(3));
    CHECK(index.ended() == 0);
}

TEST_CASE("another folder of the same name ends the first") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    put(index, 2, "b", 3);
    CHECK(put(index, kRoot, "a", 4));
    CHECK(index.child(kRoot, "a") == 4);
    CHECK_FALSE(index.lives(2));
    CHECK_FALSE(index.lives(3));
    CHECK(index.path_of(3) == "/a/b");
}

TEST_CASE("a folder that is met elsewhere has moved") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    put(index, kRoot, "b", 3);
    CHECK(put(index, 3, "c", 2));
    CHECK(index.path_of(2) == "/b/c");
    CHECK_FALSE(index.child(kRoot, "a"));
    CHECK(index.live() == 3);
    CHECK(index.ended() == 0);
}

TEST_CASE("a folder that was moved below its own child is not lost in a ring") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    put(index, 2, "b", 3);
    CHECK(index.place(3, "a", 2, 1, 0) == Placed::parent_ended);
    CHECK(index.live() == 1);
    CHECK(index.path_of(3) == "/a/b");
    CHECK(index.place(3, "x", kRoot, 1, 0) == Placed::beyond_limits);
    CHECK(index.path_of(kRoot) == "/");
}

TEST_CASE("folders beyond the limit of living ones stay unknown") {
    CgroupIndex index(kRoot, few(3, 8));
    CHECK(put(index, kRoot, "a", 2));
    CHECK(put(index, kRoot, "b", 3));
    CHECK(index.place(kRoot, "c", 4, 1, 0) == Placed::beyond_limits);
    CHECK_FALSE(index.path_of(4));
    CHECK(put(index, kRoot, "b", 3));  // known already
    index.end_below(2, 0);
    CHECK(put(index, kRoot, "c", 4));
}

TEST_CASE("folders deeper than 64 or with a path of PATH_MAX octets stay unknown") {
    CgroupIndex index(kRoot, {});
    uint64_t id = kRoot;
    for (uint64_t depth = 1; depth <= 64; ++depth, ++id) REQUIRE(put(index, id, "d", id + 1));
    CHECK(index.place(id, "d", id + 1, 1, 0) == Placed::beyond_limits);

    CgroupIndex longest(kRoot, {});
    for (id = kRoot; id < kRoot + 15; ++id) REQUIRE(put(longest, id, std::string(255, 'n'), id + 1));
    REQUIRE(longest.path_of(id)->size() == 3840);
    CHECK(longest.place(id, std::string(255, 'n'), 98, 1, 0) == Placed::beyond_limits);  // 4096 octets
    CHECK(put(longest, id, std::string(254, 'n'), 99));  // 4095 octets and a NUL are PATH_MAX
}

TEST_CASE("the oldest ended folders are forgotten first") {
    CgroupIndex index(kRoot, few(100, 2));
    for (uint64_t id = 2; id < 5; ++id) put(index, kRoot, std::to_string(id), id);
    for (uint64_t id = 2; id < 5; ++id) index.end_below(id, id);
    CHECK(index.ended() == 2);
    CHECK_FALSE(index.path_of(2));
    CHECK(index.path_of(3) == "/3");
    CHECK(index.path_of(4) == "/4");
}

TEST_CASE("ended folders are forgotten once they are older than `keep`") {
    CgroupTreeLimits limits;
    limits.keep = std::chrono::milliseconds(10);
    CgroupIndex index(kRoot, limits);
    put(index, kRoot, "a", 2);
    put(index, kRoot, "b", 3);
    index.end_below(2, 1'000'000);
    index.end_below(3, 2'000'000);
    index.forget_older(11'000'000);
    CHECK(index.path_of(2) == "/a");
    index.forget_older(11'000'001);
    CHECK_FALSE(index.path_of(2));
    CHECK(index.path_of(3) == "/b");
}

TEST_CASE("long paths of ended folders take 4 MiB at most") {
    CgroupIndex index(kRoot, {});
    uint64_t id = kRoot;
    for (; id < 16; ++id) REQUIRE(put(index, id, std::string(255, 'n'), id + 1));
    const size_t path = 3840 + 1 + 6;
    const uint64_t parent = id, first = 100'000;
    for (uint64_t leaf = first; leaf < first + 2000; ++leaf) {
        REQUIRE(put(index, parent, std::to_string(leaf), leaf));
        index.end_below(leaf, 0);
    }
    CHECK(index.ended() == 4 * 1024 * 1024 / path);
    CHECK(index.path_of(first + 1999));
    CHECK_FALSE(index.path_of(first));
}

TEST_CASE("a walk ends what it did not see, and what lies below") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2, 1);
    put(index, 2, "b", 3, 1);
    put(index, kRoot, "c", 4, 1);
    put(index, kRoot, "c", 4, 2);
    index.end_unseen(2, 0);
    CHECK(index.lives(kRoot));
    CHECK(index.lives(4));
    CHECK(index.live() == 2);
    CHECK(index.path_of(3) == "/a/b");

    for (uint64_t depth = 0; depth < 50; ++depth) {  // in whatever order they are met
        put(index, depth == 0 ? kRoot : 99 + depth, "rising", 100 + depth, 1);
        put(index, depth == 0 ? kRoot : 1001 - depth, "falling", 1000 - depth, 1);
    }
    index.end_unseen(2, 0);
    CHECK(index.live() == 2);
    CHECK(index.ended() == 102);
}

TEST_CASE("the watches of ended folders are handed out once") {
    CgroupIndex index(kRoot, {});
    put(index, kRoot, "a", 2);
    put(index, 2, "b", 3);
    put(index, 2, "c", 4);
    CHECK(index.watch_of(2) == -1);
    index.set_watch(2, 20);
    index.set_watch(3, 30);
    CHECK(index.watched_by(30) == 3);
    CHECK(index.watches() == 2);
    index.lose_watch(30);
    CHECK_FALSE(index.watched_by(30));
    CHECK(index.watch_of(3) == -1);
    index.lose_watch(77);
    index.end_below(2, 0);
    CHECK(index.take_idle_watches() == std::vector<int>{20});
    CHECK(index.take_idle_watches().empty());
    CHECK(index.watches() == 0);
}
