#include "test/support/exact_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "ebpf/dns_classify.h"
#include "exporter/config/config.h"
#include "test/support/dual_settings.h"

namespace dnsexp::test {
namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;
constexpr uint32_t interface_slot = 1;

bool is_response(const ModelMessage& m) {
    return (m.flags & 0x8000) != 0;
}
uint32_t opcode_of(const ModelMessage& m) {
    return m.flags >> 11 & 15;
}
// The OPT record holds its upper eight bits (RFC 6891, 6.1.3).
uint32_t rcode_of(const ModelMessage& m) {
    return m.edns.extended_rcode << 4 | (m.flags & 15);
}
// Unicast answers to what was asked of a group (RFC 4795, 2.4; RFC 6762, 6.7).
bool answers_a_group(const ModelMessage& m) {
    return m.transport == DNS_UDP && (m.server_port == 5353 || m.server_port == 5355);
}
bool has_question(const ModelMessage& m) {
    return m.prefix.size() > DNS_HEADER_LENGTH;
}

// The question with the name's ASCII letters in lower case; type and class are kept as they are.
std::string folded_question(const ModelMessage& m) {
    std::string text(m.prefix.begin() + DNS_HEADER_LENGTH, m.prefix.end());
    for (size_t i = 0; i + 4 < text.size(); ++i)
        if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] - 'A' + 'a');
    return text;
}

ModelOptions with_default_edges(ModelOptions options) {
    if (options.latency_edges_ns.empty())
        for (const double edge : MetricsConfig{}.latency_buckets_seconds)
            options.latency_edges_ns.push_back(
                static_cast<uint64_t>(std::llround(edge * double{ns_per_second})));
    return options;
}

dns_event event_of(const ModelMessage& m, const dns_pending_facts& facts) {
    dns_event event{};
    event.query_time_ns = m.now_ns;
    event.client = m.client;
    event.server = m.server;
    event.ifindex = interface_slot;
    event.client_port = m.client_port;
    event.server_port = m.server_port;
    event.server_slot = facts.server;
    event.role = facts.role;
    event.transport = facts.transport;
    event.ip = static_cast<uint8_t>(m.ip);
    event.type = facts.type;
    event.message_length = static_cast<uint16_t>(m.prefix.size());
    std::copy(m.prefix.begin(), m.prefix.end(), event.message);
    return event;
}

}  // namespace

ExactModel::ExactModel(ModelOptions options)
    : options_(with_default_edges(std::move(options))),
      settings_(settings_for(options_.ports, options_.latency_edges_ns)) {}

void ExactModel::message(const ModelMessage& m) {
    count(m);
    if (opcode_of(m) == 0 && m.to_group) {
        ++stats_.multicast[is_response(m) ? DNS_RESPONSE : DNS_QUERY];
    } else if (opcode_of(m) == 0) {
        is_response(m) ? response(m) : query(m);
    } else if (is_response(m)) {
        const dns_pending_facts facts{server_of(m, false),
                                      DNS_TYPE_OTHER,
                                      static_cast<uint8_t>(m.role),
                                      static_cast<uint8_t>(m.transport),
                                      {}};
        ++traffic(facts, outcome_of(m, false)).responses;
    }
}

// RCODEs without a name: the first four that answer a query have an outcome of their own.
uint16_t ExactModel::outcome_of(const ModelMessage& m, bool matched) {
    const auto rcode = static_cast<uint16_t>(rcode_of(m));
    if (rcode < DNS_RCODES_NAMED || extra_rcodes_.contains(rcode)) return rcode;
    if (!matched || extra_rcodes_.size() >= DNS_EXTRA_RCODES) return DNS_OUTCOME_OTHER;
    extra_rcodes_.insert(rcode);
    return rcode;
}

void ExactModel::count_edns(const ModelMessage& m) {
    if (!m.edns.walked) return;
    ++stats_.edns_walks[m.edns.result];
    if (!is_response(m) && m.edns.has_record) {
        ++stats_.edns_sizes[dns_edns_bucket(m.edns.payload_size)];
        stats_.edns_size_sum += m.edns.payload_size;
    }
    if (is_response(m))
        for (const uint32_t code : m.edns.info_codes) ++stats_.info_codes[dns_info_code_slot(code)];
}

void ExactModel::count(const ModelMessage& m) {
    const uint32_t kind = is_response(m) ? DNS_RESPONSE : DNS_QUERY;
    ++interface_.messages[m.direction][kind][m.transport][m.ip];
    ++stats_.opcodes[kind][opcode_of(m)];
    ++stats_.flag_sets[kind][dns_flag_set(m.flags, !is_response(m) && m.edns.dnssec_ok)];
    count_edns(m);
    ++stats_.sizes[kind][m.transport][dns_size_bucket(m.length)];
    stats_.size_sums[kind][m.transport] += m.length;
}

