// From an input of the fuzzer to a stream and its segments.
//
//   octet 0       bits 0, 1: the expected kind is a query (1), a response (2), either; bit 2: the stream is
//   made of
//                 messages (descriptors), else of raw octets; bit 3: segments come in any order, else in
//                 order
//   octets 1-4    sequence number of the stream's first octet
//   octet 5       segments, at most `segments_max`; of each 3 octets follow: length, and how it is played
//   the rest      raw octets, or descriptors of 6 octets each (append_message)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ebpf/dns_abi.h"
#include "test/fuzz/input.h"
#include "test/support/naive_stream.h"

namespace dnsexp::test {

struct StreamInput {
    uint32_t expected = DNS_KINDS;
    uint32_t first_sequence = 0;
    bool in_order = true;
    bool whole = true;  // all that lies before the last octet that comes, comes
    std::vector<uint8_t> octets;
    std::vector<NaivePiece> pieces;  // as they come
};

namespace detail {

constexpr size_t segments_max = 48, octets_max = 150'000;
constexpr uint16_t segment_max = 30'000;  // two of them fit a packet

enum Descriptor {
    response = 1,
    no_question = 2,
    bad_label = 4,
    short_length = 8,
    self_similar = 16,
    is_long = 32
};

inline void append_number(std::vector<uint8_t>& octets, size_t number) {
    octets.push_back(static_cast<uint8_t>(number >> 8));
    octets.push_back(static_cast<uint8_t>(number));
}

// Labels of 63 octets and less; `octets` is the name's length without the root.
inline void append_name(std::vector<uint8_t>& stream, size_t octets, uint8_t fill) {
    while (octets > 1) {
        const size_t label = std::min<size_t>(63, octets - 1);
        stream.push_back(static_cast<uint8_t>(label));
        stream.insert(stream.end(), label, fill);
        octets -= 1 + label;
    }
    stream.push_back(0);
}

// One message by its descriptor: what it has (enum Descriptor), id, octets of the name, octets behind the
// question and what they are.
inline void append_message(std::vector<uint8_t>& stream, FuzzInput& from) {
    const uint8_t has = from.octet(), id = from.octet(), name = from.octet();
    const size_t tail = from.number() % (has & is_long ? 20'000 : 300);
    const uint8_t fill = from.octet();
    if (has & short_length) {
        append_number(stream, id % 12);
        return;
    }
    std::vector<uint8_t> message = {0, id, static_cast<uint8_t>(has & response ? 0x80 : 0), 0};
    append_number(message, has & no_question ? 0 : 1);
    message.resize(12);
    if (!(has & no_question)) {
        append_name(message, name, has & bad_label ? 0x80 : fill);
        if (has & bad_label) message[12] = 0x80;
        message.insert(message.end(), {0, 1, 0, 1});
    }
    if (has & self_similar) {  // what looks like a message, but is not one
        const std::vector<uint8_t> inner = message;
        append_number(message, inner.size());
        message.insert(message.end(), inner.begin(), inner.end());
    }
    message.insert(message.end(), tail, fill);
    append_number(stream, message.size());
    stream.insert(stream.end(), message.begin(), message.end());
}

struct Cut {
    NaivePiece piece;
    uint8_t play;
};

// How a segment is played where order is kept: from 192 on, one that came before comes again; from 128 on,
// the segment begins earlier.
inline void play_in_order(const std::vector<Cut>& cuts, StreamInput& input) {
    for (size_t i = 0; i < cuts.size(); ++i) {
        const uint8_t play = cuts[i].play;
        NaivePiece piece = cuts[i].piece;
        if (play >= 128 && play < 192) piece.from -= std::min<size_t>(piece.from, play - 127U);
        input.pieces.push_back(piece);
        if (play >= 192) input.pieces.push_back(cuts[i - std::min<size_t>(i, play - 192U)].piece);
    }
}

// Where it is not: bits 0 to 3 are the places by which the segment is late, bits 4 to 6 those by which a
// second one is, if there is one (not 0). 255: it never comes.
inline void play_any_order(const std::vector<Cut>& cuts, StreamInput& input) {
    struct Late {
        size_t place;
        NaivePiece piece;
    };
    std::vector<Late> played;
    for (size_t i = 0; i < cuts.size(); ++i) {
        const uint8_t play = cuts[i].play;
        if (play == 255) {
            input.whole = false;
            continue;
        }
        played.push_back({i + play % 16U, cuts[i].piece});
        if (play / 16 % 8 == 0) continue;
        NaivePiece again = cuts[i].piece;
        if (play >= 128 && i + 1 < cuts.size()) again.to = cuts[i + 1].piece.to;
        played.push_back({i + play / 16U % 8, again});
    }
    std::stable_sort(played.begin(), played.end(),
                     [](const Late& a, const Late& b) { return a.place < b.place; });
    for (const Late& late : played) input.pieces.push_back(late.piece);
}

}  // namespace detail

inline StreamInput read_stream_input(std::span<const uint8_t> octets) {
    FuzzInput from(octets);
    StreamInput input;
    const uint8_t options = from.octet();
    if (options % 4 == 1) input.expected = DNS_QUERY;
    if (options % 4 == 2) input.expected = DNS_RESPONSE;
    input.in_order = !(options & 8);
    const uint32_t high = from.number();
    input.first_sequence = high << 16 | from.number();
    std::vector<detail::Cut> cuts(std::min<size_t>(from.octet(), detail::segments_max));
    for (detail::Cut& cut : cuts) {
        cut.piece.to = from.number() % detail::segment_max;
        cut.play = from.octet();
    }
    if (options & 4) {
        while (!from.empty() && input.octets.size() < detail::octets_max)
            detail::append_message(input.octets, from);
    } else {
        input.octets.assign(from.rest().begin(), from.rest().end());
    }
    size_t at = 0;
    for (detail::Cut& cut : cuts) {  // lengths to places
        cut.piece = {at, std::min(input.octets.size(), at + cut.piece.to)};
        at = cut.piece.to;
    }
    std::erase_if(cuts, [](const detail::Cut& cut) { return cut.piece.from >= cut.piece.to; });
    input.octets.resize(at);
    input.in_order ? detail::play_in_order(cuts, input) : detail::play_any_order(cuts, input);
    return input;
}

}  // namespace dnsexp::test
