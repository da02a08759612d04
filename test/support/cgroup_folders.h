// A folder on disk and a CgroupTree over it, for the tests of the tree.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "exporter/workload/cgroup_tree.h"

namespace dnsexp::test {

namespace fs = std::filesystem;

// A folder that goes with what is in it; in memory where that can be had, since tests make thousands.
struct Folder {
    fs::path path;
    Folder() {
        const fs::path memory = "/dev/shm";
        const bool in_memory = access(memory.c_str(), W_OK) == 0;
        std::string name = (in_memory ? memory : fs::temp_directory_path()) / "dnsexp-cgroup-XXXXXX";
        if (mkdtemp(name.data()) != nullptr) path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        if (!path.empty()) fs::remove_all(path, ignored);
    }
    fs::path make(const std::string& below) const {
        fs::create_directories(path / below);
        return path / below;
    }
};

inline uint64_t id_of(const fs::path& path) {
    struct stat status = {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_ino;
}

inline std::unique_ptr<CgroupTree> open_tree(const fs::path& root, const CgroupTreeLimits& limits = {}) {
    auto tree = CgroupTree::open(root, limits);
    REQUIRE(tree);
    return std::move(tree).value();
}

inline void poll_well(CgroupTree& tree) {
    auto polled = tree.poll();
    INFO((polled ? "" : polled.error().message()));
    REQUIRE(polled);
}

// So that a test sees what events alone bring.
inline CgroupTreeLimits without_walks() {
    CgroupTreeLimits limits;
    limits.walk_gap = std::chrono::hours(1);
    return limits;
}

// Uses up the walk that the first unknown id may have.
inline void spend_walk(CgroupTree& tree) {
    const uint64_t walks = tree.use().walks;
    CHECK_FALSE(tree.path_of(UINT64_MAX));
    REQUIRE(tree.use().walks == walks + 1);
}

// What the kernel holds for an inotify descriptor.
inline size_t kernel_watches(int inotify) {
    std::ifstream info("/proc/self/fdinfo/" + std::to_string(inotify));
    size_t count = 0;
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("inotify wd:")) ++count;
    return count;
}

}  // namespace dnsexp::test
