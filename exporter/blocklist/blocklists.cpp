#include "exporter/blocklist/blocklists.h"

#include <utility>

#include "exporter/blocklist/list_keeper.h"

namespace dnsexp {

Result<std::unique_ptr<Blocklists>> Blocklists::make(const SecurityConfig& config,
                                                     const BlocklistTiming& timing) {
    auto keeper = ListKeeper::make(timing);
    if (!keeper) return std::move(keeper).error();
    std::unique_ptr<Blocklists> lists(new Blocklists(std::move(keeper).value()));
    auto change = lists->prepare(config);
    if (!change) return std::move(change).error();
    (void)lists->apply(std::move(change).value());  // nothing was in force
    return lists;
}

Blocklists::Blocklists(std::unique_ptr<ListKeeper> keeper) : keeper_(std::move(keeper)) {}
Blocklists::~Blocklists() = default;

Result<ListChange> Blocklists::prepare(const SecurityConfig& config) {
    return keeper_->prepare(config);
}

LeavingLists Blocklists::apply(ListChange change) {
    return keeper_->apply(std::move(change));
}

std::optional<BlocklistMatch> Blocklists::match(const WireLabels& name) {
    std::optional<BlocklistMatch> best;
    const auto lists = keeper_->lists();
    if (lists->empty() || name.count == 0) return best;
    TailHashes hashes;
    hash_tails(name, keeper_->seed(), hashes);
    for (const ListInForce& one : *lists) one.table->prefetch(hashes);
    for (size_t index = 0; index < lists->size(); ++index) {
        const auto& [list, table, severity] = (*lists)[index];
        const auto labels = table->find(hashes);
        if (!labels) continue;
        list->counters->matches.fetch_add(1, std::memory_order_relaxed);
        if (best && (severity < best->severity || (severity == best->severity && *labels <= best->labels)))
            continue;
        best = BlocklistMatch{static_cast<uint32_t>(index), list->name, severity, *labels};
    }
    return best;
}

std::vector<BlocklistStatus> Blocklists::status() const {
    return keeper_->status();
}

void Blocklists::reload() {
    keeper_->reload();
}

}  // namespace dnsexp
