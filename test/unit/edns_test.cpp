#include "ebpf/dns_edns.h"

#include <catch2/catch.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/edns_reader.h"
#include "test/support/packet_builder.h"

using namespace dnsexp::test;

namespace {

// A resource record (RFC 1035, 3.2.1).
Bytes record(const Bytes& owner, uint16_t type, uint16_t class_, uint32_t ttl, const Bytes& data) {
    Bytes octets = owner;
    append_be16(octets, type);
    append_be16(octets, class_);
    append_be16(octets, ttl >> 16);
    append_be16(octets, ttl & 0xffff);
    append_be16(octets, static_cast<uint32_t>(data.size()));
    append(octets, data);
    return octets;
}

const Bytes pointer = {0xc0, 0x0c};  // to the question's name (RFC 1035, 4.1.4)
const Bytes root = {0};

Bytes address(const Bytes& owner = pointer) {
    return record(owner, 1, 1, 60, {192, 0, 2, 1});
}

Bytes option(uint16_t code, const Bytes& data) {
    Bytes octets;
    append_be16(octets, code);
    append_be16(octets, static_cast<uint32_t>(data.size()));
    append(octets, data);
    return octets;
}

// Extended DNS Error (RFC 8914, 2): the info code, then text.
Bytes error(uint8_t info_code, std::string_view text = "") {
    Bytes data = {0, info_code};
    data.insert(data.end(), text.begin(), text.end());
    return option(15, data);
}

// RFC 6891, 6.1.2. `flags`: extended RCODE, version, DO and zeros.
Bytes opt(const Bytes& options = {}, uint16_t payload_size = 1232, uint32_t flags = 0) {
    return record(root, 41, payload_size, flags, options);
}

struct Sections {
    uint32_t answer = 0, authority = 0, additional = 0;
};

// Walks records that lie behind some octets of other things. `present` of the records' octets are there.
EdnsRead walk(const Bytes& records, Sections counts, size_t present) {
    constexpr uint32_t before = 29;
    Bytes octets(before, 0xee);
    append(octets, records);
    dns_message message{};
    message.answer_count = counts.answer;
    message.authority_count = counts.authority;
    message.additional_count = counts.additional;
    const Bytes here(octets.begin(), octets.begin() + static_cast<ptrdiff_t>(before + present));
    return read_edns(here, message, before, static_cast<uint32_t>(octets.size()),
                     static_cast<uint32_t>(here.size()));
}
EdnsRead walk(const Bytes& records, Sections counts) {
    return walk(records, counts, records.size());
}

Bytes join(const std::vector<Bytes>& parts) {
    Bytes octets;
    for (const Bytes& part : parts) append(octets, part);
    return octets;
}

std::vector<uint32_t> errors_of(const EdnsRead& read) {
    return {read.walk.errors, read.walk.errors + read.walk.error_count};
}

}  // namespace

TEST_CASE("An OPT record says payload size, extended RCODE, version and DO (RFC 6891, 6.1.3)") {
    const EdnsRead read = walk(opt({}, 4096, 0x01028000), {.additional = 1});
    CHECK(read.result == DNS_EDNS_FOUND);
    CHECK(read.walk.payload_size == 4096);
    CHECK(read.walk.extended_rcode == 1);  // BADVERS is 16: these eight bits above the header's four
    CHECK(read.walk.version == 2);
    CHECK(read.walk.dnssec_ok == 1);
    const EdnsRead plain = walk(opt({}, 512, 0x00007fff), {.additional = 1});
    CHECK(plain.result == DNS_EDNS_FOUND);
    CHECK(plain.walk.dnssec_ok == 0);
}

TEST_CASE("Extended DNS Errors are read wherever they lie among the options (RFC 8914)") {
    const Bytes cookie = option(10, Bytes(24, 0x0f)), nsid = option(3, {});
    CHECK(errors_of(walk(opt(error(6)), {.additional = 1})) == std::vector<uint32_t>{6});
    const EdnsRead read = walk(opt(join({cookie, error(9, "no SEP"), nsid, error(22)})), {.additional = 1});
    CHECK(read.result == DNS_EDNS_FOUND);
    CHECK(errors_of(read) == std::vector<uint32_t>{9, 22});
    const EdnsRead high = walk(opt(option(15, {0xff, 0xfe})), {.additional = 1});  // of private use
    CHECK(errors_of(high) == std::vector<uint32_t>{0xfffe});
}

TEST_CASE("Four Extended DNS Errors of a message are kept, and the walk goes on") {
    const EdnsRead read =
        walk(opt(join({error(1), error(2), error(3), error(4), error(5), error(6)})), {.additional = 1});
    CHECK(read.result == DNS_EDNS_FOUND);
    CHECK(errors_of(read) == std::vector<uint32_t>{1, 2, 3, 4});
}

