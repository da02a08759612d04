// A stream of messages that a test delivers segment by segment, and what comes of it.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"
#include "test/support/stream_reader.h"

namespace dnsexp::test {

constexpr uint32_t first_sequence = 1000;

using Ids = std::vector<uint32_t>;

// Queries for 22-octet names: 2 + 12 + 22 + 4 = 40 octets of the stream each, with the ids 1, 2, 3 ...
constexpr uint32_t each = 40;
inline Bytes query(uint16_t id) {
    return Dns().id(id).flags(rd).question("my-name.of.22.octets", 1).build_tcp();
}
inline Bytes queries(uint16_t count) {
    Bytes stream;
    for (uint16_t id = 1; id <= count; ++id) append(stream, query(id));
    return stream;
}

struct Seen {
    uint32_t id, length, begin, records, end, present;
    Bytes prefix;
};

// Delivers pieces of a stream and writes down what comes of it.
class Reading {
  public:
    explicit Reading(Bytes stream, uint32_t expected = DNS_KINDS, uint32_t sequence = first_sequence)
        : stream_(std::move(stream)), expected_(expected), sequence_(sequence) {}

    // The stream's octets [from, to) as one segment. Returns what it counts as.
    uint32_t segment(size_t from, size_t to) {
        const Bytes payload(stream_.begin() + static_cast<ptrdiff_t>(from),
                            stream_.begin() + static_cast<ptrdiff_t>(to));
        const StreamResult counts = reader_.segment(
            sequence_ + static_cast<uint32_t>(from), payload, expected_, [this](const StreamMessage& m) {
                seen.push_back({m.message.id, m.length, m.begin - sequence_, m.records, m.end, m.present,
                                Bytes(m.prefix.begin(), m.prefix.end())});
            });
        CHECK(counts.finished);
        for (size_t i = 0; i < errors.size(); ++i) errors[i] += counts.errors[i];
        return counts.result;
    }
    // From where the last piece ended.
    uint32_t next(size_t octets) {
        at_ += octets;
        return segment(at_ - octets, at_);
    }
    uint32_t forget(bool ended = true) { return reader_.forget(ended); }

    [[nodiscard]] Ids ids() const {
        Ids ids;
        for (const Seen& message : seen) ids.push_back(message.id);
        return ids;
    }
    [[nodiscard]] uint32_t errors_in_all() const {
        uint32_t sum = 0;
        for (const uint32_t count : errors) sum += count;
        return sum;
    }

    std::vector<Seen> seen;
    std::array<uint32_t, DNS_REASONS> errors{};

  private:
    Bytes stream_;
    uint32_t expected_, sequence_;
    size_t at_ = 0;
    StreamReader reader_{fixed_hash_keys()};
};

}  // namespace dnsexp::test
