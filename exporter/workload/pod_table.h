// The pods of this node, by what a cgroup's path tells of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/workload/pods.h"

namespace dnsexp {

struct PodTableLimits {
    // How long a pod that ended keeps its entry, so that its last counts keep their names. Ended ones are
    // taken out when the table is written to, so they may stay longer.
    std::chrono::seconds keep{600};
    size_t most_pods = 2'048;     // ended ones included; when it is full, those that ended first make room
    size_t most_containers = 64;  // of one pod, ended ones included; the oldest make room
};

struct FoundContainer {
    std::shared_ptr<const Pod> pod;
    std::string name;
};

// Thread-safe: one writer and any number of readers. What a reader got stays as it was.
class PodTable {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit PodTable(PodTableLimits limits = {}) : limits_(limits) {}

    // Adds the pod, or replaces the one with its uid; containers that it no longer names are kept.
    void put(Pod pod, Time now);
    // The pod ended. An unknown uid is no error.
    void end(const std::string& uid, Time now);
    // These are all pods that there are: the others ended.
    void replace(std::vector<Pod> pods, Time now);

    // By uid, or by config hash; null where unknown.
    [[nodiscard]] std::shared_ptr<const Pod> by_uid(std::string_view uid) const;
    [[nodiscard]] std::optional<FoundContainer> by_container(std::string_view id) const;

    [[nodiscard]] size_t size() const;
    [[nodiscard]] uint64_t refused() const;  // times that a pod found the table full of running ones

  private:
    struct Entry {
        std::shared_ptr<const Pod> pod;
        std::optional<Time> ended;
    };
    struct TextHash {
        using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library's word
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    template <typename Value>
    using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

    // The caller of these holds the lock.
    void put_locked(Pod pod, Time now);
    void erase(const std::string& uid);
    void expire(Time now);
    bool make_room();

    const PodTableLimits limits_;
    mutable std::shared_mutex mutex_;
    ByText<Entry> pods_;              // by uid
    ByText<std::string> hashes_;      // config hash -> uid
    ByText<std::string> containers_;  // container id -> uid
    uint64_t refused_ = 0;
};

}  // namespace dnsexp
