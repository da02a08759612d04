// The walks of exporter/workload/cgroup_tree.h, which bring what inotify can't.
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <thread>

#include "test/support/cgroup_folders.h"

using namespace dnsexp;
using namespace dnsexp::test;
using namespace std::chrono_literals;

namespace {

CgroupTreeLimits without_watches() {
    CgroupTreeLimits limits;
    limits.most_watches = 0;
    limits.walk_gap = 0ms;
    return limits;
}

// For what only a walk brings, which may have to wait until the last one is long enough ago.
template <typename Condition>
bool soon(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition())
        if (std::chrono::steady_clock::now() > end) return false;
    return true;
}

}  // namespace

TEST_CASE("an unknown id makes one walk a second at most") {
    const Folder root;
    auto tree = open_tree(root.path);
    CHECK(tree->use().walks == 1);
    const auto start = std::chrono::steady_clock::now();
    for (uint64_t id = 0; id < 1000; ++id) CHECK_FALSE(tree->path_of(UINT64_MAX - id));
    if (std::chrono::steady_clock::now() - start < 1s) CHECK(tree->use().walks == 2);
    std::this_thread::sleep_for(1100ms);
    CHECK_FALSE(tree->path_of(UINT64_MAX));
    CHECK(tree->use().walks >= 3);
}

TEST_CASE("without watches the tree lives by walks") {
    const Folder root;
    const fs::path before = root.make("before");
    auto tree = open_tree(root.path, without_watches());
    CHECK(tree->use().watches == 0);
    CHECK(tree->path_of(id_of(before)) == "/before");
    const uint64_t asked = id_of(root.make("asked"));
    CHECK(soon([&] { return tree->path_of(asked) == "/asked"; }));
    const uint64_t polled = id_of(root.make("polled"));
    CHECK(soon([&] {
        poll_well(*tree);
        return tree->use().live == 4;
    }));
    fs::remove(root.path / "polled");
    CHECK(soon([&] {
        poll_well(*tree);
        return tree->use().live == 3;
    }));
    CHECK(tree->use().ended == 1);
    CHECK(tree->path_of(polled) == "/polled");
}

TEST_CASE("the folders beyond the last watch are found by walks") {
    const Folder root;
    CgroupTreeLimits limits;
    limits.most_watches = 2;
    limits.walk_gap = 0ms;
    root.make("a");
    auto tree = open_tree(root.path, limits);
    const fs::path deep = root.make("b/c");
    poll_well(*tree);
    const uint64_t later = id_of(root.make("b/c/d"));
    CHECK(soon([&] { return tree->path_of(later) == "/b/c/d"; }));
    CHECK(tree->use().watches == 2);
    CHECK(kernel_watches(tree->fd()) == 2);
}

TEST_CASE("walks end once every folder has a watch") {
    const Folder root;
    CgroupTreeLimits limits;
    limits.most_watches = 1;
    limits.walk_gap = 0ms;
    root.make("a");
    auto tree = open_tree(root.path, limits);
    fs::remove(root.path / "a");
    const auto settled = [&] {
        const uint64_t walks = tree->use().walks;
        for (int turn = 0; turn < 5; ++turn) {
            std::this_thread::sleep_for(20ms);
            poll_well(*tree);
        }
        return tree->use().walks == walks;
    };
    CHECK(soon(settled));
    CHECK(tree->use().live == 1);
    tree->path_of(UINT64_MAX);  // a walk that meets watched folders only
    CHECK(settled());
}

TEST_CASE("walks for want of watches keep apart, too") {
    const Folder root;
    CgroupTreeLimits limits = without_watches();
    limits.walk_gap = 1h;
    auto tree = open_tree(root.path, limits);
    for (int turn = 0; turn < 10; ++turn) poll_well(*tree);
    CHECK(tree->use().walks == 2);  // the first, and the one on demand that need not wait
}