void ExactModel::query(const ModelMessage& m) {
    if (options_.rate_limit_qps != 0) ++asked_[{m.now_ns / ns_per_second, key_of(m.client), m.role}];
    const dns_pending_facts facts{
        server_of(m, true), type_of(m), static_cast<uint8_t>(m.role), static_cast<uint8_t>(m.transport), {}};
    const std::string question = has_question(m) ? folded_question(m) : std::string();
    auto& candidates = pending_[{key_of(m.client), key_of(m.server), m.client_port, m.server_port, m.id,
                                 m.role, m.transport}];
    for (Pending& waiting : candidates) {
        if (waiting.state != State::live || waiting.question != question) continue;
        if (age(waiting, m.now_ns) <= options_.timeout_ns) {
            ++server_stats(facts).retransmissions;
            return;
        }
        give_up(waiting, m.now_ns, true);
    }
    Pending fresh{State::live, m.now_ns, question, facts, event_of(m, facts)};
    fresh.event.query_size = static_cast<uint16_t>(m.length);
    candidates.push_back(std::move(fresh));
}

// With a question it must be the same one, without it the rest of the key must do. Of those that have ended,
// the youngest that is remembered.
ExactModel::Pending* ExactModel::find(const ModelMessage& m, const std::string& question, bool live) {
    const auto found = pending_.find(
        {key_of(m.client), key_of(m.server), m.client_port, m.server_port, m.id, m.role, m.transport});
    Pending* best = nullptr;
    if (found == pending_.end()) return best;
    for (Pending& candidate : found->second) {
        if ((candidate.state == State::live) != live) continue;
        if (!question.empty() && candidate.question != question) continue;
        if (live) return &candidate;
        if (age(candidate, m.now_ns) > options_.timeout_ns + options_.late_window_ns) continue;
        if (!best || age(candidate, m.now_ns) < age(*best, m.now_ns)) best = &candidate;
    }
    return best;
}

void ExactModel::response(const ModelMessage& m) {
    const std::string question = has_question(m) ? folded_question(m) : std::string();
    dns_pending_facts facts{0, 0, static_cast<uint8_t>(m.role), static_cast<uint8_t>(m.transport), {}};
    const bool truncated = (m.flags & 0x0200) != 0;
    __u64 dns_server_stats::*column = nullptr;
    if (Pending* waiting = find(m, question, true)) {
        facts = waiting->facts;
        if (age(*waiting, m.now_ns) <= options_.timeout_ns) {
            matched(m, *waiting);
        } else {
            give_up(*waiting, m.now_ns, false);
            column = &dns_server_stats::late;
        }
    } else {
        facts.server = server_of(m, false);
        facts.type = DNS_TYPE_OTHER;  // what nobody asked for has no type
        const Pending* ended = find(m, question, false);
        if (!ended && answers_a_group(m)) {
            ++stats_.multicast[DNS_RESPONSE];
            return;
        }
        column = !ended                            ? &dns_server_stats::unmatched
                 : ended->state == State::answered ? &dns_server_stats::duplicate
                                                   : &dns_server_stats::late;
    }
    dns_server_stats& counts = server_stats(facts);
    if (column) ++(counts.*column);
    counts.truncated += truncated;
    counts.empty += !truncated && rcode_of(m) == 0 && m.answer_count == 0;
    ++traffic(facts, outcome_of(m, column == nullptr)).responses;
}

void ExactModel::matched(const ModelMessage& m, Pending& pending) {
    const uint64_t latency_ns = age(pending, m.now_ns);
    dns_latency& latency = latencies_[dns_latency_index(pending.facts.server, pending.facts.role,
                                                        dns_latency_type(pending.facts.type))];
    latency.sum_ns += latency_ns;
    ++latency.buckets[dns_latency_bucket(settings_.latency_edges_ns, latency_ns)];
    const uint16_t outcome = outcome_of(m, true);
    ++traffic(pending.facts, outcome).queries;
    pending.state = State::answered;

    dns_event event = event_of(m, pending.facts);
    event.query_time_ns = pending.sent_ns;
    event.latency_ns = latency_ns;
    event.response_size = static_cast<uint16_t>(m.length);
    event.outcome = outcome;
    events_.push_back(event);
    ++stats_.events_submitted;
}

void ExactModel::give_up(Pending& pending, uint64_t now_ns, bool swept) {
    ++traffic(pending.facts, DNS_OUTCOME_TIMEOUT).queries;
    pending.state = State::given_up;
    dns_event event = pending.event;
    event.latency_ns = age(pending, now_ns);
    event.outcome = DNS_OUTCOME_TIMEOUT;
    event.swept = swept ? 1 : 0;
    events_.push_back(event);
    ++stats_.events_submitted;
}

