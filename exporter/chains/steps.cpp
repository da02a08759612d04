#include "exporter/chains/steps.h"

#include <unordered_set>

namespace dnsexp {
namespace {

struct Walk {
    size_t most;
    std::vector<PlacedStep> steps;
    std::unordered_set<const ChainNode*> seen;

    void take(const ChainNode& node, uint32_t depth) {
        if (steps.size() == most || !seen.insert(&node).second) return;
        steps.push_back({&node, depth});
        for (const ChainNodePtr& child : node.children) {
            if (steps.size() == most) return;
            take(*child, depth + 1);
        }
    }
};

}  // namespace

std::vector<PlacedStep> chain_steps(const ChainNode& chain, size_t most) {
    Walk walk{most, {}, {}};
    walk.take(chain, 0);
    return std::move(walk.steps);
}

}  // namespace dnsexp
