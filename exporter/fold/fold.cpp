#include "exporter/fold/fold.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "exporter/fold/event_question.h"
#include "exporter/fold/fold_edns.h"
#include "exporter/fold/fold_losses.h"
#include "exporter/fold/fold_resolvers.h"
#include "exporter/fold/fold_stats.h"
#include "exporter/fold/latency_summary.h"
#include "exporter/fold/names.h"
#include "exporter/fold/outcome_class.h"

namespace dnsexp {
namespace {

// Heavy hitters are those of the last ten minutes: two halving periods.
constexpr uint64_t ageing_period_ns = 300'000'000'000;

// The combinations that always have a series: server `other`, each role and type.
constexpr size_t shared_latency_labels = size_t{DNS_ROLES} * DNS_LATENCY_TYPES;
static_assert(shared_latency_labels < latency_budget);

// Clients are kept as their octets: the text is made at the exposition, not an event.
std::string_view client_key(const dns_address& address) {
    return {reinterpret_cast<const char*>(&address), sizeof address};
}

std::string client_text(std::string_view key) {
    dns_address address;
    std::memcpy(&address, key.data(), sizeof address);
    return address_text(address);
}

uint64_t sum_of(const TopK::Row& row) {
    return std::accumulate(row.begin(), row.end(), uint64_t{0});
}

void show_domain(Tally& tally, const std::string& domain, const TopK::Row& row) {
    for (size_t i = 0; i < row.size(); ++i) tally.add({domain, outcome_class_name(i)}, row[i]);
}

}  // namespace

Fold::Fold(FoldOptions options)
    : domains_(options.top_domains),
      clients_(options.top_clients),
      workloads_(options.top_workloads),
      slow_(options.slow_threshold_ns),
      search_lane_(options.search_lane),
      latency_labels_(latency_budget - shared_latency_labels) {
    if (options.search_lists) searches_.emplace(std::move(options.search_lists));
}

void Fold::reconfigure(const FoldOptions& options) {
    domains_.set_shown_max(options.top_domains);
    clients_.set_shown_max(options.top_clients);
    workloads_.set_shown_max(options.top_workloads);
    slow_.set_threshold(options.slow_threshold_ns);
}

void Fold::restart_latency() {
    workloads_.restart_latency();
    ended_workloads_.restart_latency();
}

void Fold::set_collected(bool collected) {
    domains_.set_collected(collected);
    clients_.set_collected(collected);
    workloads_.set_collected(collected);
    if (searches_) searches_->set_collected(collected);
}

void Fold::add_event(const dns_event& event) {
    if (searches_ && event.lane == search_lane_ && event.role != DNS_ROLE_SERVER) {
        if (event.lane == DNS_EVENT_WIRE || event.found & DNS_FOUND_SEARCH) searches_->add(event);
    }
    if (event.lane != DNS_EVENT_WIRE) {
        ++socket_events_;
        return;
    }
    slow_.add(event);
    recent_.add(event);
    ++events_;
    if (event.query_time_ns >= next_ageing_ns_) {
        if (next_ageing_ns_ != 0) {
            domains_.age();
            clients_.age();
        }
        next_ageing_ns_ = event.query_time_ns + ageing_period_ns;
    }
    const auto outcome = static_cast<size_t>(outcome_class(event.outcome));
    domains_.add(registrable_.of(event_question(event)), outcome);
    if (event.role == DNS_ROLE_SERVER) clients_.add(client_key(event.client), outcome);
}

void Fold::update(const RawSnapshot& snapshot, const NamesByCgroup& names) {
    workloads_.update(snapshot.workloads, names, snapshot.time_ns);
    ended_workloads_.update(snapshot.workloads);
    slow_.resolve(snapshot.workloads, names);
    if (searches_) searches_->update(snapshot.workloads, names, snapshot.time_ns);
}

Folded Fold::fold(const RawSnapshot& snapshot, const NamesByCgroup& names_by_cgroup) {
    Folded folded;
    const SlotNames names(snapshot);
    const dns_stats stats = sum_cpus(snapshot.stats);
    const Undelivered undelivered = fold_traffic(snapshot, names, folded);
    fold_latencies(snapshot, names, folded[Metric::latency]);
    fold_heavy_hitters(undelivered, folded);
    update(snapshot, names_by_cgroup);
    if (snapshot.has_workloads) workloads_.fill(folded, in_seconds(snapshot.latency_edges_ns));
    if (searches_ && snapshot.has_workloads) searches_->fill(folded);
    fold_packets(stats, folded);
    fold_headers(stats, folded);
    fold_sizes(stats, folded[Metric::message_size]);
    fold_edns(stats, folded);
    fold_messages(snapshot, names, folded[Metric::messages]);
    fold_servers(snapshot, names, folded);
    fold_own(snapshot, folded);
    fold_losses(snapshot, stats, folded[Metric::map_losses]);
    folded[Metric::events].series = {{{"delivered"}, events_},
                                     {{"ring_full"}, stats.events_ring_full},
                                     {{"untracked"}, stats.events_untracked}};
    if (snapshot.has_workloads)
        folded[Metric::socket_events].series = {
            {{"delivered"}, socket_events_},
            {{"limited"}, snapshot.sockets.records_limited + snapshot.calls.limited},
            {{"ring_full"}, snapshot.sockets.events_ring_full + snapshot.calls.events_ring_full}};
    if (snapshot.has_workloads) resolvers_.fold(snapshot, folded);
    return folded;
}

std::vector<DomainCount> Fold::heaviest_domains(size_t count) const {
    std::vector<DomainCount> domains;
    for (auto& [domain, counts] : domains_.heaviest(count)) {
        const uint64_t queries = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
        domains.push_back({std::move(domain), queries, named_classes(counts)});
    }
    return domains;
}

void Fold::exported() {
    domains_.exported();
    clients_.exported();
    workloads_.exported();
    if (searches_) searches_->exported();
}

Fold::Undelivered Fold::fold_traffic(const RawSnapshot& snapshot, const SlotNames& names, Folded& folded) {
    Tally queries;
    Tally responses;
    Undelivered undelivered;
    const std::string other(other_label);
    for (const auto& [key, cpus] : snapshot.traffic) {
        const dns_traffic sum = sum_cpus(cpus);
        undelivered.domains[static_cast<size_t>(outcome_class(key.outcome))] += sum.undelivered;
        if (key.role == DNS_ROLE_SERVER) undelivered.clients += sum.undelivered;

        const std::string rcode = outcome_name(key.outcome);
        const std::string role(role_name(key.role));
        const std::string protocol(transport_name(key.transport));
        if (sum.queries != 0) {
            Labels labels = {names.type(key.type), rcode, names.server(key.server), role, protocol};
            if (!query_labels_.admit(labels)) labels[0] = labels[2] = other;
            queries.add(std::move(labels), sum.queries);
        }
        if (sum.responses != 0) {
            Labels labels = {rcode, names.server(key.server), role, protocol};
            if (!response_labels_.admit(labels)) labels[1] = other;
            responses.add(std::move(labels), sum.responses);
        }
    }
    folded[Metric::queries].series = queries.series();
    folded[Metric::responses].series = responses.series();
    return undelivered;
}

void Fold::fold_latencies(const RawSnapshot& snapshot, const SlotNames& names, FoldedFamily& family) {
    family.edges = in_seconds(snapshot.latency_edges_ns);
    const size_t last = std::min<size_t>(family.edges.size(), DNS_LATENCY_BUCKETS - 1);
    std::map<Labels, HistogramSeries> histograms;
    for (const auto& [key, cpus] : snapshot.latencies) {
        const dns_latency sum = sum_cpus(cpus);
        if (std::all_of(std::begin(sum.buckets), std::end(sum.buckets), [](uint64_t n) { return n == 0; }))
            continue;
        const uint32_t type = key % DNS_LATENCY_TYPES;  // the inverse of dns_latency_index()
        const uint32_t role = key / DNS_LATENCY_TYPES % DNS_ROLES;
        Labels labels = {std::string(latency_type_name(type)),
                         names.server(key / DNS_LATENCY_TYPES / DNS_ROLES), std::string(role_name(role))};
        if (labels[1] != other_label && !latency_labels_.admit(labels)) labels[1] = other_label;
        HistogramSeries& series = histograms[labels];
        series.cumulative.resize(family.edges.size() + 1);
        series.sum += in_seconds(sum.sum_ns);
        for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i)
            series.cumulative[std::min(i, last)] += sum.buckets[i];
    }
    for (auto& [labels, series] : histograms) {
        std::partial_sum(series.cumulative.begin(), series.cumulative.end(), series.cumulative.begin());
        series.labels = labels;
        family.histograms.push_back(std::move(series));
    }
}

void Fold::fold_heavy_hitters(const Undelivered& undelivered, Folded& folded) {
    Tally domains;
    Tally clients;
    for (const TopK::Shown& shown : domains_.expose()) show_domain(domains, shown.key, shown.counts);
    show_domain(domains, std::string(other_label), domains_.other());
    show_domain(domains, std::string(other_label), undelivered.domains);
    for (const TopK::Shown& shown : clients_.expose())
        clients.add({client_text(shown.key)}, sum_of(shown.counts));
    clients.add({std::string(other_label)}, sum_of(clients_.other()) + undelivered.clients);
    folded[Metric::domain_queries].series = domains.series();
    folded[Metric::client_queries].series = clients.series();
    folded[Metric::retired_queries].series = {{{"client"}, sum_of(clients_.retired())},
                                              {{"domain"}, sum_of(domains_.retired())}};
}

}  // namespace dnsexp
