#include "exporter/workload/pod_table.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

namespace dnsexp {
namespace {

// A container that was restarted has a new id; what the old one asked is still to be named.
void keep_old_containers(Pod& pod, const Pod& before, size_t most) {
    std::vector<PodContainer> old;
    for (const PodContainer& container : before.containers) {
        const bool named = std::any_of(pod.containers.begin(), pod.containers.end(),
                                       [&](const PodContainer& other) { return other.id == container.id; });
        if (!named) old.push_back(container);
    }
    // Oldest first, so that what is cut off is the oldest.
    pod.containers.insert(pod.containers.begin(), old.begin(), old.end());
    if (pod.containers.size() > most)
        pod.containers.erase(pod.containers.begin(), pod.containers.end() - static_cast<ptrdiff_t>(most));
}

}  // namespace

void PodTable::put(Pod pod, Time now) {
    const std::unique_lock lock(mutex_);
    expire(now);
    put_locked(std::move(pod), now);
}

void PodTable::end(const std::string& uid, Time now) {
    const std::unique_lock lock(mutex_);
    expire(now);
    const auto found = pods_.find(uid);
    if (found != pods_.end() && !found->second.ended) found->second.ended = now;
}

void PodTable::replace(std::vector<Pod> pods, Time now) {
    const std::unique_lock lock(mutex_);
    std::unordered_set<std::string> there;
    for (const Pod& pod : pods) there.insert(pod.uid);
    for (auto& [uid, entry] : pods_)
        if (!there.contains(uid) && !entry.ended) entry.ended = now;
    expire(now);
    for (Pod& pod : pods) put_locked(std::move(pod), now);
}

void PodTable::put_locked(Pod pod, Time now) {
    std::optional<Time> ended;
    if (pod.finished) ended = now;
    if (const auto found = pods_.find(pod.uid); found != pods_.end()) {
        keep_old_containers(pod, *found->second.pod, limits_.most_containers);
        if (pod.finished && found->second.ended) ended = found->second.ended;
        erase(pod.uid);
    } else if (pods_.size() >= limits_.most_pods && !make_room()) {
        ++refused_;
        return;
    }
    const std::string uid = pod.uid;
    if (!pod.config_hash.empty()) hashes_.insert_or_assign(pod.config_hash, uid);
    for (const PodContainer& container : pod.containers) containers_.insert_or_assign(container.id, uid);
    pods_.emplace(uid, Entry{std::make_shared<const Pod>(std::move(pod)), ended});
}

void PodTable::erase(const std::string& uid) {
    const auto found = pods_.find(uid);
    const Pod& pod = *found->second.pod;
    // A newer pod may have taken over a config hash (a mirror that was made anew).
    const auto drop = [&](ByText<std::string>& index, const std::string& key) {
        if (const auto at = index.find(key); at != index.end() && at->second == pod.uid) index.erase(at);
    };
    drop(hashes_, pod.config_hash);
    for (const PodContainer& container : pod.containers) drop(containers_, container.id);
    pods_.erase(found);
}

void PodTable::expire(Time now) {
    std::vector<std::string> old;
    for (const auto& [uid, entry] : pods_)
        if (entry.ended && now - *entry.ended >= limits_.keep) old.push_back(uid);
    for (const std::string& uid : old) erase(uid);
}

bool PodTable::make_room() {
    const Entry* first = nullptr;
    for (const auto& [uid, entry] : pods_)
        if (entry.ended && (first == nullptr || *entry.ended < *first->ended)) first = &entry;
    if (first == nullptr) return false;
    const std::string uid = first->pod->uid;
    erase(uid);
    return true;
}

std::shared_ptr<const Pod> PodTable::by_uid(std::string_view uid) const {
    const std::shared_lock lock(mutex_);
    auto found = pods_.find(uid);
    if (found == pods_.end()) {
        const auto hash = hashes_.find(uid);
        if (hash == hashes_.end()) return nullptr;
        found = pods_.find(hash->second);
    }
    return found == pods_.end() ? nullptr : found->second.pod;
}

std::optional<FoundContainer> PodTable::by_container(std::string_view id) const {
    const std::shared_lock lock(mutex_);
    const auto found = containers_.find(id);
    if (found == containers_.end()) return std::nullopt;
    const std::shared_ptr<const Pod>& pod = pods_.find(found->second)->second.pod;
    for (const PodContainer& container : pod->containers)
        if (container.id == id) return FoundContainer{pod, container.name};
    return std::nullopt;
}

size_t PodTable::size() const {
    const std::shared_lock lock(mutex_);
    return pods_.size();
}

uint64_t PodTable::refused() const {
    const std::shared_lock lock(mutex_);
    return refused_;
}

}  // namespace dnsexp