TEST_CASE("The OPT record is found behind the records of all sections, however they are named") {
    const Bytes labels = wire_name("ns1.example.com"), labels_and_pointer = {3, 'n', 's', '2', 0xc0, 0x0c};
    const Bytes records = join({address(), address(labels), record(root, 2, 1, 60, labels),
                                address(labels_and_pointer), opt(error(3)), address()});
    const EdnsRead read = walk(records, {.answer = 2, .authority = 1, .additional = 3});
    CHECK(read.result == DNS_EDNS_FOUND);
    CHECK(errors_of(read) == std::vector<uint32_t>{3});
}

TEST_CASE("What is no OPT record of the additional section is passed over") {
    const Bytes two_roots = join({record(root, 2, 1, 60, {}), opt()});
    CHECK(walk(two_roots, {.additional = 2}).result == DNS_EDNS_FOUND);
    // Its name must be the root (RFC 6891, 6.1.2), its section the additional one (6.1.1).
    const Bytes named = record(wire_name("a"), 41, 1232, 0, error(6));
    const Bytes by_pointer = record(pointer, 41, 1232, 0, error(6));
    CHECK(walk(named, {.additional = 1}).result == DNS_EDNS_ABSENT);
    CHECK(walk(by_pointer, {.additional = 1}).result == DNS_EDNS_ABSENT);
    CHECK(walk(join({opt(), address()}), {.answer = 1, .additional = 1}).result == DNS_EDNS_ABSENT);
    CHECK(walk(join({opt(), address()}), {.authority = 1, .additional = 1}).result == DNS_EDNS_ABSENT);
}

TEST_CASE("A message without records has no OPT record, whatever lies behind its end") {
    CHECK(walk({}, {}).result == DNS_EDNS_ABSENT);
    CHECK(walk(opt(), {}).result == DNS_EDNS_ABSENT);
    CHECK(walk(join({address(), opt()}), {.answer = 1}).result == DNS_EDNS_ABSENT);
}

TEST_CASE("Records that the header counts and the message does not hold are malformed") {
    CHECK(walk({}, {.additional = 1}).result == DNS_EDNS_MALFORMED);
    CHECK(walk(address(), {.answer = 1, .additional = 1}).result == DNS_EDNS_MALFORMED);
}

TEST_CASE("A record's data may end with the message and not behind it") {
    Bytes records = record(pointer, 16, 1, 60, Bytes(100));
    CHECK(walk(records, {.additional = 1}).result == DNS_EDNS_ABSENT);
    records.pop_back();
    CHECK(walk(records, {.additional = 1}).result == DNS_EDNS_MALFORMED);
}

TEST_CASE("An option may end with the OPT record and not behind it (RFC 6891, 6.1.2)") {
    const auto with_data = [](const Bytes& data) {
        return walk(join({opt(data), address()}), {.additional = 2});
    };
    CHECK(with_data({0, 15, 0, 2, 0, 6}).result == DNS_EDNS_FOUND);
    for (const Bytes& data :
         {Bytes{0, 15, 0, 3, 0, 6}, Bytes{0, 10, 0xff, 0xff}, Bytes{0, 10, 0}, Bytes{0}}) {
        const EdnsRead read = with_data(data);
        CHECK(read.result == DNS_EDNS_MALFORMED);
        CHECK(errors_of(read).empty());
        CHECK(read.walk.payload_size == 1232);  // what comes before is known
    }
    const EdnsRead behind = with_data(join({error(9), {0, 15, 0, 9}}));
    CHECK(behind.result == DNS_EDNS_MALFORMED);
    CHECK(errors_of(behind) == std::vector<uint32_t>{9});
}

TEST_CASE("An Extended DNS Error too short for its code is none") {
    const EdnsRead read = walk(opt(join({option(15, {}), option(15, {7}), error(8)})), {.additional = 1});
    CHECK(read.result == DNS_EDNS_FOUND);
    CHECK(errors_of(read) == std::vector<uint32_t>{8});
}

TEST_CASE(
    "An owner's name has at most 255 octets, and labels of the known types (RFC 1035, 2.3.4 and 4.1.4)") {
    const auto owned = [](const Bytes& owner) {
        return walk(join({record(owner, 1, 1, 60, {}), opt()}), {.additional = 2}).result;
    };
    const auto labels = [](const Bytes& lengths) {
        Bytes name;
        for (const uint8_t length : lengths) {
            name.push_back(length);
            name.insert(name.end(), length, 'x');
        }
        name.push_back(0);
        return name;
    };
    CHECK(owned(labels({63, 63, 63, 61})) == DNS_EDNS_FOUND);  // 4 * 64 - 2 + 1 = 255
    CHECK(owned(labels({63, 63, 63, 62})) == DNS_EDNS_MALFORMED);
    CHECK(owned(labels({64})) == DNS_EDNS_MALFORMED);
    CHECK(owned(labels({0x80})) == DNS_EDNS_MALFORMED);
    CHECK(owned({0xff, 0xff}) == DNS_EDNS_FOUND);  // a pointer is not followed
}

