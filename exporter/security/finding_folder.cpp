#include "exporter/security/finding_folder.h"

#include <algorithm>
#include <utility>

namespace dnsexp {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr size_t kShares = event_types * severities;
constexpr size_t kMaxKeys = kShares * FindingFolder::keys_of_share;
// A share's clients have a key each, or an open group, which opens for a client that has `keys_of_client`.
constexpr size_t kMaxClients =
    kMaxKeys + kShares * (FindingFolder::keys_of_share / FindingFolder::keys_of_client);

uint64_t& count_of(FindingCounts::Table& table, EventType type, Severity severity) {
    return table[static_cast<size_t>(type)][static_cast<size_t>(severity) - 1];
}

// A slot that is free, or a new one.
template <typename T>
uint32_t take_slot(std::vector<T>& slots, std::vector<uint32_t>& free) {
    if (free.empty()) {
        slots.emplace_back();
        return static_cast<uint32_t>(slots.size() - 1);
    }
    const uint32_t slot = free.back();
    free.pop_back();
    return slot;
}

constexpr auto kSameHash = [](uint32_t) { return true; };

}  // namespace

FindingFolder::FindingFolder(uint32_t window_seconds, std::function<void(Finding)> out)
    : out_(std::move(out)), key_index_(kMaxKeys), client_index_(kMaxClients) {
    set_window(window_seconds);
}

void FindingFolder::set_window(uint32_t window_seconds) {
    window_ns_ = window_seconds * kNsPerSecond;
}

bool FindingFolder::admit(EventType type, Severity severity, const ClientId& client, std::string_view domain,
                          uint64_t time_ns) {
    const Place place = find(type, severity, client, domain);
    if (needs_text(place, severity)) return true;
    fold(place, type, severity, client, domain, time_ns);
    return false;
}

void FindingFolder::raise(Finding finding) {
    const Place place = find(finding.type, finding.severity, finding.client, finding.domain);
    if (place.is_told) {
        tell_now(place, std::move(finding));
        return;
    }
    if (needs_text(place, finding.severity)) keep_text(place, finding);
    fold(place, finding.type, finding.severity, finding.client, finding.domain, finding.time_ns);
}

void FindingFolder::tick(uint64_t now_ns) {
    for (uint32_t key = 0; key < keys_.size(); ++key)
        if (keys_[key].told != Severity{} && keys_[key].folding.ends_ns <= now_ns) end_key(key, now_ns);
    for (uint32_t client = 0; client < clients_.size(); ++client) {
        Group& group = clients_[client].group;
        if (!group.open || group.folding.ends_ns > now_ns) continue;
        Share& its_share = share(group.folding.text.type, group.folding.text.severity);
        if (end_group(group, keys_of_client, now_ns)) continue;
        --its_share.places;
        release_client(client);
    }
    for (Share& one : shares_)
        if (one.group.open && one.group.folding.ends_ns <= now_ns)
            end_group(one.group, keys_of_share, now_ns);
}

FindingFolder::Place FindingFolder::find(EventType type, Severity severity, const ClientId& client,
                                         std::string_view domain) {
    Place place;
    place.key_hash = hash_bytes(domain, hash_of(type, Severity{}, client));
    place.key = key_index_.find(place.key_hash, kSameHash);
    if (place.key != KeyIndex::none && keys_[place.key].told >= severity) return place;
    place.client_hash = hash_of(type, severity, client);
    place.client = client_index_.find(place.client_hash, kSameHash);
    place.group = busy_group(type, severity, place.client);
    place.is_told = place.group == nullptr;
    return place;
}

// The group that takes a new key of this client (a slot, or none); null: there is a place for it.
FindingFolder::Group* FindingFolder::busy_group(EventType type, Severity severity, uint32_t client) {
    if (client != KeyIndex::none) {
        Client& known = clients_[client];
        if (known.group.open || known.keys >= keys_of_client) return &known.group;
    }
    Share& its_share = share(type, severity);
    return its_share.group.open || its_share.places >= keys_of_share ? &its_share.group : nullptr;
}

bool FindingFolder::needs_text(const Place& place, Severity severity) const {
    if (place.is_told) return true;
    if (place.group != nullptr) return place.group->folding.folded == 0;
    const Folding& folding = keys_[place.key].folding;
    return severity > folding.most && severity != folding.text.severity;
}

void FindingFolder::fold(const Place& place, EventType type, Severity severity, const ClientId& client,
                         std::string_view domain, uint64_t time_ns) {
    Folding& folding = place.group != nullptr ? place.group->folding : keys_[place.key].folding;
    ++folding.folded;
    folding.last_ns = std::max(folding.last_ns, time_ns);
    folding.most = std::max(folding.most, severity);
    ++count_of(counts_.folded, type, severity);
    if (place.group == nullptr) return;
    place.group->one_client = place.group->one_client && client == folding.text.client;
    place.group->one_domain = place.group->one_domain && domain == folding.text.domain;
}

