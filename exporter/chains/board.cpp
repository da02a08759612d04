#include "exporter/chains/board.h"

#include <algorithm>

#include "exporter/chains/steps.h"

namespace dnsexp {
namespace {

constexpr size_t measured_steps_max = 1024;  // far above what is shown of a chain

size_t octets_of_step(const ChainNode& node) {
    size_t octets = sizeof(ChainNode) + node.name.size() + node.comm.size();
    for (const auto* names : {&node.aliases, &node.name_servers})
        for (const std::string& name : *names) octets += sizeof(std::string) + name.size();
    return octets + node.children.size() * sizeof(ChainNodePtr);
}

size_t octets_of(const ChainNode& chain) {
    size_t octets = 0;
    for (const PlacedStep& step : chain_steps(chain, measured_steps_max))
        octets += octets_of_step(*step.node);
    return octets;
}

uint64_t duration(const ChainNode& chain) {
    return chain.end_ns > chain.begin_ns ? chain.end_ns - chain.begin_ns : 0;
}

ChainRow row_of(uint64_t sequence, const ChainNode& chain) {
    ChainRow row = chain_row(chain);
    row.sequence = sequence;
    return row;
}

}  // namespace

void ChainBoard::add(ChainNodePtr chain) {
    Kept one{++sequence_, octets_of(*chain), std::move(chain)};
    add_slow(one);
    octets_ += one.octets;
    kept_.push_back(std::move(one));
    while (kept_.size() > 1 && (octets_ > octets_max || kept_.size() > chains_max)) {
        octets_ -= kept_.front().octets;
        kept_.pop_front();
    }
}

// How long one would have taken that nobody answered, nobody knows.
void ChainBoard::add_slow(const Kept& one) {
    if (one.chain->end_ns == 0) return;
    const uint64_t now_ns = one.chain->end_ns;
    std::erase_if(slowest_,
                  [now_ns](const Kept& old) { return old.chain->end_ns + slowest_age_ns < now_ns; });
    const auto place = std::find_if(slowest_.begin(), slowest_.end(), [&](const Kept& other) {
        return duration(*other.chain) < duration(*one.chain);
    });
    slowest_.insert(place, one);
    if (slowest_.size() > slowest_max) slowest_.pop_back();
}

std::vector<ChainRow> ChainBoard::last(uint64_t after, size_t limit) const {
    std::vector<ChainRow> rows;
    const auto first =
        std::find_if(kept_.begin(), kept_.end(), [after](const Kept& one) { return one.sequence > after; });
    const auto count = static_cast<size_t>(kept_.end() - first);
    for (auto one = first + static_cast<std::ptrdiff_t>(count > limit ? count - limit : 0);
         one != kept_.end(); ++one)
        rows.push_back(row_of(one->sequence, *one->chain));
    return rows;
}

std::vector<ChainRow> ChainBoard::slowest() const {
    std::vector<ChainRow> rows;
    for (const Kept& one : slowest_) rows.push_back(row_of(one.sequence, *one.chain));
    return rows;
}

}  // namespace dnsexp
