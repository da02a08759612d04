#include "test/support/counters.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "ebpf/dns_classify.h"

namespace dnsexp::test {
namespace {

constexpr const char* reason_names[DNS_REASONS] = {"message",
                                                   "short_header",
                                                   "bad_udp_length",
                                                   "bad_label",
                                                   "compressed_question",
                                                   "name_too_long",
                                                   "truncated_question",
                                                   "truncated_packet",
                                                   "fragment",
                                                   "bad_ip_header",
                                                   "extension_headers",
                                                   "segmented",
                                                   "tcp_no_message_start",
                                                   "load_failed",
                                                   "tcp_out_of_order",
                                                   "tcp_busy",
                                                   "tcp_lost",
                                                   "tcp_continuation",
                                                   "tcp_retransmission"};
constexpr const char* walk_names[DNS_EDNS_RESULTS] = {"found", "absent", "cut", "malformed"};
constexpr const char* protocol_names[DNS_PROTOCOLS] = {"udp", "tcp", "unknown"};
constexpr const char* direction_names[DNS_DIRECTIONS] = {"ingress", "egress"};
constexpr const char* kind_names[DNS_KINDS] = {"query", "response"};
constexpr const char* ip_names[DNS_IP_VERSIONS] = {"ipv4", "ipv6"};
constexpr const char* role_names[DNS_ROLES] = {"client", "server", "local"};
constexpr const char* flag_names[DNS_FLAGS] = {"aa", "tc", "rd", "ra", "ad", "cd", "do"};
constexpr const char* latency_names[DNS_LATENCY_TYPES] = {"A", "AAAA", "HTTPS", "PTR", "other"};
constexpr uint32_t size_edges[] = DNS_SIZE_EDGE_LIST;
constexpr uint32_t edns_edges[] = DNS_EDNS_EDGE_LIST;

template <typename... Words>
std::string words(const Words&... parts) {
    std::string text;
    ((text += text.empty() ? std::string(parts) : " " + std::string(parts)), ...);
    return text;
}

std::string number(uint64_t value) {
    return std::to_string(value);
}

std::string flags_text(uint32_t set) {
    std::string text;
    for (uint32_t flag = 0; flag < DNS_FLAGS; ++flag)
        if (set >> flag & 1) text += (text.empty() ? "" : "+") + std::string(flag_names[flag]);
    return text.empty() ? "none" : text;
}

std::string outcome_text(uint32_t outcome) {
    if (outcome == DNS_OUTCOME_TIMEOUT) return "TIMEOUT";
    if (outcome == DNS_OUTCOME_UNTRACKED) return "UNTRACKED";
    if (outcome == DNS_OUTCOME_OTHER) return "other";
    return number(outcome);
}

std::string size_text(uint32_t bucket) {
    return bucket < DNS_SIZE_EDGES ? "<=" + number(size_edges[bucket]) : "more";
}

class Flattener {
  public:
    explicit Flattener(const RawSnapshot& snapshot) : snapshot_(snapshot) {}
    Counters run();

  private:
    void add(const std::string& name, uint64_t value) {
        if (value != 0) counters_[name] += value;
    }
    void add_stats(const dns_stats& stats);
    void add_kind(const dns_stats& stats, uint32_t kind);
    void add_edns(const dns_stats& stats);
    void add_interface(uint32_t slot, const dns_interface_stats& stats);
    void add_server(uint32_t index, const dns_server_stats& stats);
    void add_latency(uint32_t index, const dns_latency& latency);
    void add_traffic(const dns_traffic_key& key, const dns_traffic& traffic);
    [[nodiscard]] std::string server(uint32_t slot) const;
    [[nodiscard]] std::string interface(uint32_t slot) const;
    [[nodiscard]] std::string type(uint32_t slot) const;