TEST_CASE("a walk finds what lost events would have told") {
    size_t queue = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue;
    if (queue == 0 || queue > 50'000) {
        WARN("skipped: the queue of inotify is too long to overflow: " << queue);
        return;
    }
    const Folder root;
    const fs::path old = root.make("old");
    const uint64_t old_id = id_of(old);
    CgroupTreeLimits limits;
    limits.walk_gap = 1h;  // the first walk on demand comes at once
    auto tree = open_tree(root.path, limits);
    for (size_t made = 0; made <= queue / 2; ++made) {
        mkdir((root.path / "x").c_str(), 0755);
        rmdir((root.path / "x").c_str());
    }
    const uint64_t late = id_of(root.make("late/inner"));
    fs::remove(old);
    poll_well(*tree);
    CHECK(tree->use().walks == 2);
    CHECK(tree->path_of(late) == "/late/inner");
    CHECK(tree->path_of(old_id) == "/old");
    CHECK(tree->use().live == 3);
    CHECK(tree->use().gone_early > 0);
}

TEST_CASE("walks take a twentieth of the time however large the tree is") {
    using Clock = std::chrono::steady_clock;
    const Folder root;
    for (int made = 0; made < 200; ++made) root.make("a" + std::to_string(made) + "/b");
    Clock::duration one_walk = 1h;
    for (int measured = 0; measured < 5; ++measured) {
        const auto start = Clock::now();
        open_tree(root.path, without_watches());
        one_walk = std::min(one_walk, Clock::now() - start);
    }
    auto tree = open_tree(root.path, without_watches());
    const uint64_t before = tree->use().walks;
    const auto start = Clock::now();
    while (Clock::now() - start < one_walk * 60) tree->path_of(UINT64_MAX);
    CHECK(tree->use().walks - before <= 12);  // some 4; without the limit 60
    CHECK(tree->use().walks - before >= 1);
}

TEST_CASE("a folder that may not be read has a name all the same") {
    const Folder root;
    const fs::path closed = root.make("closed");
    const uint64_t id = id_of(closed), inner = id_of(root.make("closed/inner"));
    fs::permissions(root.path, fs::perms(0755));
    fs::permissions(closed, fs::perms::none);
    const bool is_root = geteuid() == 0;
    if (is_root) setfsuid(65534);  // this thread's file accesses are those of another user
    auto tree = open_tree(root.path);
    const auto path = tree->path_of(id), below = tree->path_of(inner);
    const auto polled = tree->poll();
    if (is_root) {
        setfsuid(0);
        prctl(PR_SET_DUMPABLE, 1);  // the change of user took it away
    }
    fs::permissions(closed, fs::perms::owner_all);
    CHECK(path == "/closed");
    CHECK_FALSE(below);
    CHECK(polled);
}

TEST_CASE("no descriptors left is an error that ends nothing and passes") {
    const Folder root;
    const uint64_t id = id_of(root.make("a/b/c/d"));
    auto tree = open_tree(root.path, without_watches());
    rlimit whole = {};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &whole) == 0);
    const UniqueFd next(dup(0));
    rlimit tight = {static_cast<rlim_t>(next.get()) + 2, whole.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    std::string message;
    const bool failed = soon([&] {
        auto polled = tree->poll();
        if (!polled) message = polled.error().message();
        return !polled;
    });
    REQUIRE(setrlimit(RLIMIT_NOFILE, &whole) == 0);
    CHECK(failed);
    CHECK(message.find("Too many open files") != std::string::npos);
    CHECK(tree->use().live == 5);
    CHECK(tree->path_of(id) == "/a/b/c/d");
    const uint64_t later = id_of(root.make("a/b/c/d/e"));
    CHECK(soon([&] { return tree->path_of(later) == "/a/b/c/d/e"; }));
    poll_well(*tree);
}

TEST_CASE("a chain of folders deeper than the limit does no harm") {
    const Folder root;
    std::string chain = "d";
    for (int depth = 1; depth < 200; ++depth) chain += "/d";
    root.make(chain);
    auto tree = open_tree(root.path);
    CHECK(tree->use().live == 1 + 64);
    poll_well(*tree);
}

TEST_CASE("a root that went away leaves what was known") {
    auto root = std::make_unique<Folder>();
    const uint64_t id = id_of(root->make("a"));
    auto tree = open_tree(root->path, without_watches());
    root.reset();
    poll_well(*tree);
    poll_well(*tree);
    CHECK(tree->path_of(id) == "/a");
    CHECK(tree->use().live == 1);
}