void FindingFolder::keep_text(const Place& place, const Finding& finding) {
    if (place.group == nullptr) {
        keys_[place.key].folding.text = finding;
        return;
    }
    Group& group = *place.group;
    group.folding.text = finding;
    group.one_client = group.one_domain = true;
    if (group.open) return;
    group.open = true;
    group.folding.ends_ns = finding.time_ns + window_ns_;
    Share& its_share = share(finding.type, finding.severity);
    if (&group != &its_share.group) ++its_share.places;
}

void FindingFolder::tell_now(Place place, Finding finding) {
    if (place.key == KeyIndex::none) {
        place.key = take_slot(keys_, free_keys_);
        key_index_.insert(place.key_hash, place.key);
        keys_[place.key].hash = place.key_hash;
    } else {  // it was told less severely: this one stands for what was folded since
        finding.folded += keys_[place.key].folding.folded;
        unplace_key(keys_[place.key]);
    }
    Folding& folding = keys_[place.key].folding;
    folding = {};
    folding.text = finding;
    folding.ends_ns = finding.time_ns + window_ns_;
    place_key(place.key, place.client_hash, place.client, finding.severity);
    tell(std::move(finding));
}

void FindingFolder::tell(Finding finding) {
    ++count_of(counts_.raised, finding.type, finding.severity);
    out_(std::move(finding));
}

// `client`: the slot of the hash, or none.
void FindingFolder::place_key(uint32_t key, uint64_t client_hash, uint32_t client, Severity severity) {
    if (client == KeyIndex::none) {
        client = take_slot(clients_, free_clients_);
        client_index_.insert(client_hash, client);
        clients_[client].hash = client_hash;
    }
    ++clients_[client].keys;
    keys_[key].client = client;
    keys_[key].told = severity;
    ++share(keys_[key].folding.text.type, severity).places;
}

void FindingFolder::unplace_key(const Key& key) {
    --share(key.folding.text.type, key.told).places;
    --clients_[key.client].keys;
    release_client(key.client);
}

void FindingFolder::forget_key(uint32_t key) {
    unplace_key(keys_[key]);
    key_index_.erase(keys_[key].hash, key);
    keys_[key] = {};
    free_keys_.push_back(key);
}

void FindingFolder::release_client(uint32_t client) {
    if (clients_[client].keys > 0 || clients_[client].group.open) return;
    client_index_.erase(clients_[client].hash, client);
    clients_[client] = {};
    free_clients_.push_back(client);
}

void FindingFolder::end_key(uint32_t key, uint64_t now_ns) {
    Folding& folding = keys_[key].folding;
    if (folding.folded == 0) {
        forget_key(key);
        return;
    }
    Finding finding = folding.text;
    finding.folded = folding.folded;
    finding.time_ns = folding.last_ns;
    folding.folded = folding.last_ns = 0;
    folding.most = {};
    folding.ends_ns = now_ns + window_ns_;
    if (finding.severity != keys_[key].told) {  // all that came since was weaker
        const uint64_t hash = hash_of(finding.type, finding.severity, finding.client);
        const uint32_t client = client_index_.find(hash, kSameHash);
        if (busy_group(finding.type, finding.severity, client) != nullptr) {
            forget_key(key);
        } else {
            unplace_key(keys_[key]);
            place_key(key, hash, client, finding.severity);
        }
    }
    tell(std::move(finding));
}

// Whether it stays open: so much came that another window is likely to be as full.
bool FindingFolder::end_group(Group& group, uint32_t limit, uint64_t now_ns) {
    Folding& folding = group.folding;
    const bool is_busy = folding.folded >= limit;
    if (folding.folded > 0) {
        Finding finding = folding.text;
        if (!group.one_domain) finding.domain.clear();
        if (!group.one_client) {
            finding.client = {};
            finding.asker = {};
            finding.server = {};
        }
        finding.folded = folding.folded;
        finding.time_ns = folding.last_ns;
        finding.details = std::to_string(folding.folded) +
                          " findings that are not told one by one; the first: " + folding.text.details;
        tell(std::move(finding));
    }
    folding.folded = folding.last_ns = 0;
    folding.most = {};
    folding.ends_ns = now_ns + window_ns_;
    group.open = is_busy;
    return is_busy;
}

uint64_t FindingFolder::hash_of(EventType type, Severity severity, const ClientId& client) const {
    const uint64_t rest =
        uint64_t{client.workload} << 16 | static_cast<uint64_t>(type) << 8 | static_cast<uint64_t>(severity);
    const std::array<uint64_t, 3> words = {client.address.high, client.address.low, rest};
    return hash_bytes({reinterpret_cast<const char*>(words.data()), sizeof words}, seed_);
}

FindingFolder::Share& FindingFolder::share(EventType type, Severity severity) {
    return shares_[static_cast<size_t>(type) * severities + static_cast<size_t>(severity) - 1];
}

}  // namespace dnsexp