TEST_CASE("A walk of more steps than are taken is cut, as is one in a message cut by the capture") {
    std::vector<Bytes> records(94, address());  // a step each, and one for OPT, and one to see its end
    records.push_back(opt());
    CHECK(walk(join(records), {.answer = 94, .additional = 1}).result == DNS_EDNS_FOUND);
    records.insert(records.begin(), address());
    const EdnsRead long_walk = walk(join(records), {.answer = 95, .additional = 1});
    CHECK(long_walk.result == DNS_EDNS_CUT);
    CHECK(long_walk.walk.payload_size == 1232);

    const Bytes whole =
        join({address(), address(wire_name("ns1.example.com")), opt(join({option(10, Bytes(8)), error(6)}))});
    for (size_t present = 0; present < whole.size(); ++present) {
        INFO(present << " octets are there");
        CHECK(walk(whole, {.answer = 1, .additional = 2}, present).result == DNS_EDNS_CUT);
    }
    CHECK(walk(whole, {.answer = 1, .additional = 2}).result == DNS_EDNS_FOUND);
}

TEST_CASE("Only messages that can carry what is counted are walked") {
    const auto due = [](uint16_t flags, uint16_t questions, uint16_t answers, uint16_t additional) {
        dns_message message{};
        message.flags = flags;
        message.question_count = questions;
        message.answer_count = answers;
        message.additional_count = additional;
        return dns_edns_is_due(&message);
    };
    CHECK(due(rd, 1, 0, 1));        // a query
    CHECK(due(qr | 2, 1, 1, 1));    // SERVFAIL
    CHECK(due(qr, 1, 0, 1));        // NODATA
    CHECK_FALSE(due(qr, 1, 1, 1));  // an answer
    CHECK_FALSE(due(rd, 1, 0, 0));
    CHECK_FALSE(due(rd, 2, 0, 1));  // where its records begin is not known
}

TEST_CASE("An NS record before the additional section is told of, and none behind") {
    const auto told = [](const Bytes& records, Sections counts) {
        return walk(records, counts).walk.name_servers;
    };
    const Bytes ns = record(pointer, 2, 1, 60, wire_name("ns1.example.com"));
    const Bytes soa = record(pointer, 6, 1, 60, Bytes(22));
    CHECK(told(ns, {.authority = 1}) == 1);
    CHECK(told(join({soa, ns}), {.authority = 2}) == 1);
    CHECK(told(join({ns, address(), opt()}), {.authority = 1, .additional = 2}) == 1);
    CHECK(told(soa, {.authority = 1}) == 0);
    CHECK(told(join({soa, ns}), {.authority = 1, .additional = 1}) == 0);
    CHECK(told(join({opt(), ns}), {.additional = 2}) == 0);
    CHECK(walk(ns, {.authority = 1}, 12).walk.name_servers == 1);  // its data may be cut
    CHECK(walk(ns, {.authority = 1}, 11).walk.name_servers == 0);  // and its fields may not
}

// RFC 1034, 4.3.2 (3b): the authority section of a referral, without an answer; RFC 2308, 2.2: NODATA has an
// SOA record.
TEST_CASE("A referral is NOERROR without an answer, not authoritative, with records of authority") {
    const auto may_refer = [](uint32_t flags, uint32_t questions, uint32_t answers, uint32_t authority) {
        dns_message message{};
        message.flags = flags;
        message.question_count = questions;
        message.answer_count = answers;
        message.authority_count = authority;
        return dns_may_refer(&message) != 0;
    };
    CHECK(may_refer(qr, 1, 0, 4));
    CHECK(may_refer(qr | rd | ra, 1, 0, 1));  // a resolver may refer, too
    CHECK_FALSE(may_refer(qr | aa, 1, 0, 4));
    CHECK_FALSE(may_refer(qr, 1, 1, 4));
    CHECK_FALSE(may_refer(qr, 1, 0, 0));
    CHECK_FALSE(may_refer(qr | 2, 1, 0, 4));
    CHECK_FALSE(may_refer(qr | 3, 1, 0, 4));
    CHECK_FALSE(may_refer(0, 1, 0, 4));  // a query: an update's sections are others (RFC 2136)
    CHECK_FALSE(may_refer(qr, 2, 0, 4));
    CHECK_FALSE(may_refer(qr, 0, 0, 4));
}
