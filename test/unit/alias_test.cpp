#include "ebpf/dns_alias.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/alias_reader.h"
#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"
#include "test/support/wire_names.h"

using namespace dnsexp::test;

namespace {

constexpr uint16_t type_a = 1, type_cname = 5, type_txt = 16;
constexpr uint8_t question_at = 12, records_at = 33;  // www.example.com takes 17 octets, type and class four

const Bytes to_question = to(question_at);

// A response to www.example.com, to which records are added.
class Answer {
  public:
    // Where the next record begins.
    [[nodiscard]] size_t size() const { return octets_.size(); }
    [[nodiscard]] uint16_t count() const { return count_; }
    [[nodiscard]] const Bytes& octets() const { return octets_; }
    // RFC 1035, 3.2.1. `length`: RDLENGTH, where it is not to be that of the data.
    Answer& record(const Bytes& owner, uint16_t type, const Bytes& data, std::optional<uint16_t> length = {},
                   uint16_t class_ = 1) {
        append(octets_, owner);
        append_be16(octets_, type);
        append_be16(octets_, class_);
        append(octets_, {0, 0, 1, 0x2c});
        append_be16(octets_, length.value_or(static_cast<uint16_t>(data.size())));
        append(octets_, data);
        ++count_;
        return *this;
    }
    Answer& cname(const Bytes& target, std::optional<uint16_t> length = {}) {
        return record(to_question, type_cname, target, length);
    }
    Answer& address(const Bytes& owner = to_question) { return record(owner, type_a, {192, 0, 2, 1}); }

  private:
    Bytes octets_ = Dns().flags(qr | rd | ra).question("www.example.com", type_a).build();
    uint16_t count_ = 0;
};

// Where the data of the record that is added next will begin, if its owner is a pointer.
size_t next_data(const Answer& answer) {
    return answer.size() + 12;
}

// `present` octets of the message are in the packet.
AliasRead walk(const Answer& answer, size_t present) {
    constexpr uint32_t headers = 42;  // of Ethernet, IPv4 and UDP
    Bytes packet(headers, 0xc0);
    const auto here = answer.octets().begin() + static_cast<ptrdiff_t>(present);
    packet.insert(packet.end(), answer.octets().begin(), here);
    return read_aliases(Bytes(packet.begin(), packet.end()),
                        {.message = headers,
                         .records = headers + records_at,
                         .end = static_cast<uint32_t>(headers + answer.size()),
                         .present = static_cast<uint32_t>(packet.size())},
                        answer.count());
}
AliasRead walk(const Answer& answer) {
    return walk(answer, answer.size());
}

using Names = std::vector<Bytes>;
Names names(const Answer& answer) {
    const AliasRead read = walk(answer);
    CHECK(read.ended);
    return read.names;
}
Names just(std::string_view name) {
    return {wire_name(name)};
}

// `target` is followed by a record that can be read, so that what is found tells where the walk ended.
Names with_good_one_behind(const Bytes& target, std::optional<uint16_t> length = {}) {
    return names(
        Answer().cname(wire_name("good.test")).cname(target, length).cname(wire_name("behind.test")));
}
const Names all_three(const Bytes& middle) {
    return {wire_name("good.test"), middle, wire_name("behind.test")};
}

}  // namespace

TEST_CASE("The target of a CNAME record is told without compression (RFC 1035, 3.3.1)") {
    CHECK(names(Answer().cname(wire_name("host.example.net")).address(to(45))) == just("host.example.net"));
    CHECK(names(Answer().cname(labels("cdn", to(16)))) == just("cdn.example.com"));
    CHECK(names(Answer().cname(to_question)) == just("www.example.com"));
    CHECK(names(Answer().cname({0})) == Names{Bytes{0}});
}

