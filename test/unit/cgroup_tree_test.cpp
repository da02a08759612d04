#include "exporter/workload/cgroup_tree.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <thread>

#include "test/support/cgroup_folders.h"

using namespace dnsexp;
using namespace dnsexp::test;
using namespace std::chrono_literals;

namespace {

bool readable(const CgroupTree& tree) {
    pollfd waiting = {tree.fd(), POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
}

size_t open_descriptors() {
    const fs::directory_iterator folder("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(folder), end(folder)));
}

fs::path writable_cgroup2() {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs status = {};
        if (statfs(path, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC && access(path, W_OK) == 0)
            return path;
    }
    return {};
}

// The kernel's own id of a cgroup: its file handle (kernfs: type 0xfe, the id in 8 octets).
uint64_t kernel_id(const fs::path& path) {
    alignas(file_handle) char space[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
    auto* handle = reinterpret_cast<file_handle*>(space);
    handle->handle_bytes = MAX_HANDLE_SZ;
    int mount = 0;
    REQUIRE(name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount, 0) == 0);
    REQUIRE(handle->handle_bytes == sizeof(uint64_t));
    uint64_t id = 0;
    std::memcpy(&id, handle->f_handle, sizeof id);
    return id;
}

}  // namespace

TEST_CASE("a tree knows what is there when it opens") {
    const Folder root;
    const fs::path service = root.make("system.slice/nginx.service");
    std::ofstream(root.path / "cgroup.procs") << "1\n";
    auto tree = open_tree(root.path);
    CHECK(tree->path_of(id_of(root.path)) == "/");
    CHECK(tree->path_of(id_of(root.path / "system.slice")) == "/system.slice");
    CHECK(tree->path_of(id_of(service)) == "/system.slice/nginx.service");
    CHECK_FALSE(tree->path_of(id_of(root.path / "cgroup.procs")));
    CHECK(tree->use().live == 3);
    CHECK(tree->use().watches == 3);
    CHECK(kernel_watches(tree->fd()) == 3);
}

TEST_CASE("a root that is no folder is an error that names it") {
    const Folder root;
    const auto missing = CgroupTree::open(root.path / "missing");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().errnum == ENOENT);
    CHECK(missing.error().message().find("missing") != std::string::npos);
    std::ofstream(root.path / "file") << "x";
    const auto file = CgroupTree::open(root.path / "file");
    REQUIRE_FALSE(file);
    CHECK(file.error().errnum == ENOTDIR);
}

TEST_CASE("events bring new folders, and what was in them before their watch") {
    const Folder root;
    auto tree = open_tree(root.path, without_walks());
    spend_walk(*tree);
    CHECK_FALSE(readable(*tree));
    const fs::path deep = root.make("a/b/c");
    CHECK(readable(*tree));
    poll_well(*tree);
    CHECK(tree->path_of(id_of(deep)) == "/a/b/c");
    const fs::path later = root.make("a/b/c/d");  // the watches of those that came by events work
    poll_well(*tree);
    CHECK(tree->path_of(id_of(later)) == "/a/b/c/d");
    CHECK(tree->use().walks == 2);
    CHECK(tree->use().watches == 5);
}

TEST_CASE("a folder that ended keeps its path for a while") {
    const Folder root;
    CgroupTreeLimits limits = without_walks();
    limits.keep = 200ms;
    auto tree = open_tree(root.path, limits);
    spend_walk(*tree);
    const fs::path inner = root.make("job/inner");
    poll_well(*tree);
    const uint64_t job = id_of(root.path / "job"), in_job = id_of(inner);
    fs::remove_all(root.path / "job");
    poll_well(*tree);
    CHECK(tree->use().live == 1);
    CHECK(tree->path_of(job) == "/job");
    CHECK(tree->path_of(in_job) == "/job/inner");
    CHECK(kernel_watches(tree->fd()) == 1);
    std::this_thread::sleep_for(250ms);
    CHECK_FALSE(tree->path_of(job));
    poll_well(*tree);
    CHECK(tree->use().ended == 0);
}

TEST_CASE("a question reads the events that wait") {
    const Folder root;
    auto tree = open_tree(root.path, without_walks());
    spend_walk(*tree);
    CHECK(tree->path_of(id_of(root.make("a"))) == "/a");
    CHECK(tree->use().walks == 2);
}

TEST_CASE("a folder that is gone before its event was read is counted") {
    const Folder root;
    auto tree = open_tree(root.path, without_walks());
    const uint64_t id = id_of(root.make("short"));
    fs::remove(root.path / "short");
    poll_well(*tree);
    CHECK(tree->use().gone_early == 1);
    CHECK_FALSE(tree->path_of(id));
    CHECK(tree->use().live == 1);
}

TEST_CASE("a renamed folder takes those below it along") {
    const Folder root;
    const fs::path inner = root.make("old/inner");
    auto tree = open_tree(root.path, without_walks());
    spend_walk(*tree);
    fs::rename(root.path / "old", root.path / "new");
    poll_well(*tree);
    CHECK(tree->path_of(id_of(root.path / "new")) == "/new");
    CHECK(tree->path_of(id_of(root.path / "new/inner")) == "/new/inner");
    CHECK(tree->use().live == 3);
    CHECK(tree->use().ended == 0);
    const fs::path later = root.make("new/inner/later");
    poll_well(*tree);
    CHECK(tree->path_of(id_of(later)) == "/new/inner/later");
    CHECK(kernel_watches(tree->fd()) == 4);
}

TEST_CASE("a folder that is moved out of the hierarchy has ended, one that is moved in is new") {
    const Folder root, elsewhere;
    const fs::path inner = root.make("a/b");
    const uint64_t id = id_of(inner);
    auto tree = open_tree(root.path, without_walks());
    spend_walk(*tree);
    fs::rename(root.path / "a", elsewhere.path / "a");
    poll_well(*tree);
    CHECK(tree->use().live == 1);
    CHECK(tree->path_of(id) == "/a/b");
    CHECK(kernel_watches(tree->fd()) == 1);
    fs::rename(elsewhere.path / "a", root.path / "back");
    poll_well(*tree);
    CHECK(tree->path_of(id) == "/back/b");
    CHECK(tree->use().ended == 0);
}

TEST_CASE("a parent that is renamed before an event is read does no harm") {
    const Folder root;
    root.make("parent");
    auto tree = open_tree(root.path, without_walks());
    spend_walk(*tree);
    const uint64_t child = id_of(root.make("parent/child"));
    fs::rename(root.path / "parent", root.path / "moved");
    const uint64_t other = id_of(root.make("parent/child"));  // another folder under the old name
    poll_well(*tree);
    CHECK(tree->path_of(child) == "/moved/child");
    CHECK(tree->path_of(other) == "/parent/child");
}

TEST_CASE("a folder that went and came again under its name is the new one") {
    const Folder root;
    auto tree = open_tree(root.path, without_walks());
    spend_walk(*tree);
    root.make("job");
    fs::remove(root.path / "job");
    const uint64_t second = id_of(root.make("job"));
    poll_well(*tree);
    CHECK(tree->path_of(second) == "/job");
    CHECK(tree->use().live == 2);
    const uint64_t inner = id_of(root.make("job/inner"));
    poll_well(*tree);
    CHECK(tree->path_of(inner) == "/job/inner");
}

TEST_CASE("symlinks are not followed") {
    const Folder root, outside;
    const uint64_t secret = id_of(outside.make("secret"));
    fs::create_directory_symlink(outside.path, root.path / "before");
    auto tree = open_tree(root.path);
    fs::create_directory_symlink(outside.path, root.path / "after");
    root.make("swapped");
    fs::remove(root.path / "swapped");
    fs::create_directory_symlink(outside.path, root.path / "swapped");  // before its event is read
    poll_well(*tree);
    CHECK_FALSE(tree->path_of(secret));
    CHECK_FALSE(tree->path_of(id_of(outside.path)));
    CHECK(tree->use().live == 1);
}

TEST_CASE("files are no cgroups, not even lost ones") {
    const Folder root;
    auto tree = open_tree(root.path);
    std::ofstream(root.path / "file") << "x";
    poll_well(*tree);
    CHECK(tree->use().live == 1);
    CHECK(tree->use().gone_early == 0);
}

TEST_CASE("mounts below the root are left out") {
    const Folder root;
    const fs::path mounted = root.make("mounted");
    std::string why;
    std::optional<std::string> path;
    uint64_t id = 0, live = 0;
    // The mount goes with the thread, which has a mount namespace of its own.
    std::thread([&] {
        struct stat status = {};
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("none", mounted.c_str(), "tmpfs", 0, nullptr) != 0 ||
            mkdir((mounted / "inner").c_str(), 0755) != 0 || stat(mounted.c_str(), &status) != 0) {
            why = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): no other thread uses it
            return;
        }
        id = status.st_ino;
        auto tree = CgroupTree::open(root.path);
        if (!tree) return;
        path = tree.value()->path_of(id);
        live = tree.value()->use().live;
    }).join();
    if (!why.empty()) {
        WARN("skipped: can't mount in a namespace of this test's own: " << why);
        return;
    }
    REQUIRE(id != id_of(root.path));
    CHECK(path.value_or("") != "/mounted");
    CHECK(live == 1);
}

