#include "exporter/chains/upstreams.h"

#include <algorithm>
#include <set>

namespace dnsexp {
namespace {

constexpr size_t most_names = 32;  // that one answer is searched for
constexpr uint16_t type_ds = 43;
constexpr uint16_t type_dnskey = 48;

std::string key_of(uint32_t group, std::string_view name) {
    std::string key(reinterpret_cast<const char*>(&group), sizeof group);
    return key.append(name);
}

// Whether one was under way at any time while the other was.
bool overlap(const ChainNode& upstream, const ChainNode& answer) {
    return upstream.begin_ns <= answer.end_ns && (upstream.end_ns == 0 || upstream.end_ns >= answer.begin_ns);
}

bool is_key(uint16_t type) {
    return type == type_ds || type == type_dnskey;
}

// Whether a query for a name above could be what those below waited for, the first of which was sent at
// `below_ns`.
bool leads_to(const ChainNode& upstream, const ChainNode& answer, uint64_t below_ns) {
    if (!overlap(upstream, answer)) return false;
    if (is_key(upstream.type)) return upstream.begin_ns >= answer.begin_ns;
    if (upstream.end_ns != 0) return upstream.end_ns <= below_ns;
    return upstream.begin_ns >= answer.begin_ns && upstream.begin_ns <= below_ns;
}

}  // namespace

// One answer's search.
class Upstreams::Search {
  public:
    Search(const Upstreams& upstreams, const ChainNode& answer)
        : upstreams_(upstreams),
          answer_(answer),
          by_process_(answer.pid != 0 && upstreams.asked_.contains(process_of(answer))) {}

    std::vector<ChainNodePtr> run() {
        want(answer_.name, false);
        for (const std::string& alias : answer_.aliases) want(alias, false);
        for (size_t i = 0; i < wanted_.size(); ++i) {
            const Wanted one = wanted_[i];  // wanted_ grows meanwhile
            look_for(one);
        }
        std::sort(found_.begin(), found_.end(),
                  [](const ChainNodePtr& a, const ChainNodePtr& b) { return a->begin_ns < b->begin_ns; });
        return std::move(found_);
    }

  private:
    struct Wanted {
        std::string name;
        bool of_any_type;  // both addresses of a name server are; of all else, the answer's type alone
        bool operator==(const Wanted&) const = default;
    };

    void want(const std::string& name, bool of_any_type) {
        Wanted one{name, of_any_type};
        if (wanted_.size() < most_names && std::find(wanted_.begin(), wanted_.end(), one) == wanted_.end())
            wanted_.push_back(std::move(one));
    }

    // The question for the name itself first, then what led to it: other types of it and names above, up to
    // the root.
    void look_for(const Wanted& wanted) {
        uint64_t first_ns = take(wanted.name, answer_.end_ns, [&](const ChainNode& one) {
            return (wanted.of_any_type || one.type == answer_.type) && overlap(one, answer_);
        });
        for (std::string_view above = wanted.name; !above.empty();) {
            first_ns =
                take(above, first_ns, [&](const ChainNode& one) { return leads_to(one, answer_, first_ns); });
            above.remove_prefix(
                std::min(above.size(), static_cast<size_t>(static_cast<uint8_t>(above[0])) + 1));
        }
    }

    // Returns when the first was sent that is taken, if that was before `first_ns`.
    template <typename IsWanted>
    uint64_t take(std::string_view name, uint64_t first_ns, const IsWanted& is_wanted) {
        const auto known = upstreams_.index_.find(key_of(answer_.group, name));
        if (known == upstreams_.index_.end()) return first_ns;
        for (const ChainNodePtr& one : known->second) {
            if (by_process_ && one->pid != 0 && one->pid != answer_.pid) continue;
            if (!is_wanted(*one) || found_.size() == most_children || !seen_.insert(one.get()).second)
                continue;
            found_.push_back(one);
            if (!is_key(one->type)) first_ns = std::min(first_ns, one->begin_ns);
            for (const std::string& alias : one->aliases) want(alias, false);
            for (const std::string& server : one->name_servers) want(server, true);
        }
        return first_ns;
    }

    const Upstreams& upstreams_;
    const ChainNode& answer_;
    bool by_process_;
    std::vector<Wanted> wanted_;
    std::vector<ChainNodePtr> found_;
    std::set<const ChainNode*> seen_;
};

void Upstreams::add(ChainNodePtr upstream) {
    if (all_.size() == capacity_) {
        const auto asked = asked_.find(process_of(*all_.front()));
        if (--asked->second == 0) asked_.erase(asked);
        const auto oldest = index_.find(key_of(all_.front()->group, all_.front()->name));
        oldest->second.pop_front();
        if (oldest->second.empty()) index_.erase(oldest);
        all_.pop_front();
    }
    ++asked_[process_of(*upstream)];
    index_[key_of(upstream->group, upstream->name)].push_back(upstream);
    all_.push_back(std::move(upstream));
}

std::vector<ChainNodePtr> Upstreams::waited_for(const ChainNode& answer) const {
    return Search(*this, answer).run();
}

}  // namespace dnsexp