void ExactModel::sweep(uint64_t now_ns) {
    for (auto& [key, candidates] : pending_) {
        for (Pending& pending : candidates)
            if (pending.state == State::live && age(pending, now_ns) > options_.timeout_ns)
                give_up(pending, now_ns, true);
        std::erase_if(candidates, [&](const Pending& pending) {
            return age(pending, now_ns) > options_.timeout_ns + options_.late_window_ns;
        });
    }
    std::erase_if(pending_, [](const auto& entry) { return entry.second.empty(); });
}

// A capture's clock may go back.
uint64_t ExactModel::age(const Pending& pending, uint64_t now_ns) const {
    return now_ns > pending.sent_ns ? now_ns - pending.sent_ns : 0;
}

// Slots go to servers that are asked; in the server role, to own addresses only. Those that the host itself
// does not ask get half of the slots.
uint16_t ExactModel::server_of(const ModelMessage& m, bool may_claim) {
    const auto found = slots_.find(key_of(m.server));
    if (found != slots_.end()) return found->second;
    const bool stranger = m.role == DNS_ROLE_SERVER && !options_.own.contains(key_of(m.server));
    const bool others = m.role != DNS_ROLE_CLIENT || !options_.own.contains(key_of(m.client));
    if (!may_claim || stranger || slots_.size() >= options_.max_servers) return DNS_SERVER_OTHER;
    if (others && slots_of_others_ >= options_.max_servers / 2) return DNS_SERVER_OTHER;
    slots_of_others_ += others;
    const auto slot = static_cast<uint16_t>(slots_.size() + 1);
    slots_[key_of(m.server)] = slot;
    return slot;
}

uint8_t ExactModel::type_of(const ModelMessage& m) {
    const uint32_t fixed = dns_type_slot(m.type);
    if (fixed != DNS_TYPE_OTHER || !has_question(m)) return static_cast<uint8_t>(fixed);
    auto at = std::find(extra_types_.begin(), extra_types_.end(), m.type);
    if (at == extra_types_.end()) {
        if (extra_types_.size() >= DNS_EXTRA_TYPES) return DNS_TYPE_OTHER;
        at = extra_types_.insert(at, static_cast<uint16_t>(m.type));
    }
    return static_cast<uint8_t>(DNS_TYPE_SLOT_EXTRA + (at - extra_types_.begin()));
}

dns_traffic& ExactModel::traffic(const dns_pending_facts& facts, uint32_t outcome) {
    const dns_traffic_key key{
        facts.server, static_cast<uint16_t>(outcome), facts.type, facts.role, facts.transport, 0};
    auto& entry = traffic_[std::bit_cast<uint64_t>(key)];
    entry.first = key;
    return entry.second;
}

dns_server_stats& ExactModel::server_stats(const dns_pending_facts& facts) {
    return servers_[uint32_t{facts.server} * DNS_ROLES + facts.role];
}

std::vector<BusyClient> ExactModel::busy_clients(uint64_t now_ns) {
    std::vector<BusyClient> busy;
    const auto end = asked_.lower_bound({now_ns / ns_per_second, {}, 0});
    for (auto at = asked_.begin(); at != end; at = asked_.erase(at)) {
        const auto& [second, client, role] = at->first;
        if (at->second > options_.rate_limit_qps)
            busy.push_back({{client.first, client.second},
                            static_cast<uint8_t>(role),
                            second * ns_per_second,
                            at->second});
    }
    return busy;
}

RawSnapshot ExactModel::snapshot() const {
    RawSnapshot snapshot;
    snapshot.stats = {stats_};
    snapshot.interfaces = {{interface_slot, {interface_}}};
    for (const auto& [key, value] : servers_) snapshot.servers.push_back({key, {value}});
    for (const auto& [key, value] : latencies_) snapshot.latencies.push_back({key, {value}});
    for (const auto& [bits, entry] : traffic_) snapshot.traffic.push_back({entry.first, {entry.second}});
    for (const auto& [key, candidates] : pending_)
        for (const Pending& pending : candidates)
            if (pending.state == State::live) ++snapshot.active[pending.facts.role];
    for (const auto& [address, slot] : slots_)
        snapshot.server_slots.push_back({slot, {address.first, address.second}});
    snapshot.interface_slots = {{interface_slot, options_.interface}};
    snapshot.extra_types = extra_types_;
    snapshot.latency_edges_ns = options_.latency_edges_ns;
    return snapshot;
}

}  // namespace dnsexp::test
