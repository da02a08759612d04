// All judges: events in, findings out.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "exporter/blocklist/blocklists.h"
#include "exporter/config/config.h"
#include "exporter/security/client_watch.h"
#include "exporter/security/dga_cache.h"
#include "exporter/security/domain_watch.h"
#include "exporter/security/finding.h"
#include "exporter/security/finding_folder.h"
#include "exporter/security/known_shapes.h"
#include "exporter/security/name_signals.h"
#include "exporter/security/query_reader.h"
#include "exporter/security/rapid_watch.h"
#include "exporter/security/upstream_filter.h"
#include "exporter/source/source.h"

namespace dnsexp {

// What the judges of a configuration go by, made apart from them.
struct SecurityRules {
    // `window`: seconds, as FindingFolder takes it.
    SecurityRules(const SecurityConfig& config, uint32_t window);
    KnownShapes shapes;
    NameSignals::Limits names;
    DomainWatch::Limits domains;
    uint32_t rate_limit_qps, window_seconds;
};

// Not thread-safe. Memory is fixed, whatever is asked.
class SecurityWatch {
  public:
    // `lists` may be null: no name is on a list then. `out` is called from within the functions below.
    SecurityWatch(const SecurityConfig& config, uint32_t window_seconds, Blocklists* lists,
                  std::function<void(Finding)> out);

    // Judges by other rules from now on; what is known of clients and domains stays, and so do the counts. A
    // window that has begun ends when it would have. Takes microseconds, with thousands of busy clients and a
    // higher rate limit some hundred. The old rules are in `rules` then, or what is left of them.
    void exchange(SecurityRules& rules);

    // Takes every event, of any lane.
    void add(const dns_event& event);

    // Call it about once a second, with what Source::busy_clients() then says. `now_ns`: CLOCK_MONOTONIC.
    void tick(const std::vector<BusyClient>& busy, uint64_t now_ns);

    [[nodiscard]] const FindingCounts& counts() const { return folder_.counts(); }

  private:
    void match(const JudgedQuery& query);

    Blocklists* lists_;
    FindingFolder folder_;
    QueryReader reader_;
    UpstreamFilter upstream_;
    KnownShapes shapes_;
    NameSignals names_;
    DomainWatch domains_;
    DgaCache generated_;
    ClientWatch clients_;
    RapidWatch rapid_;
};

}  // namespace dnsexp
