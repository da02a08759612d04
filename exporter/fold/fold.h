// The exact lane's snapshot and the events -> what an exposition shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "exporter/fold/fold_resolvers.h"
#include "exporter/fold/folded.h"
#include "exporter/fold/label_budget.h"
#include "exporter/fold/limits.h"
#include "exporter/fold/recent_latency.h"
#include "exporter/fold/registrable_domain.h"
#include "exporter/fold/search_path_board.h"
#include "exporter/fold/slot_names.h"
#include "exporter/fold/slow_board.h"
#include "exporter/fold/summary.h"
#include "exporter/fold/tally.h"
#include "exporter/fold/top_k.h"
#include "exporter/fold/workload_board.h"
#include "exporter/fold/workload_report.h"
#include "exporter/source/source.h"

namespace dnsexp {

struct FoldOptions {
    uint32_t top_domains = default_top_domains;  // domains with series of their own; 0: all in `other`
    uint32_t top_clients = default_top_clients;
    uint32_t top_workloads = default_top_workloads;
    uint64_t slow_threshold_ns = default_slow_threshold_ns;
    SearchLists search_lists{};  // what resolvers append to names; empty: searches are not counted
    dns_event_lane search_lane = DNS_EVENT_SOCKET;  // whose events tell of searches
};

// Remembers the events' counts and which label combinations have a series. Not thread-safe.
class Fold {
  public:
    explicit Fold(FoldOptions options);

    // Takes over the numbers of series and the slow threshold. No series goes down: those that are too many
    // end in the following expositions.
    void reconfigure(const FoldOptions& options);

    // The latency edges have changed, and the snapshots' histograms begin at 0 (LatencyRestart).
    void restart_latency();

    // Whether Prometheus collects the expositions, or only people read them: see top_k.h.
    void set_collected(bool collected);

    // One finished transaction from Source::drain. One without a readable name counts under domain `other`;
    // those of sockets count in searches alone.
    void add_event(const dns_event& event);

    // Takes the snapshots in the order in which they were read. Drain the events first.
    // `names`: what the cgroups of the snapshot's workloads are called.
    Folded fold(const RawSnapshot& snapshot, const NamesByCgroup& names = {});

    // What fold() does for the boards of workloads, for a snapshot of which nothing is exposed: a slot's last
    // counts are in one snapshot only.
    void update(const RawSnapshot& snapshot, const NamesByCgroup& names);

    // Those of the last update() or fold(), and of all before it.
    [[nodiscard]] const EndedWorkloads::Sums& ended_workloads() const { return ended_workloads_.sums(); }
    [[nodiscard]] const SlowBoard& slow() const { return slow_; }
    [[nodiscard]] const RecentLatency& recent() const { return recent_; }
    // Of those that are counted by name, the ones with most queries lately; see TopK::heaviest.
    [[nodiscard]] std::vector<DomainCount> heaviest_domains(size_t count) const;

    // The last fold() has been exposed to Prometheus. Where several scrapers or other readers fold too, call
    // it under the same lock as that fold() and only for expositions; series are born and retired by it
    // (top_k.h).
    void exported();

  private:
    struct Undelivered {
        TopK::Row domains{};
        uint64_t clients = 0;
    };

    Undelivered fold_traffic(const RawSnapshot& snapshot, const SlotNames& names, Folded& folded);
    void fold_latencies(const RawSnapshot& snapshot, const SlotNames& names, FoldedFamily& family);
    void fold_heavy_hitters(const Undelivered& undelivered, Folded& folded);

    RegistrableDomains registrable_;
    TopK domains_;
    TopK clients_;
    WorkloadBoard workloads_;
    EndedWorkloads ended_workloads_;
    SlowBoard slow_;
    ResolverFold resolvers_;
    RecentLatency recent_;
    std::optional<SearchPathBoard> searches_;
    dns_event_lane search_lane_;
    uint64_t events_ = 0;
    uint64_t socket_events_ = 0;
    uint64_t next_ageing_ns_ = 0;
    LabelBudget query_labels_{query_budget};
    LabelBudget response_labels_{response_budget};
    LabelBudget latency_labels_;
};

}  // namespace dnsexp
