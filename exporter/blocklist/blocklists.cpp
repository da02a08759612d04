#include "exporter/blocklist/blocklists.h"

#include "exporter/blocklist/list_keeper.h"

namespace dnsexp {

Result<std::unique_ptr<Blocklists>> Blocklists::make(const SecurityConfig& config,
                                                     const BlocklistTiming& timing) {
    if (!config.enabled || !config.threat_intel_enabled || config.blocklists.empty())
        return std::unique_ptr<Blocklists>(new Blocklists(nullptr));
    auto keeper = ListKeeper::make(config, timing);
    if (!keeper) return std::move(keeper).error();
    return std::unique_ptr<Blocklists>(new Blocklists(std::move(keeper).value()));
}

Blocklists::Blocklists(std::unique_ptr<ListKeeper> keeper) : keeper_(std::move(keeper)) {}
Blocklists::~Blocklists() = default;

std::optional<BlocklistMatch> Blocklists::match(const WireLabels& name) {
    std::optional<BlocklistMatch> best;
    if (!keeper_ || name.count == 0) return best;
    TailHashes hashes;
    hash_tails(name, keeper_->seed(), hashes);
    const auto tables = keeper_->tables();
    for (const auto& table : *tables) table->prefetch(hashes);
    for (size_t list = 0; list < tables->size(); ++list) {
        const auto labels = (*tables)[list]->find(hashes);
        if (!labels) continue;
        keeper_->counters(list).matches.fetch_add(1, std::memory_order_relaxed);
        const BlocklistConfig& config = keeper_->lists()[list];
        if (best && (config.severity < best->severity ||
                     (config.severity == best->severity && *labels <= best->labels)))
            continue;
        best = BlocklistMatch{static_cast<uint32_t>(list), config.name, config.severity, *labels};
    }
    return best;
}

std::vector<BlocklistStatus> Blocklists::status() const {
    std::vector<BlocklistStatus> all;
    if (!keeper_) return all;
    for (size_t list = 0; list < keeper_->lists().size(); ++list) {
        const ListCounters& counters = keeper_->counters(list);
        all.push_back({keeper_->lists()[list].name, counters.entries, counters.matches, counters.failures,
                       counters.last_success});
    }
    return all;
}

void Blocklists::reload() {
    if (keeper_) keeper_->reload();
}

}  // namespace dnsexp