TEST_CASE("A chain's targets are told in order, each compressed by the one before") {
    Answer answer;
    const size_t first = next_data(answer);
    answer.cname(labels("www", to(16)));  // a prior occurrence of the whole name, written anew
    const size_t second = next_data(answer);
    answer.record(to(first), type_cname, labels("edge.cdn", to(first + 4)));  // the pointer behind "www"
    const size_t third = next_data(answer);
    answer.record(to(second), type_cname, labels("a7", to(second + 5)));
    answer.address(to(third)).address(to(third));
    CHECK(names(answer) == Names{wire_name("www.example.com"), wire_name("edge.cdn.example.com"),
                                 wire_name("a7.cdn.example.com")});
}

TEST_CASE("Records of other types, and of any class, are passed over by their length") {
    const Bytes looks_like_one = labels("no", to(16));
    Answer answer;
    answer.address(wire_name("www.example.com")).record(to_question, 39, looks_like_one);  // DNAME
    answer.record({0}, type_txt, Bytes(300, 5)).record(labels("www", to(16)), 46, Bytes(90, 0xff));
    answer.record(to_question, type_cname, wire_name("found.test"), {}, 3);
    CHECK(names(answer) == just("found.test"));
    CHECK(names(Answer().record(to_question, 0x0500, looks_like_one)).empty());
    CHECK(names(Answer()).empty());
}

TEST_CASE("Only what the header counts as answers is looked at") {
    Answer answer;
    answer.cname(wire_name("one.test")).cname(wire_name("two.test"));
    const AliasPlace place{0, records_at, static_cast<uint32_t>(answer.size()),
                           static_cast<uint32_t>(answer.size())};
    CHECK(read_aliases(answer.octets(), place, 0).names.empty());
    CHECK(read_aliases(answer.octets(), place, 1).names == just("one.test"));
    CHECK(read_aliases(answer.octets(), place, 3).names.size() == 2);  // the third is not there
}

TEST_CASE("A pointer may go to a prior occurrence alone (RFC 1035, 4.1.4)") {
    // The first record's data is at 45, 11 octets; the second record's owner at 56, its data at 68.
    CHECK(with_good_one_behind(to(45)) == all_three(wire_name("good.test")));
    CHECK(with_good_one_behind(to(50)) == all_three(wire_name("test")));
    CHECK(with_good_one_behind(to(56)) == all_three(wire_name("www.example.com")));  // to a pointer
    CHECK(with_good_one_behind(to(68)) == just("good.test"));                        // to itself
    CHECK(with_good_one_behind(labels("me", to(68))) == just("good.test"));          // to its own label
    CHECK(with_good_one_behind(labels("me", to(71))) == just("good.test"));  // to itself, behind a label
    CHECK(with_good_one_behind(labels("me", to(85))) == just("good.test"));  // to the record behind
    CHECK(with_good_one_behind(to(0x3fff)) == just("good.test"));            // to nowhere
}

TEST_CASE("A loop of pointers ends the walk") {
    // Text at 45 that is a label and a pointer, and a target at 63 that points to the text.
    const auto with_text_pointing = [](size_t offset) {
        return names(Answer().record(to_question, type_txt, labels("abc", to(offset))).cname(to(45)));
    };
    CHECK(with_text_pointing(63).empty());  // to the target, which points to the text
    CHECK(with_text_pointing(45).empty());
    CHECK(with_text_pointing(49).empty());
    CHECK(with_text_pointing(16) == just("abc.example.com"));
    // A label of 14 octets at 45 ends at the target at 60, which points to the label.
    CHECK(names(Answer().record(to_question, type_txt, {14, 'x', 'x'}).cname(to(45))).empty());
}

TEST_CASE("A pointer into the header ends the walk") {
    for (size_t offset = 0; offset < 12; ++offset)
        CHECK(with_good_one_behind(to(offset)) == just("good.test"));
    CHECK(with_good_one_behind(to(12)) == all_three(wire_name("www.example.com")));
}

