#include "exporter/workload/cgroup_index.h"

#include <linux/limits.h>

#include <algorithm>
#include <utility>

namespace dnsexp {

CgroupIndex::CgroupIndex(uint64_t root_id, const CgroupTreeLimits& limits)
    : root_id_(root_id), limits_(limits) {
    live_.emplace(root_id_, Node{.parent = root_id_,
                                 .name = {},
                                 .depth = 0,
                                 .path_length = 0,
                                 .seen_by = 0,
                                 .watch = -1,
                                 .children = {}});
}

std::vector<std::string> CgroupIndex::names_to(uint64_t id) const {
    std::vector<std::string> names;
    while (id != root_id_) {
        const Node& node = live_.at(id);
        names.emplace_back(node.name);
        id = node.parent;
    }
    std::reverse(names.begin(), names.end());
    return names;
}

std::string CgroupIndex::live_path(uint64_t id) const {
    if (id == root_id_) return "/";
    std::string path;
    for (const std::string& name : names_to(id)) path.append("/").append(name);
    return path;
}

std::optional<std::string> CgroupIndex::path_of(uint64_t id) const {
    if (lives(id)) return live_path(id);
    const auto ended = ended_by_id_.find(id);
    if (ended == ended_by_id_.end()) return std::nullopt;
    return ended->second->path;
}

std::optional<uint64_t> CgroupIndex::child(uint64_t parent, std::string_view name) const {
    const auto found = live_.find(parent);
    if (found == live_.end()) return std::nullopt;
    const auto place = found->second.children.find(name);
    if (place == found->second.children.end()) return std::nullopt;
    return place->second;
}

CgroupIndex::Placed CgroupIndex::place(uint64_t parent_id, std::string_view name, uint64_t id, uint64_t walk,
                                       uint64_t now_ns) {
    if (id == root_id_) return Placed::beyond_limits;  // the root, bound below itself
    const auto there = child(parent_id, name);
    if (there == id) {
        live_.at(id).seen_by = walk;
        return Placed::yes;
    }
    if (there) end_below(*there, now_ns);
    if (lives(id)) end_below(id, now_ns);
    const auto found = live_.find(parent_id);
    if (found == live_.end()) return Placed::parent_ended;  // it was below the folder that moved
    Node& parent = found->second;
    const size_t length = parent.path_length + 1 + name.size();
    if (live_.size() >= limits_.most_live || parent.depth >= kMostCgroupDepth || length >= PATH_MAX)
        return Placed::beyond_limits;
    forget_ended(id);
    const auto place = parent.children.emplace(name, id).first;
    live_.emplace(id, Node{.parent = parent_id,
                           .name = place->first,
                           .depth = parent.depth + 1,
                           .path_length = length,
                           .seen_by = walk,
                           .watch = -1,
                           .children = {}});
    return Placed::yes;
}

// Leaves first: a node's path needs the nodes above it.
void CgroupIndex::end_below(uint64_t top, uint64_t now_ns) {
    std::vector<uint64_t> ids{top};
    for (size_t at = 0; at < ids.size(); ++at)
        for (const auto& [name, child] : live_.at(ids[at]).children) ids.push_back(child);
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) end_one(*id, now_ns);
}

void CgroupIndex::end_one(uint64_t id, uint64_t now_ns) {
    const Node& node = live_.at(id);
    if (node.watch >= 0) {
        by_watch_.erase(node.watch);
        idle_watches_.push_back(node.watch);
    }
    ended_.push_back({id, live_path(id), now_ns});
    ended_octets_ += ended_.back().path.size();
    ended_by_id_.emplace(id, std::prev(ended_.end()));
    auto& siblings = live_.at(node.parent).children;
    siblings.erase(siblings.find(node.name));
    live_.erase(id);
    while (ended_.size() > limits_.most_ended || ended_octets_ > kMostEndedOctets)
        forget_ended(ended_.front().id);
}

void CgroupIndex::end_unseen(uint64_t walk, uint64_t now_ns) {
    std::vector<uint64_t> gone;
    for (const auto& [id, node] : live_)
        if (node.seen_by != walk && id != root_id_) gone.push_back(id);
    for (const uint64_t id : gone)
        if (lives(id)) end_below(id, now_ns);
}

void CgroupIndex::forget_ended(uint64_t id) {
    const auto found = ended_by_id_.find(id);
    if (found == ended_by_id_.end()) return;
    ended_octets_ -= found->second->path.size();
    ended_.erase(found->second);
    ended_by_id_.erase(found);
}

void CgroupIndex::forget_older(uint64_t now_ns) {
    const auto keep = static_cast<uint64_t>(std::chrono::nanoseconds(limits_.keep).count());
    while (!ended_.empty() && now_ns - ended_.front().at_ns > keep) forget_ended(ended_.front().id);
}

std::optional<uint64_t> CgroupIndex::watched_by(int watch) const {
    const auto found = by_watch_.find(watch);
    if (found == by_watch_.end()) return std::nullopt;
    return found->second;
}

void CgroupIndex::set_watch(uint64_t id, int watch) {
    live_.at(id).watch = watch;
    by_watch_.insert_or_assign(watch, id);
}

void CgroupIndex::lose_watch(int watch) {
    if (const auto id = watched_by(watch)) live_.at(*id).watch = -1;
    by_watch_.erase(watch);
}

std::vector<int> CgroupIndex::take_idle_watches() {
    return std::exchange(idle_watches_, {});
}

}  // namespace dnsexp
