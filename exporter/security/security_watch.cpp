#include "exporter/security/security_watch.h"

#include <string>
#include <utility>

#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

// A list's word is taken as it is: there is nothing to weigh but how severe the user calls it.
constexpr uint32_t listed_score = 100;

// The last `labels` labels of the query's name.
std::string tail_of(const JudgedQuery& query, size_t labels) {
    if (labels >= query.labels.count) return std::string(query.name);
    const size_t skipped = query.labels.start[query.labels.count - labels];
    return presentation_name(query.labels.wire.subspan(skipped));
}

}  // namespace

SecurityRules::SecurityRules(const SecurityConfig& config, uint32_t window)
    : shapes(config),
      names(config),
      domains(config),
      rate_limit_qps(config.rate_limit_qps),
      window_seconds(window) {}

SecurityWatch::SecurityWatch(const SecurityConfig& config, uint32_t window_seconds, Blocklists* lists,
                             std::function<void(Finding)> out)
    : lists_(lists),
      folder_(window_seconds, std::move(out)),
      shapes_(config),
      names_(config),
      domains_(config),
      rapid_(config.rate_limit_qps) {}

void SecurityWatch::exchange(SecurityRules& rules) {
    std::swap(shapes_, rules.shapes);
    names_.exchange(rules.names);
    domains_.exchange(rules.domains);
    rapid_.set_limit(rules.rate_limit_qps);
    folder_.set_window(rules.window_seconds);
}

void SecurityWatch::add(const dns_event& event) {
    upstream_.add(event);
    JudgedQuery query;
    if (event.lane != DNS_EVENT_WIRE || upstream_.is_upstream(event) || !reader_.read(event, query)) return;
    if (lists_) match(query);
    if (shapes_.is_quiet(query)) return;
    names_.judge(query, folder_);
    domains_.judge(query, folder_);
    const DgaVerdict verdict = generated_.judge(query.domain, query.domain_hash);
    clients_.judge(query, verdict.log_odds, verdict.is_generated, folder_);
}

void SecurityWatch::match(const JudgedQuery& query) {
    const auto match = lists_->match(query.labels);
    if (!match) return;
    const auto severity = static_cast<Severity>(match->severity);
    const std::string entry = tail_of(query, match->labels);
    if (!folder_.admit(EventType::blocklisted, severity, query.client, entry, query.time_ns)) return;
    Finding finding;
    finding.type = EventType::blocklisted;
    finding.severity = severity;
    finding.score = listed_score;
    finding.time_ns = query.time_ns;
    finding.domain = entry;
    finding.client = query.client;
    finding.server = query.server;
    finding.role = query.role;
    finding.asker = query.asker;
    finding.details = std::string(query.name) + " is on the list " + std::string(match->list_name);
    folder_.raise(std::move(finding));
}

void SecurityWatch::tick(const std::vector<BusyClient>& busy, uint64_t now_ns) {
    rapid_.judge(busy, now_ns, folder_);
    folder_.tick(now_ns);
}

}  // namespace dnsexp