TEST_CASE("Labels of the types 01 and 10 end the walk (RFC 6891, 5)") {
    for (const uint8_t first : Bytes{0x40, 0x41, 0x7f, 0x80, 0xbf}) {
        const Bytes name = of_lengths({first});  // whole, if it were a length
        CHECK(with_good_one_behind(name) == just("good.test"));
        CHECK(with_good_one_behind(labels("x", name)) == just("good.test"));
        CHECK(names(Answer().record(name, type_cname, wire_name("found.test"))).empty());
        CHECK(names(Answer().record(labels("x", name), type_cname, wire_name("found.test"))).empty());
    }
}

TEST_CASE("A target has at most 255 octets, however it is compressed (RFC 1035, 2.3.4)") {
    const Bytes longest = of_lengths({63, 63, 63, 61});  // 3 * 64 + 62 + 1
    REQUIRE(longest.size() == 255);
    CHECK(with_good_one_behind(longest) == all_three(longest));
    CHECK(with_good_one_behind(of_lengths({63, 63, 63, 62})) == just("good.test"));
    CHECK(with_good_one_behind(of_lengths({63, 63, 63, 63})) == just("good.test"));
    // "example.com" and the root take 13 of them.
    const auto before_example = [](uint8_t last) {
        Bytes name = of_lengths({63, 63, 63, last});
        name.pop_back();
        append(name, to(16));
        return name;
    };
    const Names found = with_good_one_behind(before_example(49));
    REQUIRE(found.size() == 3);
    CHECK(found[1].size() == 255);
    CHECK(with_good_one_behind(before_example(50)) == just("good.test"));
}

TEST_CASE("An owner's name of more than 255 octets ends the walk") {
    const auto owned = [](const Bytes& owner) {
        return names(Answer().record(owner, type_cname, wire_name("found.test")));
    };
    CHECK(owned(of_lengths({63, 63, 63, 61})) == just("found.test"));
    CHECK(owned(of_lengths({63, 63, 63, 62})).empty());
    CHECK(owned(to(0)) == just("found.test"));  // a pointer is not followed
    const Bytes half = of_lengths({63, 63});    // each record's counts for itself
    CHECK(names(Answer().address(half).address(half).record(half, type_cname, wire_name("found.test"))) ==
          just("found.test"));
}

TEST_CASE("A target must lie within its record's data") {
    const Bytes written_out = wire_name("cut.example.net"), compressed = labels("cut", to(16));
    for (const Bytes& target : {written_out, compressed, to_question}) {
        for (uint16_t length = 0; length < target.size(); ++length) {
            INFO(length << " of " << target.size());
            // The second record's data is the first one's rest and what follows: nothing good is behind.
            CHECK(with_good_one_behind(target, length) == just("good.test"));
        }
        CHECK(with_good_one_behind(target).size() == 3);
    }
}

TEST_CASE("What a record's data holds behind the target is passed over") {
    Bytes longer = wire_name("longer.test");
    append(longer, {1, 2, 3});
    CHECK(with_good_one_behind(longer) == all_three(wire_name("longer.test")));
}

TEST_CASE("An answer's data may end with the message and not behind it") {
    const Bytes target = wire_name("last.test");
    const auto length = static_cast<uint16_t>(target.size());
    CHECK(names(Answer().cname(target, length)) == just("last.test"));
    CHECK(names(Answer().cname(target, length + 1)).empty());
    CHECK(names(Answer().cname(target, 0xffff)).empty());
}

TEST_CASE("A label that a pointer leads to ends by the message's end, and need not end by its record's") {
    const auto with_label = [](uint8_t length) {
        Answer answer;
        answer.record(to_question, type_txt, {length, 'x'});  // the label's length is at 45
        answer.cname(to(45));                                 // ends at 61, where a pointer follows
        return answer.address();                              // ends at 77
    };
    const Names found = names(with_label(15));
    REQUIRE(found.size() == 1);
    CHECK(found[0].size() == 16 + 17);
    CHECK(Bytes(found[0].begin() + 16, found[0].end()) == wire_name("www.example.com"));
    CHECK(names(with_label(31)).empty());  // no more than its last octet is there
    CHECK(names(with_label(32)).empty());
    CHECK(names(with_label(63)).empty());
    CHECK(names(Answer().record(to_question, type_txt, {1, 'x', 0}).cname(to(45))) == just("x"));
}