    const RawSnapshot& snapshot_;
    Counters counters_;
};

std::string Flattener::server(uint32_t slot) const {
    for (const auto& [number, address] : snapshot_.server_slots)
        if (number == slot) return address_text(address);
    return slot == DNS_SERVER_OTHER ? "other" : "slot" + number(slot);
}

std::string Flattener::interface(uint32_t slot) const {
    for (const InterfaceSlot& known : snapshot_.interface_slots)
        if (known.slot == slot) return known.name;
    return slot == 0 ? "other" : "slot" + number(slot);
}

std::string Flattener::type(uint32_t slot) const {
    if (slot >= DNS_TYPE_SLOT_EXTRA) return number(snapshot_.extra_types.at(slot - DNS_TYPE_SLOT_EXTRA));
    return slot == DNS_TYPE_OTHER ? "other" : number(dns_type_of_slot(slot));
}

void Flattener::add_kind(const dns_stats& stats, uint32_t kind) {
    const char* name = kind_names[kind];
    for (uint32_t i = 0; i < DNS_OPCODES; ++i) add(words("opcode", name, number(i)), stats.opcodes[kind][i]);
    for (uint32_t i = 0; i < DNS_FLAG_SETS; ++i)
        add(words("flags", name, flags_text(i)), stats.flag_sets[kind][i]);
    for (uint32_t t = 0; t < DNS_TRANSPORTS; ++t) {
        for (uint32_t i = 0; i < DNS_SIZE_BUCKETS; ++i)
            add(words("size", name, protocol_names[t], size_text(i)), stats.sizes[kind][t][i]);
        add(words("octets", name, protocol_names[t]), stats.size_sums[kind][t]);
    }
}

void Flattener::add_edns(const dns_stats& stats) {
    for (uint32_t i = 0; i < DNS_EDNS_RESULTS; ++i)
        add(words("edns_walk", walk_names[i]), stats.edns_walks[i]);
    for (uint32_t i = 0; i < DNS_EDNS_BUCKETS; ++i)
        add(words("edns_size", i < DNS_EDNS_EDGES ? "<=" + number(edns_edges[i]) : "more"),
            stats.edns_sizes[i]);
    add("edns_octets", stats.edns_size_sum);
    for (uint32_t i = 0; i < DNS_INFO_CODES; ++i)
        add(words("info_code", i == DNS_INFO_CODE_OTHER ? "other" : number(i)), stats.info_codes[i]);
}

void Flattener::add_stats(const dns_stats& stats) {
    for (uint32_t p = 0; p < DNS_PROTOCOLS; ++p)
        for (uint32_t r = 0; r < DNS_REASONS; ++r)
            add(words("packet", protocol_names[p], reason_names[r]), stats.packets[p][r]);
    add_kind(stats, DNS_QUERY);
    add_kind(stats, DNS_RESPONSE);
    for (uint32_t kind = 0; kind < DNS_KINDS; ++kind)
        add(words("multicast", kind_names[kind]), stats.multicast[kind]);
    for (uint32_t r = 0; r < DNS_REASONS; ++r)
        add(words("stream_error", reason_names[r]), stats.stream_errors[r]);
    add_edns(stats);
    add("flows new", stats.flows_new);
    add("flows evicted", stats.flows_evicted);
    add("event submitted", stats.events_submitted);
    add("event ring_full", stats.events_ring_full);
    add("event untracked", stats.events_untracked);
    add("traffic_map_full", stats.traffic_map_full);
    add("pending_contended", stats.pending_contended);
    add("map_failures", stats.map_failures);
}

void Flattener::add_interface(uint32_t slot, const dns_interface_stats& stats) {
    for (uint32_t d = 0; d < DNS_DIRECTIONS; ++d)
        for (uint32_t k = 0; k < DNS_KINDS; ++k)
            for (uint32_t t = 0; t < DNS_TRANSPORTS; ++t)
                for (uint32_t ip = 0; ip < DNS_IP_VERSIONS; ++ip)
                    add(words("message", interface(slot), direction_names[d], kind_names[k],
                              protocol_names[t], ip_names[ip]),
                        stats.messages[d][k][t][ip]);
}

void Flattener::add_server(uint32_t index, const dns_server_stats& stats) {
    const std::string who = words(server(index / DNS_ROLES), role_names[index % DNS_ROLES]);
    add(words("retransmission", who), stats.retransmissions);
    add(words("truncated", who), stats.truncated);
    add(words("unmatched", who), stats.unmatched);
    add(words("late", who), stats.late);
    add(words("duplicate", who), stats.duplicate);
    add(words("empty", who), stats.empty);
    add(words("unreachable", who), stats.unreachable);
}

void Flattener::add_latency(uint32_t index, const dns_latency& latency) {
    const uint32_t who = index / DNS_LATENCY_TYPES;
    uint64_t count = 0;
    for (const uint64_t bucket : latency.buckets) count += bucket;
    add(words("latency", server(who / DNS_ROLES), role_names[who % DNS_ROLES],
              latency_names[index % DNS_LATENCY_TYPES]),
        count);
}

void Flattener::add_traffic(const dns_traffic_key& key, const dns_traffic& traffic) {
    const std::string what = words(server(key.server), type(key.type), outcome_text(key.outcome),
                                   role_names[key.role], protocol_names[key.transport]);
    add(words("response", what), traffic.responses);
    add(words("query", what), traffic.queries);
    add(words("undelivered", what), traffic.undelivered);
}

Counters Flattener::run() {
    for (const dns_stats& cpu : snapshot_.stats) add_stats(cpu);
    for (const auto& entry : snapshot_.interfaces)
        for (const auto& cpu : entry.cpus) add_interface(entry.key, cpu);
    for (const auto& entry : snapshot_.servers)
        for (const auto& cpu : entry.cpus) add_server(entry.key, cpu);
    for (const auto& entry : snapshot_.latencies)
        for (const auto& cpu : entry.cpus) add_latency(entry.key, cpu);
    for (const auto& entry : snapshot_.traffic)
        for (const auto& cpu : entry.cpus) add_traffic(entry.key, cpu);
    for (uint32_t role = 0; role < DNS_ROLES; ++role)
        add(words("active", role_names[role]), snapshot_.active[role]);
    return counters_;
}

}  // namespace

Counters counters_of(const RawSnapshot& snapshot) {
    return Flattener(snapshot).run();
}

Counters operator-(Counters after, const Counters& before) {
    for (const auto& [name, value] : before) after[name] -= value;
    std::erase_if(after, [](const auto& entry) { return entry.second == 0; });
    return after;
}

Counters only(const Counters& counters, std::initializer_list<std::string_view> words) {
    Counters chosen;
    for (const auto& [name, value] : counters)
        for (const std::string_view word : words)
            if (name.starts_with(word)) chosen[name] = value;
    return chosen;
}

std::string address_text(const dns_address& address) {
    std::array<uint8_t, 16> octets;
    std::memcpy(octets.data(), &address.high, 8);
    std::memcpy(octets.data() + 8, &address.low, 8);
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, octets.data(), text, sizeof text);
    const std::string_view mapped = "::ffff:";
    const std::string result = text;
    return result.starts_with(mapped) && result.find('.') != std::string::npos ? result.substr(mapped.size())
                                                                               : result;
}

std::string event_text(const dns_event& event) {
    std::string message;
    for (uint32_t i = 0; i < event.message_length; ++i) {
        constexpr const char* digits = "0123456789abcdef";
        message += {digits[event.message[i] >> 4], digits[event.message[i] & 15]};
    }
    return words(address_text(event.client), number(event.client_port), address_text(event.server),
                 number(event.server_port), outcome_text(event.outcome), role_names[event.role],
                 protocol_names[event.transport], ip_names[event.ip], "if" + number(event.ifindex),
                 number(event.query_size), number(event.response_size), "swept" + number(event.swept),
                 message);
}

}  // namespace dnsexp::test
