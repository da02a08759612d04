// Reads one direction of a TCP connection as ebpf/stream.bpf.h does: the same calls of dns_stream.h in the
// same order, with octets in memory instead of a packet and a map.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "ebpf/dns_message.h"
#include "ebpf/dns_stream.h"

namespace dnsexp::test {

// A message whose question is all there. Offsets count from the segment's first octet; `records` and `end`
// may lie behind the segment's last one, `present` does not.
struct StreamMessage {
    const dns_message& message;
    std::span<const uint8_t>
        prefix;        // its first octets, header and question at least; valid in the sink only
    uint32_t length;   // octets of the whole message, without the length before it
    uint32_t begin;    // sequence number of the length before it
    uint32_t records;  // where the records behind the question begin
    uint32_t end;      // where the message ends
    uint32_t present;  // the same, or the segment's end where that comes first
};

// What became of a segment.
struct StreamResult {
    uint32_t result = DNS_TCP_CONTINUATION;      // enum dns_reason that the segment counts as
    uint32_t lost = 0;                           // messages that can't be read any more
    std::array<uint32_t, DNS_REASONS> errors{};  // as dns_stats.stream_errors: `lost` is in DNS_TCP_LOST
    bool finished = true;                        // false: there were more messages than steps
};

// Not thread-safe.
class StreamReader {
  public:
    using Sink = std::function<void(const StreamMessage&)>;

    explicit StreamReader(const dns_hash_keys& keys) : keys_(keys) {}

    // A segment's payload, as much of it as was captured: 1 to 65535 octets. `expected_kind`: enum dns_kind
    // that goes in this direction, or DNS_KINDS for either.
    StreamResult segment(uint32_t sequence, std::span<const uint8_t> payload, uint32_t expected_kind,
                         const Sink& sink) {
        StreamResult counts;
        segment_ = {};
        segment_.sequence = sequence;
        segment_.end = sequence + static_cast<uint32_t>(payload.size());
        segment_.expected = expected_kind;
        if (dns_stream_open(&flow_, &segment_)) {
            counts.finished = false;
            for (uint32_t i = 0; i < steps_max && !counts.finished; ++i)
                counts.finished = !step(payload, counts, sink);
            if (!counts.finished) {
                ++segment_.lost;
                dns_stream_lose(&flow_);
            }
            dns_stream_close(&flow_, &segment_);
        }
        counts.result = segment_.result;
        counts.lost = segment_.lost;
        counts.errors[DNS_TCP_LOST] += segment_.lost;
        return counts;
    }

    // A SYN under the same addresses and ports (`ended`), or the flow gives way to another: what was known is
    // forgotten. Returns the messages that are lost with it.
    uint32_t forget(bool ended = true) {
        const uint32_t lost = dns_stream_drop(&flow_, ended);
        flow_.state = DNS_FLOW_NEW;
        return lost;
    }

    [[nodiscard]] const dns_flow& flow() const { return flow_; }

  private:
    static constexpr uint32_t steps_max = 64 * 96;  // STREAM_BURST * STREAM_BURSTS of ebpf/stream.bpf.h
    static constexpr size_t buffer_octets = size_t{DNS_TCP_PREFIX} + DNS_MESSAGE_PREFIX;

    // Moves on to what is to be read and puts a head together in the buffer. Returns its octets; 0 at the
    // end.
    uint32_t gather(std::span<const uint8_t> payload) {
        constexpr uint8_t left_over = 0xaa;  // in the hooks, octets of a message before
        if (!dns_stream_advance(&flow_, &segment_)) return 0;
        const dns_flow_cursor& cursor = *dns_stream_cursor(&flow_, segment_.cursor);
        const uint32_t wanted = dns_stream_wanted(&flow_, &segment_);
        const auto from = payload.subspan(cursor.at - segment_.sequence, wanted);
        std::fill_n(buffer_.get(), buffer_octets, left_over);
        std::copy_n(head().begin(), cursor.have, buffer_.get());
        std::copy(from.begin(), from.end(), buffer_.get() + cursor.have);
        return cursor.have + wanted;
    }

    // False where the segment has been read.
    bool step(std::span<const uint8_t> payload, StreamResult& counts, const Sink& sink) {
        const uint32_t gathered = gather(payload);
        if (gathered == 0) return false;
        const uint32_t length = dns_be16(buffer_.get());
        uint32_t reason = DNS_SHORT_HEADER, available = 0;
        dns_message message{};
        if (gathered >= DNS_TCP_PREFIX + DNS_HEADER_LENGTH) {
            available = std::min(gathered - DNS_TCP_PREFIX, length);
            reason = dns_message_parse(buffer_.get() + DNS_TCP_PREFIX, available, length, &keys_, &message);
        }
        if (dns_stream_incomplete(reason, length, gathered)) {
            std::copy_n(buffer_.get(), gathered, head().begin());
            dns_stream_keep(&flow_, &segment_, gathered);
            return true;
        }
        const dns_flow_cursor& cursor = *dns_stream_cursor(&flow_, segment_.cursor);
        const uint32_t begin = cursor.at - cursor.have;
        reason = dns_stream_take(&flow_, &segment_, reason, length, &message);
        if (reason == DNS_OK)
            tell(payload, available, length, begin, message, sink);
        else if (reason != DNS_TCP_CONTINUATION)
            ++counts.errors.at(reason);
        return true;
    }

    void tell(std::span<const uint8_t> payload, uint32_t available, uint32_t length, uint32_t begin,
              const dns_message& message, const Sink& sink) const {
        const uint32_t at =
            begin - segment_.sequence + DNS_TCP_PREFIX;  // wraps where it began in a segment before
        const uint32_t end = at + length;
        sink({message,
              {buffer_.get() + DNS_TCP_PREFIX, available},
              length,
              begin,
              at + dns_question_end(&message),
              end,
              std::min(end, static_cast<uint32_t>(payload.size()))});
    }

    std::array<uint8_t, DNS_FLOW_HEAD>& head() { return heads_[segment_.cursor & 1]; }

    dns_hash_keys keys_;
    dns_flow flow_{};
    dns_segment segment_{};
    std::array<std::array<uint8_t, DNS_FLOW_HEAD>, 2> heads_{};
    // On the heap: a read past its end shows.
    std::unique_ptr<uint8_t[]> buffer_ = std::make_unique<uint8_t[]>(buffer_octets);
};

}  // namespace dnsexp::test
