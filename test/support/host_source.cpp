#include "test/support/host_source.h"

#include <algorithm>
#include <array>

#include "ebpf/dns_message.h"
#include "ebpf/dns_tunnel.h"
#include "test/support/dual_settings.h"
#include "test/support/edns_reader.h"

namespace dnsexp::test {
namespace {

constexpr uint64_t sweep_period_ns = 1'000'000'000;  // the kernel side's table is swept as often

dns_packet packet_of(const CapturedPacket& captured) {
    return {captured.octets.data(), captured.octets.data() + captured.octets.size()};
}

std::span<const uint8_t> payload_of(const CapturedPacket& packet, const dns_frame& frame) {
    if (frame.payload >= packet.octets.size()) return {};
    const auto rest = packet.octets.subspan(frame.payload);
    return rest.first(std::min<size_t>(rest.size(), frame.length));
}

// What the hooks do to read a frame, tunnels included.
uint32_t read_frame(const CapturedPacket& captured, const dns_settings& settings, dns_frame& frame) {
    const uint32_t link = captured.ethernet ? DNS_LINK_ETHERNET : DNS_LINK_IP;
    const dns_packet octets = packet_of(captured);
    if (dns_frame_irrelevant(octets, link, &settings)) return DNS_FRAME_OTHER;
    const uint32_t reason = dns_frame_parse(octets, captured.length, link, &settings, &frame);
    if (reason != DNS_FRAME_OTHER || settings.tunnels == 0) return reason;
    if (!dns_tunnel_open(octets, &settings, &frame)) return DNS_FRAME_OTHER;
    return dns_frame_parse_at(octets, captured.length, frame.link, frame.start, &settings, &frame);
}

dns_settings settings_of(const ModelOptions& options) {
    dns_settings settings = settings_for(options.ports, options.latency_edges_ns);
    settings.tunnels = options.tunnels;
    return settings;
}

}  // namespace

HostSource::HostSource(ModelOptions options)
    : model_(std::move(options)), settings_(settings_of(model_.options())), keys_(fixed_hash_keys()) {}

Status HostSource::replay(const std::string& path) {
    return read_capture(path, [this](const CapturedPacket& captured) { packet(captured); });
}

void HostSource::packet(const CapturedPacket& captured) {
    last_time_ns_ = std::max(last_time_ns_, captured.time_ns);
    if (captured.time_ns >= next_sweep_ns_) {
        model_.sweep(captured.time_ns);
        next_sweep_ns_ = captured.time_ns + sweep_period_ns;
    }
    Seen seen{captured, {}, {}};
    const uint32_t reason = read_frame(captured, settings_, seen.frame);
    if (reason >= DNS_REASONS && reason != DNS_FRAME_SYN) return;  // not DNS
    seen.payload = payload_of(captured, seen.frame);
    dns_frame_addresses(packet_of(captured), &seen.frame, &seen.source, &seen.destination);
    seen.leaves = model_.options().loopback || model_.options().own.contains(key_of(seen.source));
    observe(seen, reason);
}

void HostSource::observe(Seen& seen, uint32_t reason) {
    const dns_frame& frame = seen.frame;
    if (reason == DNS_FRAME_SYN) {
        const auto known = streams_.find({key_of(seen.source), key_of(seen.destination), frame.source_port,
                                          frame.destination_port, seen.leaves});
        if (known != streams_.end()) model_.stream_errors(DNS_TCP_LOST, known->second.forget());
        return;
    }
    if (reason == DNS_OK && frame.transport == DNS_TCP) {
        stream(seen);
        return;
    }
    if (reason == DNS_OK)
        reason = datagram(seen);
    else if (reason == DNS_FRAGMENT && frame.next == DNS_IPPROTO_UDP)
        reason = fragment(seen);
    model_.packet(seen.frame.protocol, reason);
    if (reason != DNS_OK) tell(seen, reason);
}

// The message is counted before the packet is: the sums don't show it.
uint32_t HostSource::datagram(Seen& seen) {
    const dns_frame& frame = seen.frame;
    if (frame.length < DNS_HEADER_LENGTH) return DNS_SHORT_HEADER;
    const uint32_t reason =
        seen.payload.empty() ? uint32_t{DNS_TRUNCATED_PACKET} : parse_datagram(seen, seen.payload, 0);
    const auto have = static_cast<uint32_t>(seen.payload.size());
    if (!frame.more_fragments || !dns_is_short(reason, have, frame.length)) return reason;
    heads_[{key_of(seen.source), key_of(seen.destination), frame.fragment_id, DNS_UDP, seen.leaves}] = {
        {seen.payload.begin(), seen.payload.end()}, frame.source_port, frame.destination_port, frame.length};
    return DNS_FRAGMENT;
}

uint32_t HostSource::fragment(Seen& seen) {
    const auto known = heads_.find(
        {key_of(seen.source), key_of(seen.destination), seen.frame.fragment_id, DNS_UDP, seen.leaves});
    if (known == heads_.end() || seen.payload.empty()) return DNS_FRAGMENT;
    Head& head = known->second;
    const auto have = static_cast<uint32_t>(head.octets.size());
    if (seen.frame.fragment_at != DNS_UDP_LENGTH + have) return DNS_FRAGMENT;
    const bool more = seen.frame.more_fragments != 0;
    head.octets.insert(head.octets.end(), seen.payload.begin(), seen.payload.end());
    seen.frame.source_port = head.source_port;
    seen.frame.destination_port = head.destination_port;
    seen.frame.length = head.length;
    seen.frame.transport = DNS_UDP;
    const std::vector<uint8_t> octets = head.octets;
    const uint32_t reason = parse_datagram(seen, octets, have);
    if (more && dns_is_short(reason, static_cast<uint32_t>(octets.size()), head.length)) return DNS_FRAGMENT;
    heads_.erase(known);
    seen.frame.protocol = DNS_PROTO_UDP;
    return reason;
}

// `octets` are the message's as far as they are there, `before` of them came with earlier packets.
uint32_t HostSource::parse_datagram(Seen& seen, std::span<const uint8_t> octets, uint32_t before) {
    std::array<uint8_t, DNS_MESSAGE_PREFIX> buffer{};
    const auto available =
        static_cast<uint32_t>(std::min<size_t>({octets.size(), seen.frame.length, DNS_PREFIX_LOAD}));
    std::copy_n(octets.begin(), available, buffer.begin());
    dns_message message{};
    const uint32_t reason = dns_message_parse(buffer.data(), available, seen.frame.length, &keys_, &message);
    if (reason != DNS_OK) return reason;
    const uint32_t begin = 0U - before;  // of the message in this packet's payload; wraps
    found(seen, {message,
                 {buffer.data(), available},
                 seen.frame.length,
                 seen.payload,
                 begin + dns_question_end(&message),
                 begin + seen.frame.length,
                 static_cast<uint32_t>(std::min<size_t>(seen.payload.size(), seen.frame.length - before))});
    return DNS_OK;
}

void HostSource::stream(Seen& seen) {
    const dns_frame& frame = seen.frame;
    if (seen.payload.empty()) {
        model_.packet(DNS_PROTO_TCP, DNS_TRUNCATED_PACKET);
        tell(seen, DNS_TRUNCATED_PACKET);
        return;
    }
    const Direction direction{key_of(seen.source), key_of(seen.destination), frame.source_port,
                              frame.destination_port, seen.leaves};
    const auto [at, is_new] = streams_.try_emplace(direction, keys_);
    if (is_new) model_.flow_made();
    const StreamResult result = at->second.segment(
        frame.sequence, seen.payload, dns_expected_kind(&settings_, &frame), [&](const StreamMessage& m) {
            found(seen, {m.message, m.prefix, m.length, seen.payload, m.records, m.end, m.present});
        });
    model_.packet(DNS_PROTO_TCP, result.result);
    for (uint32_t reason = 0; reason < DNS_REASONS; ++reason)
        for (uint32_t i = 0; i < result.errors[reason]; ++i) {
            model_.stream_errors(reason, 1);
            tell(seen, reason);
        }
    if (result.result != DNS_OK && result.errors[result.result] == 0) tell(seen, result.result);
}

void HostSource::found(const Seen& seen, const Found& found) {
    const dns_message& parsed = found.message;
    const dns_frame& frame = seen.frame;
    const bool is_query = dns_kind(&parsed) == DNS_QUERY;
    ModelMessage m{};
    m.now_ns = seen.captured.time_ns;
    m.direction = seen.leaves ? DNS_EGRESS : DNS_INGRESS;
    m.ip = frame.ip;
    m.transport = frame.transport;
    m.role = model_.options().loopback ? DNS_ROLE_LOCAL
             : seen.leaves == is_query ? DNS_ROLE_CLIENT
                                       : DNS_ROLE_SERVER;
    m.length = found.length;
    m.id = parsed.id;
    m.flags = parsed.flags;
    m.answer_count = parsed.answer_count;
    m.type = parsed.type;
    m.client = is_query ? seen.source : seen.destination;
    m.server = is_query ? seen.destination : seen.source;
    m.client_port = static_cast<uint16_t>(is_query ? frame.source_port : frame.destination_port);
    m.server_port = static_cast<uint16_t>(is_query ? frame.destination_port : frame.source_port);
    m.to_group = dns_is_multicast(&seen.destination) != 0;
    m.prefix.assign(found.prefix.begin(), found.prefix.begin() + dns_question_end(&parsed));
    if (dns_edns_is_due(&parsed)) {
        const EdnsRead read = read_edns(found.octets, parsed, found.records, found.end, found.present);
        m.edns = {true,
                  read.result,
                  read.walk.options_end != 0,
                  read.walk.payload_size,
                  read.walk.extended_rcode,
                  read.walk.dnssec_ok != 0,
                  {read.walk.errors, read.walk.errors + read.walk.error_count}};
    }
    model_.message(m);
    tell(seen, m, parsed);
}

// What is no message, or none that can be read.
void HostSource::tell(const Seen& seen, uint32_t reason) {
    if (!observer_) return;
    ObservedMessage told;
    told.frame = seen.captured.number;
    told.time_ns = seen.captured.time_ns;
    told.reason = reason;
    told.protocol = seen.frame.protocol;
    told.ip = seen.frame.ip;
    told.source = seen.source;
    told.destination = seen.destination;
    if (seen.frame.protocol != DNS_PROTO_UNKNOWN) {
        told.source_port = static_cast<uint16_t>(seen.frame.source_port);
        told.destination_port = static_cast<uint16_t>(seen.frame.destination_port);
    }
    observer_(told);
}

void HostSource::tell(const Seen& seen, const ModelMessage& m, const dns_message& parsed) {
    if (!observer_) return;
    ObservedMessage told;
    told.frame = seen.captured.number;
    told.time_ns = m.now_ns;
    told.source = seen.source;
    told.destination = seen.destination;
    told.source_port = static_cast<uint16_t>(seen.frame.source_port);
    told.destination_port = static_cast<uint16_t>(seen.frame.destination_port);
    told.protocol = m.transport;
    told.ip = m.ip;
    told.length = m.length;
    told.id = m.id;
    told.flags = m.flags;
    told.question_count = parsed.question_count;
    told.answer_count = m.answer_count;
    if (parsed.name_length != 0) {
        const auto name = m.prefix.begin() + DNS_HEADER_LENGTH;
        told.name.assign(name, name + parsed.name_length);
    }
    told.type = parsed.type;
    told.class_ = parsed.class_;
    observer_(told);
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