TEST_CASE("Of a message that was cut, those targets are told that are there whole") {
    Answer answer;
    std::vector<size_t> ends;
    const auto next = [&](const Bytes& target) {
        answer.cname(target);
        ends.push_back(answer.size());
    };
    next(wire_name("one.example.net"));
    answer.address();
    next(labels("two", to(45)));
    next(to_question);
    answer.address();
    const Names all = names(answer);
    REQUIRE(all.size() == 3);
    for (size_t present = records_at; present <= answer.size(); ++present) {
        INFO(present << " octets are there");
        const AliasRead read = walk(answer, present);
        CHECK(read.ended);
        size_t whole = 0;
        while (whole < ends.size() && ends[whole] <= present) ++whole;
        CHECK(read.names == Names(all.begin(), all.begin() + static_cast<ptrdiff_t>(whole)));
    }
}

TEST_CASE("Sixteen records of an answer are looked at") {
    const auto behind = [](size_t addresses) {
        Answer answer;
        for (size_t i = 0; i < addresses; ++i) answer.address();
        return names(answer.cname(wire_name("last.test")));
    };
    CHECK(behind(15) == just("last.test"));
    CHECK(behind(16).empty());
}

TEST_CASE("Eleven targets of an answer are told") {
    Answer answer;
    for (size_t i = 0; i < 11; ++i) answer.cname(to_question);
    CHECK(names(answer).size() == 11);
    CHECK(names(answer.cname(to_question)).size() == 11);
}

TEST_CASE("A walk of more steps than are taken is cut") {
    // A step for the record, and one for each label and the root.
    const AliasRead fits = walk(Answer().cname(of_lengths(std::vector<uint8_t>(126, 1))));
    CHECK(fits.names.size() == 1);
    const AliasRead too_long = walk(Answer().cname(of_lengths(std::vector<uint8_t>(127, 1))));
    CHECK(too_long.names.empty());
    CHECK_FALSE(too_long.ended);
    // As many targets as are told, each of seven labels and two pointers, are within reach.
    Answer chain;
    const size_t first = next_data(chain);
    chain.cname(labels("a.b.c.d", to_question));
    for (size_t i = 1; i < 11; ++i) chain.cname(to(first));
    CHECK(names(chain).size() == 11);
}

TEST_CASE("Where the message's beginning is not in the packet, targets that need no pointer are told") {
    Answer answer;
    answer.cname(wire_name("written.out.test")).cname(to(45)).cname(wire_name("behind.test"));
    const Bytes records(answer.octets().begin() + records_at, answer.octets().end());
    const auto length = static_cast<uint32_t>(records.size());
    const AliasRead read =
        read_aliases(records, {.message = 0U - records_at, .records = 0, .end = length, .present = length},
                     answer.count());
    CHECK(read.ended);
    CHECK(read.names == just("written.out.test"));
    CHECK(names(answer).size() == 3);
}

TEST_CASE("A target's hash is that of a query for it, whatever the case of its letters") {
    static const dns_hash_keys keys = fixed_hash_keys();
    Answer answer;
    answer.cname(wire_name("a.long.one.to.leave.octets.behind.it.example.net"));
    const AliasRead read = walk(answer.cname(labels("Cdn", to(16))));
    Bytes query = Dns().question("cDN.example.COM", type_a).build();
    const auto length = static_cast<uint32_t>(query.size());
    query.resize(DNS_MESSAGE_PREFIX, 0x55);
    dns_message message{};
    REQUIRE(dns_message_parse(query.data(), length, length, &keys, &message) == DNS_OK);
    REQUIRE(read.hashes.size() == 2);
    CHECK(read.hashes[1] == message.question);
    CHECK(read.hashes[0] != message.question);
}
