// What clients ask below registrable domains, over minutes: TUNNELING and UNIQUE_SUBDOMAINS.
#pragma once

#include <cstdint>
#include <utility>

#include "exporter/config/config.h"
#include "exporter/security/distinct_counter.h"
#include "exporter/security/distinct_names.h"
#include "exporter/security/finding.h"
#include "exporter/security/finding_budget.h"
#include "exporter/security/judged_query.h"
#include "exporter/security/known_shapes.h"
#include "exporter/security/name_shape.h"
#include "exporter/security/tunnel_score.h"
#include "exporter/security/two_halves.h"
#include "exporter/security/watch_table.h"

namespace dnsexp {

// Remembers pairs of client and domain for 30 minutes after their last query, and domains for minutes, in
// fixed memory of less than 2 MB. Where there is no room, the pair that looks least like a tunnel and was not
// seen for longest is forgotten: a flood of domains with a query each does not push a tunnel out. Not
// thread-safe.
class DomainWatch {
  public:
    struct Limits {
        explicit Limits(const SecurityConfig& config);
        KnownShapes shapes;
        double distinct;         // distinct names in a minute
        uint64_t distinct_step;  // queries between two looks at how many there are
    };

    explicit DomainWatch(const SecurityConfig& config);

    // What is known of pairs and domains stays. The old ones are in `limits` then. Allocates nothing.
    void exchange(Limits& limits) { std::swap(limits_, limits); }

    // TUNNELING: of a pair. UNIQUE_SUBDOMAINS: of a pair, or of a domain, then without a client, where no one
    // client asks for too many. Queries may come a little out of order.
    void judge(const JudgedQuery& query, FindingSink& sink);

    [[nodiscard]] size_t memory() const { return pairs_.memory() + domains_.memory(); }

  private:
    struct Sums {
        uint32_t queries = 0, carrying = 0, unused = 0, bulk = 0, odd = 0, failed = 0;
        double bits = 0;
        uint64_t surplus = 0;
        DistinctCounter names;  // of carrying queries
    };
    struct Pair {
        uint64_t key = 0, seen_ns = 0;
        uint32_t score = 0;  // tunnel_score at the last carrying query
        TwoHalves<Sums> sums;
        DistinctNames minute;

        [[nodiscard]] std::pair<uint32_t, uint64_t> rank(uint64_t now_ns) const;
    };
    struct Domain {
        uint64_t key = 0, seen_ns = 0;
        DistinctNames minute;

        [[nodiscard]] std::pair<uint64_t, uint64_t> rank(uint64_t now_ns) const;
    };

    static void add(Pair& pair, const JudgedQuery& query, const NameShape& shape);
    static TunnelEvidence evidence_of(const Pair& pair);
    void judge_tunnel(Pair& pair, const JudgedQuery& query, FindingSink& sink);
    void judge_distinct(const Pair& pair, const Domain& domain, const JudgedQuery& query, FindingSink& sink);
    [[nodiscard]] bool is_due(const DistinctNames& names) const;
    void tell_distinct(const DistinctNames& names, double count, const ClientId& client,
                       const JudgedQuery& query, FindingSink& sink);

    Limits limits_;
    FindingBudget budget_;
    uint64_t now_ns_ = 0;  // the latest time that a query told
    WatchTable<Pair, 8> pairs_;
    WatchTable<Domain, 8> domains_;
};

}  // namespace dnsexp
