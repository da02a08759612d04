// A TCP stream cut into segments that come in any order, some of them twice: dns_stream.h against a reader
// that has the whole stream before it.
#include <cstdio>
#include <cstdlib>
#include <map>

#include "test/fuzz/input.h"
#include "test/fuzz/stream_input.h"
#include "test/support/dual_settings.h"
#include "test/support/naive_stream.h"
#include "test/support/stream_reader.h"

using namespace dnsexp::test;

namespace {

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

// What came of all segments.
struct Outcome {
    std::vector<NaiveStreamMessage> found;  // of the naive message the fields that the hooks have too
    std::array<uint32_t, DNS_REASONS> errors{};
    uint32_t unread = 0;  // segments that were not read
};

NaiveStreamMessage convert(const StreamMessage& m, uint32_t first_sequence) {
    NaiveStreamMessage seen;
    seen.at = m.begin - first_sequence;
    seen.length = m.length;
    seen.message.id = m.message.id;
    seen.message.flags = m.message.flags;
    seen.message.question_count = m.message.question_count;
    seen.message.type = m.message.type;
    seen.message.class_ = m.message.class_;
    seen.message.name_length = m.message.name_length;
    return seen;
}

void require_sound_flow(const dns_flow& flow) {
    require(flow.state <= DNS_FLOW_LOST && flow.state != DNS_FLOW_NEW, "a state");
    require(flow.first <= 1 && flow.behind <= 7, "a cursor");
    require(flow.cursor[0].have < DNS_STREAM_HEAD && flow.cursor[1].have < DNS_STREAM_HEAD,
            "heads have room");
    require(!dns_before(flow.high, flow.low), "low and high");
}

Outcome deliver(const StreamInput& input) {
    Outcome outcome;
    StreamReader reader(fixed_hash_keys());
    for (const NaivePiece& piece : input.pieces) {
        // As much memory as octets: a read past the end shows.
        const std::vector<uint8_t> payload(input.octets.begin() + static_cast<ptrdiff_t>(piece.from),
                                           input.octets.begin() + static_cast<ptrdiff_t>(piece.to));
        const auto sink = [&](const StreamMessage& m) {
            require(m.records <= m.end && m.present <= payload.size() && m.present <= m.end, "offsets");
            require(m.begin - input.first_sequence + 2 + m.length - piece.from == m.end, "the message's end");
            outcome.found.push_back(convert(m, input.first_sequence));
        };
        const StreamResult counts = reader.segment(input.first_sequence + static_cast<uint32_t>(piece.from),
                                                   payload, input.expected, sink);
        require(counts.finished, "bounded steps");
        require(counts.result < DNS_REASONS, "a result");
        for (size_t i = 0; i < outcome.errors.size(); ++i) outcome.errors[i] += counts.errors[i];
        outcome.unread += counts.result == DNS_TCP_OUT_OF_ORDER || counts.result == DNS_TCP_NO_MESSAGE_START;
        require_sound_flow(reader.flow());
    }
    outcome.errors[DNS_TCP_LOST] += reader.forget(false);
    return outcome;
}

void require_same(const NaiveStreamMessage& seen, const NaiveStreamMessage& true_one) {
    const NaiveMessage &a = seen.message, &b = true_one.message;
    require(seen.at == true_one.at && seen.length == true_one.length, "place and length");
    require(b.reason == DNS_OK, "a message that can be read");
    require(a.id == b.id && a.flags == b.flags && a.question_count == b.question_count, "header");
    require(a.type == b.type && a.class_ == b.class_ && a.name_length == b.name_length, "question");
}

// In order, cut, repeated and overlapping in any way: what is found is what is there.
void check_in_order(const StreamInput& input, const Outcome& outcome) {
    NaiveReader naive(input.octets, input.expected);
    for (const NaivePiece& piece : input.pieces) naive.piece(piece);
    require(outcome.found.size() == naive.found.size(), "in order: as many messages");
    for (size_t i = 0; i < naive.found.size(); ++i) require_same(outcome.found[i], naive.found[i]);
    for (size_t i = 0; i < naive.errors.size(); ++i)
        require(i == DNS_TCP_LOST || outcome.errors[i] == naive.errors[i], "in order: as many errors");
}

// Every message that can be found: those on the way from a segment's beginning that looks like a message's.
std::map<size_t, NaiveStreamMessage> reachable(const StreamInput& input, const NaiveStream& stream) {
    std::map<size_t, NaiveStreamMessage> messages;
    for (const NaivePiece& piece : input.pieces) {
        const auto first = stream.message(piece.from, input.octets.size());
        if (!first || !stream.can_begin(*first)) continue;
        stream.each(piece.from, input.octets.size(), [&](const NaiveStreamMessage& message) {
            return messages.emplace(message.at, message).second;
        });
    }
    return messages;
}

// In any order: none twice, none invented, and where one is missed it is said.
void check_any_order(const StreamInput& input, const Outcome& outcome) {
    const NaiveStream stream(input.octets, input.expected);
    const auto messages = reachable(input, stream);
    std::set<size_t> seen;
    for (const NaiveStreamMessage& message : outcome.found) {
        require(seen.insert(message.at).second, "none twice");
        const auto true_one = messages.find(message.at);
        require(true_one != messages.end(), "none invented");
        require_same(message, true_one->second);
    }
    const auto first = stream.message(0, input.octets.size());
    if (!input.whole || !first || !stream.can_begin(*first)) return;
    bool missed = false;
    stream.each(0, input.octets.size(), [&](const NaiveStreamMessage& message) {
        missed = message.message.reason == DNS_OK && !seen.contains(message.at);
        return !missed;
    });
    uint32_t told = outcome.unread;
    for (const uint32_t count : outcome.errors) told += count;
    require(!missed || told != 0, "what is missed is told");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const StreamInput input = read_stream_input({data, size});
    if (input.pieces.empty()) return 0;
    const Outcome outcome = deliver(input);
    if (input.in_order) check_in_order(input, outcome);
    check_any_order(input, outcome);
    return 0;
}
