#include "test/support/host_source.h"

#include <algorithm>
#include <array>

#include "ebpf/dns_frame.h"
#include "ebpf/dns_message.h"
#include "test/support/dual_settings.h"

namespace dnsexp::test {
namespace {

constexpr uint64_t sweep_period_ns = 1'000'000'000;  // the kernel side's table is swept as often
constexpr uint32_t tcp_prefix_octets = 2;            // RFC 1035, 4.2.2

// Header and question of a message, as far as the hooks look at them.
struct Prefix {
    std::array<uint8_t, DNS_MESSAGE_PREFIX> buffer{};
    uint32_t available = 0;
    uint32_t length = 0;  // of the whole message
};

// DNS_OK, or why the payload can't be a message.
uint32_t load_message(std::span<const uint8_t> payload, const dns_frame& frame, Prefix& prefix) {
    if (frame.transport == DNS_UDP) {
        if (frame.length < DNS_HEADER_LENGTH) return DNS_SHORT_HEADER;
        if (payload.empty()) return DNS_TRUNCATED_PACKET;
        prefix.length = frame.length;
    } else {
        if (payload.empty()) return DNS_TRUNCATED_PACKET;
        if (payload.size() < tcp_prefix_octets + DNS_HEADER_LENGTH) return DNS_TCP_NO_MESSAGE_START;
        prefix.length = static_cast<uint32_t>(payload[0] << 8 | payload[1]);
        if (prefix.length < DNS_HEADER_LENGTH) return DNS_TCP_NO_MESSAGE_START;
        payload = payload.subspan(tcp_prefix_octets);
    }
    prefix.available =
        std::min({static_cast<uint32_t>(payload.size()), prefix.length, uint32_t{DNS_PREFIX_LOAD}});
    std::copy_n(payload.begin(), prefix.available, prefix.buffer.begin());
    return DNS_OK;
}

uint32_t parse_message(std::span<const uint8_t> payload, const dns_frame& frame, const dns_hash_keys& keys,
                       Prefix& prefix, dns_message& message) {
    uint32_t reason = load_message(payload, frame, prefix);
    if (reason != DNS_OK) return reason;
    reason = dns_message_parse(prefix.buffer.data(), prefix.available, prefix.length, &keys, &message);
    if (frame.transport == DNS_TCP && (reason != DNS_OK || !dns_plausible_start(prefix.length, &message)))
        return DNS_TCP_NO_MESSAGE_START;
    return reason;
}

std::span<const uint8_t> payload_of(const CapturedPacket& packet, const dns_frame& frame) {
    if (frame.payload >= packet.octets.size()) return {};
    const auto rest = packet.octets.subspan(frame.payload);
    return rest.first(std::min<size_t>(rest.size(), frame.length));
}

}  // namespace

HostSource::HostSource(ModelOptions options)
    : model_(std::move(options)),
      settings_(settings_for(model_.options().ports, model_.options().latency_edges_ns)),
      keys_(fixed_hash_keys()) {}

Status HostSource::replay(const std::string& path) {
    return read_capture(path, [this](const CapturedPacket& captured) { packet(captured); });
}

void HostSource::packet(const CapturedPacket& captured) {
    last_time_ns_ = std::max(last_time_ns_, captured.time_ns);
    if (captured.time_ns >= next_sweep_ns_) {
        model_.sweep(captured.time_ns);
        next_sweep_ns_ = captured.time_ns + sweep_period_ns;
    }
    const uint32_t link = captured.ethernet ? DNS_LINK_ETHERNET : DNS_LINK_IP;
    const dns_packet octets{captured.octets.data(), captured.octets.data() + captured.octets.size()};
    if (dns_frame_irrelevant(octets, link, &settings_)) return;
    dns_frame frame{};
    const uint32_t reason = dns_frame_parse(octets, captured.length, link, &settings_, &frame);
    if (reason >= DNS_REASONS) return;  // not DNS
    if (reason == DNS_OK) {
        observe(captured, frame);
        return;
    }
    model_.packet(frame.protocol, reason);
    tell(captured, frame, reason);
}

void HostSource::observe(const CapturedPacket& captured, const dns_frame& frame) {
    Prefix prefix;
    dns_message parsed{};
    const uint32_t reason = parse_message(payload_of(captured, frame), frame, keys_, prefix, parsed);
    model_.packet(frame.protocol, reason);
    if (reason != DNS_OK) {
        tell(captured, frame, reason);
        return;
    }

    const dns_packet octets{captured.octets.data(), captured.octets.data() + captured.octets.size()};
    dns_address source{}, destination{};
    dns_frame_addresses(octets, &frame, &source, &destination);
    const bool is_query = dns_kind(&parsed) == DNS_QUERY;
    const bool leaves = model_.options().loopback || model_.options().own.contains(key_of(source));
    const uint32_t question = parsed.name_length != 0 ? parsed.name_length + 4 : 0;
    ModelMessage m{};
    m.now_ns = captured.time_ns;
    m.direction = leaves ? DNS_EGRESS : DNS_INGRESS;
    m.ip = frame.ip;
    m.transport = frame.transport;
    m.role = model_.options().loopback ? DNS_ROLE_LOCAL
             : leaves == is_query      ? DNS_ROLE_CLIENT
                                       : DNS_ROLE_SERVER;
    m.length = prefix.length;
    m.id = parsed.id;
    m.flags = parsed.flags;
    m.answer_count = parsed.answer_count;
    m.type = parsed.type;
    m.client = is_query ? source : destination;
    m.server = is_query ? destination : source;
    m.client_port = static_cast<uint16_t>(is_query ? frame.source_port : frame.destination_port);
    m.server_port = static_cast<uint16_t>(is_query ? frame.destination_port : frame.source_port);
    m.prefix.assign(prefix.buffer.begin(), prefix.buffer.begin() + DNS_HEADER_LENGTH + question);
    model_.message(m);
    tell(captured, m, parsed);
}

// A packet that is no message.
void HostSource::tell(const CapturedPacket& captured, const dns_frame& frame, uint32_t reason) {
    if (!observer_) return;
    const dns_packet octets{captured.octets.data(), captured.octets.data() + captured.octets.size()};
    ObservedMessage seen;
    seen.frame = captured.number;
    seen.time_ns = captured.time_ns;
    seen.reason = reason;
    seen.protocol = frame.protocol;
    seen.ip = frame.ip;
    dns_frame_addresses(octets, &frame, &seen.source, &seen.destination);
    if (frame.protocol != DNS_PROTO_UNKNOWN) {
        seen.source_port = static_cast<uint16_t>(frame.source_port);
        seen.destination_port = static_cast<uint16_t>(frame.destination_port);
    }
    observer_(seen);
}

void HostSource::tell(const CapturedPacket& captured, const ModelMessage& m, const dns_message& parsed) {
    if (!observer_) return;
    const bool is_query = dns_kind(&parsed) == DNS_QUERY;
    ObservedMessage seen;
    seen.frame = captured.number;
    seen.time_ns = m.now_ns;
    seen.source = is_query ? m.client : m.server;
    seen.destination = is_query ? m.server : m.client;
    seen.source_port = is_query ? m.client_port : m.server_port;
    seen.destination_port = is_query ? m.server_port : m.client_port;
    seen.protocol = m.transport;
    seen.ip = m.ip;
    seen.length = m.length;
    seen.id = m.id;
    seen.flags = m.flags;
    seen.question_count = parsed.question_count;
    seen.answer_count = m.answer_count;
    if (parsed.name_length != 0) {
        const auto name = m.prefix.begin() + DNS_HEADER_LENGTH;
        seen.name.assign(name, name + parsed.name_length);
    }
    seen.type = parsed.type;
    seen.class_ = parsed.class_;
    observer_(seen);
}

void HostSource::finish(uint64_t now_ns) {
    model_.sweep(now_ns);
}

Result<uint64_t> HostSource::drain(const EventSink& sink) {
    const std::vector<dns_event> events = model_.take_events();
    for (const dns_event& event : events) sink(event);
    return static_cast<uint64_t>(events.size());
}

}  // namespace dnsexp::test