TEST_CASE("a tree stays bounded while thousands of folders come and go") {
    const Folder root;
    CgroupTreeLimits limits;
    limits.most_ended = 100;
    auto tree = open_tree(root.path, limits);
    const size_t descriptors = open_descriptors();
    size_t most_live = 0;
    for (int made = 0; made < 5000; ++made) {
        const std::string name = "pod" + std::to_string(made);
        const fs::path container = root.make(name + "/container");
        const uint64_t id = id_of(container);
        poll_well(*tree);
        CHECK(tree->path_of(id) == "/" + name + "/container");
        fs::remove_all(root.path / name);
        if (made % 7 == 0) poll_well(*tree);
        most_live = std::max(most_live, tree->use().live);
    }
    poll_well(*tree);
    CHECK(most_live <= 1 + 2 * 7);
    CHECK(tree->use().live == 1);
    CHECK(tree->use().ended <= 100);
    CHECK(tree->use().watches == 1);
    CHECK(kernel_watches(tree->fd()) == 1);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a real cgroup's id is its inode number, and it can be asked for after its end") {
    const fs::path mount = writable_cgroup2();
    if (mount.empty() || geteuid() != 0) {
        WARN("skipped: needs root and a writable cgroup2 mount");
        return;
    }
    auto tree = open_tree(mount, without_walks());
    spend_walk(*tree);
    const CgroupTreeUse before = tree->use();
    const size_t watches_before = kernel_watches(tree->fd());
    const fs::path slice = mount / ("dnsexp-test-" + std::to_string(getpid()) + ".slice");
    REQUIRE(mkdir(slice.c_str(), 0755) == 0);
    REQUIRE(mkdir((slice / "a.service").c_str(), 0755) == 0);
    const uint64_t id = kernel_id(slice / "a.service");
    CHECK(id == id_of(slice / "a.service"));
    poll_well(*tree);
    const std::string path = "/" + slice.filename().string() + "/a.service";
    CHECK(tree->path_of(id) == path);
    CHECK(rmdir((slice / "a.service").c_str()) == 0);
    poll_well(*tree);
    CHECK(tree->path_of(id) == path);
    CHECK(tree->use().live == before.live + 1);
    for (int made = 0; made < 100; ++made) {
        mkdir((slice / "b.service").c_str(), 0755);
        poll_well(*tree);
        rmdir((slice / "b.service").c_str());
    }
    CHECK(rmdir(slice.c_str()) == 0);
    poll_well(*tree);
    CHECK(tree->use().live == before.live);
    CHECK(tree->use().walks == before.walks);
    CHECK(kernel_watches(tree->fd()) == watches_before);  // the kernel doesn't drop a cgroup's watch itself
}
