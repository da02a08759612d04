#include "exporter/security/domain_watch.h"

#include <algorithm>
#include <string>

#include "exporter/security/query_class.h"
#include "exporter/security/query_finding.h"

namespace dnsexp {
namespace {

constexpr size_t pair_sets = 512, domain_sets = 128;  // of 8 entries

constexpr uint64_t second_ns = 1'000'000'000;
constexpr uint64_t tunnel_period_ns = 1800 * second_ns;  // a tunnel of one query in 5 s asks 360 in it
constexpr uint64_t domain_memory_ns = 120 * second_ns;   // as far as DistinctNames looks back

// A name of a plain type carries where it holds as much as 26 octets of base32 or 32 of hexadecimal digits:
// identifiers of 128 bits, which are not counted in full where they can be told (name_shape.h).
constexpr double identifier_bits = 110;
// Octets that no host name has tell more: then half of that will do.
constexpr double odd_bits = 55;
constexpr size_t odd_octets = 2;

// The score of the first queries is looked at each time, then now and then: it rises slowly.
constexpr uint32_t eager_queries = 64, lazy_step = 8;

constexpr uint32_t dns_question_overhead = 12 + 4 + 1;  // octets of header, QTYPE, QCLASS, root label

bool is_carrying(TypeUse use, const NameShape& shape) {
    if (use != TypeUse::plain) return true;
    return shape.long_bits >= identifier_bits || (shape.odd >= odd_octets && shape.long_bits >= odd_bits);
}

uint32_t question_octets(const JudgedQuery& query) {
    if (query.labels.count == 0) return dns_question_overhead;
    const size_t last = query.labels.count - 1;
    const size_t name = query.labels.start[last] + size_t{1} + query.labels.label(last).size();
    return dns_question_overhead + static_cast<uint32_t>(name);
}

uint64_t pair_key(const JudgedQuery& query) {
    const ClientId& client = query.client;
    const uint64_t address = hash_mix(client.address.high ^ query.domain_hash, client.address.low | 1);
    return hash_mix(address ^ client.address.low, query.domain_hash ^ client.workload) | 1;
}

std::string percent(double part, double whole) {
    return std::to_string(static_cast<int>(100 * part / whole + 0.5)) + " %";
}

std::string tunnel_details(const TunnelEvidence& evidence) {
    const auto carrying = static_cast<double>(evidence.carrying);
    return "about " + std::to_string(static_cast<int>(evidence.distinct + 0.5)) + " distinct names in " +
           std::to_string(evidence.carrying) + " queries that can carry data, of " +
           std::to_string(evidence.queries) + "; " +
           std::to_string(static_cast<int>(evidence.bits / carrying)) + " bits a name; unused types " +
           percent(static_cast<double>(evidence.unused), carrying) + ", bulk types " +
           percent(static_cast<double>(evidence.bulk), carrying) + ", no host name " +
           percent(static_cast<double>(evidence.odd), carrying) + ", failed " +
           percent(static_cast<double>(evidence.failed), carrying);
}

}  // namespace

std::pair<uint32_t, uint64_t> DomainWatch::Pair::rank(uint64_t now_ns) const {
    const bool is_over = now_ns - seen_ns >= tunnel_period_ns;
    return {is_over ? 0 : score, seen_ns};
}

std::pair<uint64_t, uint64_t> DomainWatch::Domain::rank(uint64_t now_ns) const {
    const bool is_over = now_ns - seen_ns >= domain_memory_ns;
    return {is_over ? 0 : minute.queries(), seen_ns};
}

DomainWatch::Limits::Limits(const SecurityConfig& config)
    : shapes(config),
      distinct(config.max_unique_subdomains),
      distinct_step(std::max(1U, config.max_unique_subdomains / 8)) {}

DomainWatch::DomainWatch(const SecurityConfig& config)
    : limits_(config), pairs_(pair_sets), domains_(domain_sets) {}

void DomainWatch::judge(const JudgedQuery& query, FindingSink& sink) {
    const TypeUse use = use_of_type(query.type);
    if (query.below == 0 && use != TypeUse::unused) return;  // nothing is below the domain
    if (limits_.shapes.is_quiet(query)) return;
    now_ns_ = std::max(now_ns_, query.time_ns);
    // Names that a search list has appended fail all day, and are nobody's attack.
    const bool failed = has_failed(query.outcome) && !is_search_attempt(query);

    Pair& pair = pairs_.claim(pair_key(query), now_ns_);
    pair.seen_ns = now_ns_;
    pair.minute.add(query.name_hash, failed, now_ns_);
    pair.sums.advance(now_ns_, tunnel_period_ns);
    ++pair.sums.current.queries;
    const NameShape shape = measure_name(query.labels, query.below);
    if (is_carrying(use, shape)) {
        add(pair, query, shape);
        judge_tunnel(pair, query, sink);
    }

    Domain& domain = domains_.claim(query.domain_hash | 1, now_ns_);
    domain.seen_ns = now_ns_;
    domain.minute.add(query.name_hash, failed, now_ns_);
    judge_distinct(pair, domain, query, sink);
}

void DomainWatch::add(Pair& pair, const JudgedQuery& query, const NameShape& shape) {
    Sums& sums = pair.sums.current;
    const TypeUse use = use_of_type(query.type);
    ++sums.carrying;
    sums.bits += use == TypeUse::plain ? shape.long_bits : shape.bits;
    sums.odd += shape.odd >= odd_octets ? 1 : 0;
    sums.failed += has_failed(query.outcome) ? 1 : 0;
    sums.names.add(query.name_hash);
    if (use == TypeUse::plain) return;
    ++(use == TypeUse::unused ? sums.unused : sums.bulk);
    const uint32_t question = question_octets(query);
    sums.surplus += query.response_size > question ? query.response_size - question : 0;
}

TunnelEvidence DomainWatch::evidence_of(const Pair& pair) {
    TunnelEvidence evidence;
    DistinctCounter names = pair.sums.current.names;
    if (pair.sums.previous.carrying != 0) names.merge(pair.sums.previous.names);
    for (const Sums* sums : {&pair.sums.current, &pair.sums.previous}) {
        evidence.queries += sums->queries;
        evidence.carrying += sums->carrying;
        evidence.bits += sums->bits;
        evidence.unused += sums->unused;
        evidence.bulk += sums->bulk;
        evidence.odd += sums->odd;
        evidence.failed += sums->failed;
        evidence.surplus += sums->surplus;
    }
    evidence.distinct = std::min(names.estimate(), static_cast<double>(evidence.carrying));
    return evidence;
}

void DomainWatch::judge_tunnel(Pair& pair, const JudgedQuery& query, FindingSink& sink) {
    const uint32_t carrying = pair.sums.current.carrying;
    if (carrying > eager_queries && carrying % lazy_step != 0) return;
    const TunnelEvidence evidence = evidence_of(pair);
    pair.score = tunnel_score(evidence);
    if (pair.score < tunnel_medium) return;
    const Severity severity = pair.score >= tunnel_high ? Severity::high : Severity::medium;
    Subject subject{query.client, query.domain};
    if (!budget_.admit(sink, EventType::tunneling, severity, subject, query.time_ns)) return;
    Finding finding = finding_about(subject, query, EventType::tunneling, severity);
    finding.score = pair.score;
    finding.details = tunnel_details(evidence);
    sink.raise(std::move(finding));
}

bool DomainWatch::is_due(const DistinctNames& names) const {
    return static_cast<double>(names.queries()) >= limits_.distinct &&
           names.queries_of_minute() % limits_.distinct_step == 0;
}

void DomainWatch::judge_distinct(const Pair& pair, const Domain& domain, const JudgedQuery& query,
                                 FindingSink& sink) {
    const bool pair_is_due = is_due(pair.minute), domain_is_due = is_due(domain.minute);
    if (!pair_is_due && !domain_is_due) return;
    const double by_client = pair.minute.last_minute(now_ns_);
    if (pair_is_due) tell_distinct(pair.minute, by_client, query.client, query, sink);
    if (domain_is_due && by_client < limits_.distinct)
        tell_distinct(domain.minute, domain.minute.last_minute(now_ns_), ClientId{}, query, sink);
}

void DomainWatch::tell_distinct(const DistinctNames& names, double count, const ClientId& client,
                                const JudgedQuery& query, FindingSink& sink) {
    if (count < limits_.distinct) return;
    const uint32_t score = distinct_score(count, limits_.distinct, names.failed_share());
    const Severity severity = distinct_severity(score);
    Subject subject{client, query.domain};
    if (!budget_.admit(sink, EventType::unique_subdomains, severity, subject, query.time_ns)) return;
    Finding finding = finding_about(subject, query, EventType::unique_subdomains, severity);
    finding.score = score;
    finding.details = "about " + std::to_string(static_cast<uint64_t>(count)) +
                      " distinct names in a minute, failed " + percent(names.failed_share(), 1);
    sink.raise(std::move(finding));
}

}  // namespace dnsexp
