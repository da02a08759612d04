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
    Search(const Upstreams& upstreams, const ChainNode& answer) : upstreams_(upstreams), answer_(answer) {}

    std::vector<ChainNodePtr> run() {
        want(answer_.name);
        for (const std::string& alias : answer_.aliases) want(alias);
        for (size_t i = 0; i < wanted_.size(); ++i) {
            const std::string name = wanted_[i];  // wanted_ grows meanwhile
            look_for(name);
        }
        std::sort(found_.begin(), found_.end(),
                  [](const ChainNodePtr& a, const ChainNodePtr& b) { return a->begin_ns < b->begin_ns; });
        return std::move(found_);
    }

  private:
    void want(const std::string& name) {
        if (wanted_.size() < most_names && std::find(wanted_.begin(), wanted_.end(), name) == wanted_.end())
            wanted_.push_back(name);
    }

    // The name itself, then those above it, up to the root.
    void look_for(std::string_view above) {
        uint64_t first_ns = answer_.end_ns;
        for (bool is_itself = true; !above.empty(); is_itself = false) {
            first_ns = std::min(first_ns, take(above, is_itself, first_ns));
            above.remove_prefix(
                std::min(above.size(), static_cast<size_t>(static_cast<uint8_t>(above[0])) + 1));
        }
    }

    // Returns when the first was sent that is taken.
    uint64_t take(std::string_view name, bool is_itself, uint64_t below_ns) {
        uint64_t first_ns = below_ns;
        const auto known = upstreams_.index_.find(key_of(answer_.group, name));
        if (known == upstreams_.index_.end()) return first_ns;
        for (const ChainNodePtr& one : known->second) {
            const bool is_wanted = is_itself && (one->type == answer_.type || name != answer_.name)
                                       ? overlap(*one, answer_)
                                       : leads_to(*one, answer_, below_ns);
            if (!is_wanted || found_.size() == most_children || !seen_.insert(one.get()).second) continue;
            found_.push_back(one);
            if (!is_key(one->type)) first_ns = std::min(first_ns, one->begin_ns);
            for (const std::string& alias : one->aliases) want(alias);
            for (const std::string& server : one->name_servers) want(server);
        }
        return first_ns;
    }

    const Upstreams& upstreams_;
    const ChainNode& answer_;
    std::vector<std::string> wanted_;
    std::vector<ChainNodePtr> found_;
    std::set<const ChainNode*> seen_;
};

void Upstreams::add(ChainNodePtr upstream) {
    if (all_.size() == capacity_) {
        const auto oldest = index_.find(key_of(all_.front()->group, all_.front()->name));
        oldest->second.pop_front();
        if (oldest->second.empty()) index_.erase(oldest);
        all_.pop_front();
    }
    index_[key_of(upstream->group, upstream->name)].push_back(upstream);
    all_.push_back(std::move(upstream));
}

std::vector<ChainNodePtr> Upstreams::waited_for(const ChainNode& answer) const {
    return Search(*this, answer).run();
}

}  // namespace dnsexp
