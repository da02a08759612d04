// The folders of a cgroup hierarchy as they are known: those that live, by id and by place, and those that
// ended. No input or output; cgroup_tree.h keeps it true.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dnsexp {

struct CgroupTreeLimits {
    std::chrono::milliseconds keep = std::chrono::minutes(10);     // how long an ended cgroup stays known
    std::chrono::milliseconds walk_gap = std::chrono::seconds(1);  // least time between two full walks
    size_t most_ended = 8'192;     // cgroups that ended; beyond it the oldest is forgotten
    size_t most_live = 65'536;     // cgroups that live; beyond it a new one stays unknown
    size_t most_watches = 65'536;  // inotify watches taken; fs.inotify.max_user_watches may allow fewer
};

// Deeper than any runtime nests, and so shallow that a walk may hold one descriptor a level.
constexpr size_t kMostCgroupDepth = 64;
constexpr size_t kMostEndedOctets = 4'194'304;  // of paths; the oldest are forgotten beyond it

// Functions that take the id of a living folder may only be given one (`lives`). Not thread-safe.
class CgroupIndex {
  public:
    enum class Placed { yes, beyond_limits, parent_ended };

    CgroupIndex(uint64_t root_id, const CgroupTreeLimits& limits);

    [[nodiscard]] bool lives(uint64_t id) const { return live_.contains(id); }
    [[nodiscard]] size_t live() const { return live_.size(); }
    [[nodiscard]] size_t ended() const { return ended_.size(); }

    // "/" for the root; nothing for an id that neither lives nor is remembered.
    [[nodiscard]] std::optional<std::string> path_of(uint64_t id) const;
    [[nodiscard]] std::optional<uint64_t> child(uint64_t parent, std::string_view name) const;
    // The names from below the root down to a living folder.
    [[nodiscard]] std::vector<std::string> names_to(uint64_t id) const;

    // Puts a folder where it is, at time `now_ns` and seen by walk number `walk`. Another folder that was
    // there, or this one elsewhere, ends first, with all below it.
    Placed place(uint64_t parent, std::string_view name, uint64_t id, uint64_t walk, uint64_t now_ns);
    // Ends a living folder, but the root, and all below it.
    void end_below(uint64_t top, uint64_t now_ns);
    // Ends all that walk number `walk` did not see.
    void end_unseen(uint64_t walk, uint64_t now_ns);
    void forget_older(uint64_t now_ns);

    // The inotify watch of a living folder, -1 for none.
    [[nodiscard]] int watch_of(uint64_t id) const { return live_.at(id).watch; }
    [[nodiscard]] size_t watches() const { return by_watch_.size(); }
    [[nodiscard]] std::optional<uint64_t> watched_by(int watch) const;
    void set_watch(uint64_t id, int watch);
    void lose_watch(int watch);
    // The watches of folders that ended since the last call.
    std::vector<int> take_idle_watches();

  private:
    // A folder. Its name is the key in its parent's `children`, which it views.
    struct Node {
        uint64_t parent;
        std::string_view name;
        size_t depth;
        size_t path_length;
        uint64_t seen_by;  // the last walk that met it
        int watch = -1;
        std::map<std::string, uint64_t, std::less<>> children;
    };
    struct Ended {
        uint64_t id;
        std::string path;
        uint64_t at_ns;
    };

    [[nodiscard]] std::string live_path(uint64_t id) const;
    void end_one(uint64_t id, uint64_t now_ns);
    void forget_ended(uint64_t id);

    uint64_t root_id_;
    CgroupTreeLimits limits_;
    std::unordered_map<uint64_t, Node> live_;
    std::unordered_map<int, uint64_t> by_watch_;
    std::vector<int> idle_watches_;
    std::list<Ended> ended_;  // oldest first
    std::unordered_map<uint64_t, std::list<Ended>::iterator> ended_by_id_;
    size_t ended_octets_ = 0;
};

}  // namespace dnsexp
