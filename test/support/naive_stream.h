// A second reading of TCP streams of messages (RFC 1035, 4.2.2), slow and plain: it has the whole stream in
// order in memory. To hold dns_stream.h against.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "ebpf/dns_abi.h"
#include "test/support/naive_dns.h"

namespace dnsexp::test {

// What lies at one place of a stream.
struct NaiveStreamMessage {
    size_t at = 0;  // offset of the length before it
    size_t length = 0;
    NaiveMessage message;
};

// Octets [from, to) of a stream.
struct NaivePiece {
    size_t from, to;
};

class NaiveStream {
  public:
    // `expected`: enum dns_kind, or DNS_KINDS for either.
    NaiveStream(std::span<const uint8_t> octets, uint32_t expected) : octets_(octets), expected_(expected) {}

    // The message at `at`, where the octets before `seen` are known; nothing where more must be seen to tell.
    [[nodiscard]] std::optional<NaiveStreamMessage> message(size_t at, size_t seen) const {
        constexpr size_t longest = 12 + 255 + 4;  // header, name (RFC 1035, 2.3.4), type and class
        if (at + 2 > seen) return std::nullopt;
        NaiveStreamMessage found{at, octets_[at] * size_t{256} + octets_[at + 1], {}};
        if (found.length >= 12 && at + 2 + 12 > seen) return std::nullopt;
        const size_t most = std::min(found.length, longest);
        const size_t here = std::min(most, seen - at - 2);
        found.message = naive_message(octets_.subspan(at + 2, here), found.length);
        if (found.message.reason == DNS_TRUNCATED_QUESTION && here < most) return std::nullopt;
        return found;
    }

    // Whether a stream can be taken to begin with it.
    [[nodiscard]] bool can_begin(const NaiveStreamMessage& found) const {
        static const std::set<uint32_t> opcodes = {0, 1, 2, 4, 5, 6};  // IANA's registry of DNS parameters
        const NaiveMessage& m = found.message;
        const uint32_t opcode = m.flags / 2048 % 16;
        const bool response = m.flags >= 0x8000, z = m.flags / 64 % 2 == 1;
        if (m.reason != DNS_OK || z || !opcodes.contains(opcode)) return false;
        if (expected_ != DNS_KINDS && response != (expected_ == DNS_RESPONSE)) return false;
        if (m.question_count != 0) return m.question_count == 1;
        // RFC 5936, 2.2.2; RFC 8490, 5.4; RFC 1035, 6.4.1: an inverse query asks by its one answer.
        return response || opcode == 6 || (opcode == 1 && m.answer_count == 1);
    }

    // Calls `take` for each message from `at` on, in order, as long as lengths make sense and it returns
    // true; for what can't be read too. Returns where it ended.
    template <typename Take>
    size_t each(size_t at, size_t seen, Take take) const {
        for (auto found = message(at, seen); found; found = message(at, seen)) {
            if (!take(*found) || found->length < 12) break;
            at += 2 + found->length;
        }
        return at;
    }

  private:
    std::span<const uint8_t> octets_;
    uint32_t expected_;
};

// Reads pieces that come in order; they may overlap and repeat, but leave no hole.
class NaiveReader {
  public:
    NaiveReader(std::span<const uint8_t> octets, uint32_t expected) : stream_(octets, expected) {}

    void piece(NaivePiece piece) {
        const bool is_new = piece.to > seen_;
        if (is_new && lost_ && piece.from == seen_) begin(piece.from);
        seen_ = std::max(seen_, piece.to);
        if (!is_new || lost_) return;
        at_ = stream_.each(at_, seen_, [this](const NaiveStreamMessage& next) { return take(next); });
    }

    std::vector<NaiveStreamMessage> found;
    std::array<uint32_t, DNS_REASONS> errors{};

  private:
    void begin(size_t at) {
        at_ = at;
        lost_ = false;
        proved_ = false;
    }
    bool take(const NaiveStreamMessage& message) {
        if (!proved_ && !stream_.can_begin(message)) {
            lost_ = true;
            return false;
        }
        proved_ = true;
        if (message.message.reason == DNS_OK)
            found.push_back(message);
        else
            ++errors.at(message.message.reason);
        lost_ = message.length < 12;
        return !lost_;
    }

    NaiveStream stream_;
    size_t at_ = 0, seen_ = 0;
    bool lost_ = false, proved_ = false;
};

}  // namespace dnsexp::test
