#include "ebpf/dns_message.h"

#include <algorithm>
#include <bitset>
#include <catch2/catch.hpp>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"
#include "test/support/snapshots.h"

using namespace dnsexp::test;

namespace {

struct Parsed {
    uint32_t reason;
    dns_message message;
};

// As the hooks do it: at most DNS_PREFIX_LOAD octets in a buffer whose rest holds what was there before.
Parsed parse(const Bytes& octets, uint8_t left_over = 0xaa) {
    static const dns_hash_keys keys = fixed_hash_keys();
    const auto buffer = std::make_unique<uint8_t[]>(DNS_MESSAGE_PREFIX);
    std::fill_n(buffer.get(), static_cast<size_t>(DNS_MESSAGE_PREFIX), left_over);
    const size_t available = std::min<size_t>(octets.size(), DNS_PREFIX_LOAD);
    std::copy_n(octets.begin(), available, buffer.get());
    Parsed parsed{};
    parsed.reason = dns_message_parse(buffer.get(), static_cast<uint32_t>(available),
                                      static_cast<uint32_t>(octets.size()), &keys, &parsed.message);
    return parsed;
}

Parsed parse_question(const Bytes& name, uint16_t type = 1, uint16_t qclass = 1) {
    return parse(Dns().question(name, type, qclass).build());
}

uint64_t hash_of(const std::string& name, uint16_t type = 1, uint16_t qclass = 1) {
    const Parsed parsed = parse_question(wire_name(name), type, qclass);
    REQUIRE(parsed.reason == DNS_OK);
    return parsed.message.question;
}

// A name of exactly so many octets, root included: labels of 63, the last one shorter.
Bytes name_of(size_t octets) {
    Bytes name;
    while (octets - name.size() > 1) {
        // What is left but for the root must not become a length octet alone.
        size_t label = std::min<size_t>(63, octets - name.size() - 2);
        if (octets - name.size() - label - 2 == 1) --label;
        name.push_back(static_cast<uint8_t>(label));
        name.insert(name.end(), label, 'x');
    }
    name.push_back(0);
    return name;
}

Bytes labels_of_one_octet(size_t count) {
    Bytes name;
    for (size_t i = 0; i < count; ++i) name.insert(name.end(), {1, 'a'});
    name.push_back(0);
    return name;
}

}  // namespace

TEST_CASE("The header's numbers and the question are read") {
    const Parsed parsed = parse(Dns()
                                    .id(0xbeef)
                                    .flags(qr | opcode_bits(2) | aa | rd | ra | 5)
                                    .question("www.Example.com", 28, 3)
                                    .answer_a({192, 0, 2, 1}, 7)
                                    .build());
    REQUIRE(parsed.reason == DNS_OK);
    CHECK(parsed.message.id == 0xbeef);
    CHECK(dns_kind(&parsed.message) == DNS_RESPONSE);
    CHECK(dns_opcode(&parsed.message) == 2);
    CHECK(dns_rcode(&parsed.message) == 5);
    CHECK(parsed.message.flags == 0x9585);
    CHECK(parsed.message.question_count == 1);
    CHECK(parsed.message.answer_count == 7);
    CHECK(parsed.message.type == 28);
    CHECK(parsed.message.class_ == 3);
    CHECK(parsed.message.name_length == 17);
    CHECK(parsed.message.labels == 3);
}

TEST_CASE("The four counts of the header are those of its sections in their order (RFC 1035, 4.1.1)") {
    Bytes octets = Dns().question("example.com", 1).build();
    const uint8_t counts[] = {0, 1, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc};
    std::copy(std::begin(counts), std::end(counts), octets.begin() + 4);
    const Parsed parsed = parse(octets);
    REQUIRE(parsed.reason == DNS_OK);
    CHECK(parsed.message.question_count == 1);
    CHECK(parsed.message.answer_count == 0x1234);
    CHECK(parsed.message.authority_count == 0x5678);
    CHECK(parsed.message.additional_count == 0x9abc);
}

TEST_CASE("The root is a name of one octet without labels") {
    const Parsed parsed = parse(Dns().question("", 2).build());
    REQUIRE(parsed.reason == DNS_OK);
    CHECK(parsed.message.name_length == 1);
    CHECK(parsed.message.labels == 0);
    CHECK(parsed.message.question != 0);
}

TEST_CASE("A message without a question is one") {
    const Parsed parsed = parse(Dns().id(1).flags(qr | 1).build());
    REQUIRE(parsed.reason == DNS_OK);
    CHECK(parsed.message.question == 0);
    CHECK(parsed.message.name_length == 0);
    CHECK(parsed.message.type == 0);
}

TEST_CASE("Octets behind a message without a question are not looked at") {
    CHECK(parse(Dns().raw({0x40, 0xff, 0xc0}).build()).reason == DNS_OK);
}

TEST_CASE("Names may have 255 octets and 127 labels, and no more (RFC 1035, 2.3.4)") {
    for (const size_t octets : {2, 3, 64, 65, 66, 128, 200, 253, 254, 255}) {
        INFO(octets);
        if (octets == 2) continue;  // one label has one octet at least
        const Bytes name = name_of(octets);
        REQUIRE(name.size() == octets);
        const Parsed parsed = parse_question(name);
        CHECK(parsed.reason == DNS_OK);
        CHECK(parsed.message.name_length == octets);
        CHECK(parsed.message.type == 1);
    }
    for (const size_t octets : {256, 257, 258, 259, 260, 300, 4000}) {
        INFO(octets);
        CHECK(parse_question(name_of(octets)).reason == DNS_NAME_TOO_LONG);
    }
    CHECK(parse_question(labels_of_one_octet(127)).message.labels == 127);
    CHECK(parse_question(labels_of_one_octet(127)).message.name_length == 255);
    CHECK(parse_question(labels_of_one_octet(128)).reason == DNS_NAME_TOO_LONG);
    CHECK(parse_question(labels_of_one_octet(1000)).reason == DNS_NAME_TOO_LONG);
}

TEST_CASE("A name too long is told as such, though its next label begins past what is looked at") {
    Bytes name;
    for (const uint8_t label : Bytes{63, 63, 63, 60, 63, 63}) {
        name.push_back(label);
        name.insert(name.end(), label, 'x');
    }
    name.push_back(0);
    CHECK(parse_question(name).reason == DNS_NAME_TOO_LONG);
}

TEST_CASE("What is no plain label ends the parse with its reason") {
    struct {
        const char* name;
        Bytes octets;
        uint32_t reason;
    } const cases[] = {
        {"pointer to the header", {0xc0, 0x0c}, DNS_COMPRESSED_QUESTION},
        {"pointer behind a label", {1, 'a', 0xc0, 0x0c}, DNS_COMPRESSED_QUESTION},
        {"the highest pointer", {0xff, 0xff}, DNS_COMPRESSED_QUESTION},
        {"type 01", {0x40}, DNS_BAD_LABEL},
        {"type 01, bit string (RFC 2673)", {0x41, 0x08, 0xff}, DNS_BAD_LABEL},
        {"the highest of type 01", {0x7f}, DNS_BAD_LABEL},
        {"type 10", {0x80}, DNS_BAD_LABEL},
        {"the highest of type 10", {0xbf}, DNS_BAD_LABEL},
        {"type 10 behind a label", {3, 'a', 'b', 'c', 0x80}, DNS_BAD_LABEL},
    };
    for (const auto& c : cases) {
        INFO(c.name);
        CHECK(parse_question(c.octets).reason == c.reason);
    }
    CHECK(parse_question(name_of(65)).reason == DNS_OK);  // 63, the longest plain label
}

TEST_CASE("A message cut at any octet is short, truncated or whole, and nothing past its end is read") {
    const Bytes whole = Dns().question("www.example.com", 28).build();
    const uint64_t hash = parse(whole).message.question;
    for (size_t length = 0; length <= whole.size(); ++length) {
        INFO(length);
        const Parsed parsed = parse(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)), 0);
        if (length < 12)
            CHECK(parsed.reason == DNS_SHORT_HEADER);
        else if (length < whole.size())
            CHECK(parsed.reason == DNS_TRUNCATED_QUESTION);
        else
            CHECK(parsed.message.question == hash);
    }
}

TEST_CASE("A packet that holds less than its message's header is a truncated one") {
    const dns_hash_keys keys = fixed_hash_keys();
    const Bytes buffer(DNS_MESSAGE_PREFIX);
    dns_message message{};
    CHECK(dns_message_parse(buffer.data(), 11, 100, &keys, &message) == DNS_TRUNCATED_PACKET);
    CHECK(dns_message_parse(buffer.data(), 12, 100, &keys, &message) == DNS_OK);
    CHECK(dns_message_parse(buffer.data(), 11, 11, &keys, &message) == DNS_SHORT_HEADER);
}

TEST_CASE("Questions that differ only in the case of ASCII letters have one hash (RFC 4343, 3)") {
    CHECK(hash_of("www.example.com") == hash_of("wWw.eXaMpLe.CoM"));
    CHECK(hash_of("abcdefghijklmnopqrstuvwxyz") == hash_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}

TEST_CASE("No octet but ASCII letters is folded, wherever it lies in a word") {
    for (size_t at = 0; at < 16; ++at) {
        for (unsigned octet = 0; octet < 256; ++octet) {
            std::string one(16, 'x'), other(16, 'x');
            one[at] = static_cast<char>(octet);
            other[at] = static_cast<char>(octet ^ 0x20);
            if (one[at] == '.' || other[at] == '.') continue;  // wire_name() would cut there
            const bool letter = (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
            if ((hash_of(one) == hash_of(other)) != letter) FAIL("octet " << octet << " at " << at);
        }
    }
}

TEST_CASE("Another name, type or class is another hash") {
    const uint64_t hash = hash_of("www.example.com", 1, 1);
    CHECK(hash != hash_of("www.example.com", 28, 1));
    CHECK(hash != hash_of("www.example.com", 1, 3));
    CHECK(hash != hash_of("www.example.org", 1, 1));
    CHECK(hash != hash_of("ww.wexample.com", 1, 1));
    CHECK(hash != hash_of("www.example.comm", 1, 1));
    CHECK(hash_of("a", 1, 2) != hash_of("a", 2, 1));
}

TEST_CASE("The hash is of the name alone, whatever follows it in the buffer") {
    for (const char* name : {"", "a", "abcdef", "abcdefg", "abcdefgh", "www.example.com"}) {
        INFO(name);
        const Bytes alone = Dns().question(name, 1).build();
        const Bytes followed = Dns().question(name, 1).raw(Bytes(40, 0x55)).build();
        CHECK(parse(alone, 0).message.question == parse(alone, 0xff).message.question);
        CHECK(parse(alone).message.question == parse(followed).message.question);
    }
}

TEST_CASE("Every octet of the longest name is hashed") {
    const Bytes name = name_of(255);
    const uint64_t hash = parse_question(name).message.question;
    for (size_t at = 0; at + 1 < name.size(); ++at) {
        if (name[at] != 'x') continue;  // a length octet
        Bytes changed = name;
        changed[at] = 'y';
        if (parse_question(changed).message.question == hash) FAIL("octet " << at << " is not hashed");
    }
}

TEST_CASE("A TCP segment begins with a message only where its header can be one's") {
    const auto plausible = [](const Dns& dns, uint32_t prefix, uint32_t expected = DNS_KINDS) {
        const Parsed parsed = parse(dns.build());
        REQUIRE(parsed.reason == DNS_OK);
        return dns_plausible_start(prefix, &parsed.message, expected) != 0;
    };
    const Dns query = Dns().question("example.com", 1);  // 12 + 13 + 4 octets
    CHECK(plausible(query, 29));
    CHECK(plausible(Dns(query).flags(qr | aa | ra | 3), 500));
    CHECK_FALSE(plausible(query, 24));  // the prefix ends inside the name
    CHECK_FALSE(plausible(Dns(query).flags(z), 29));
    CHECK_FALSE(plausible(Dns(query).questions(2), 29));
    for (uint32_t opcode = 0; opcode < 16; ++opcode) {
        INFO("opcode " << opcode);
        CHECK(plausible(Dns(query).flags(opcode_bits(opcode)), 29) == (opcode <= 6 && opcode != 3));
    }
    CHECK(plausible(Dns().flags(qr | 1), 12));          // a FORMERR may be a header alone
    CHECK(plausible(Dns().flags(opcode_bits(6)), 16));  // DSO has no question (RFC 8490, 5.4)
    CHECK_FALSE(plausible(Dns().flags(0), 12));         // a query asks something
    const Dns inverse = Dns().flags(opcode_bits(1));    // by its one answer (RFC 1035, 6.4.1)
    CHECK(plausible(Dns(inverse).answers(1), 27));
    CHECK_FALSE(plausible(inverse, 12));
    CHECK_FALSE(plausible(Dns(inverse).answers(2), 27));
    CHECK_FALSE(plausible(Dns().answers(1), 27));

    const Dns response = Dns(query).flags(qr);
    CHECK(plausible(query, 29, DNS_QUERY));
    CHECK(plausible(response, 29, DNS_RESPONSE));
    CHECK_FALSE(plausible(query, 29, DNS_RESPONSE));  // it goes the other way
    CHECK_FALSE(plausible(response, 29, DNS_QUERY));
}

TEST_CASE("The records begin behind the first question, or behind the header where there is none") {
    const auto end_of = [](const Dns& dns) {
        const Parsed parsed = parse(dns.build());
        REQUIRE(parsed.reason == DNS_OK);
        return dns_question_end(&parsed.message);
    };
    CHECK(end_of(Dns().flags(qr)) == 12);
    CHECK(end_of(Dns().question("", 2)) == 12 + 1 + 4);
    CHECK(end_of(Dns().question("example.com", 1)) == 12 + 13 + 4);
    CHECK(end_of(Dns().question(name_of(255), 1)) == 12 + 255 + 4);
}

TEST_CASE("An address of a group is one of 224.0.0.0/4 or ff00::/8") {
    const auto of4 = [](const Address4& octets) {  // ::ffff:a.b.c.d
        dns_address address{};
        const uint8_t mapped[2] = {0xff, 0xff};
        std::copy_n(mapped, 2, reinterpret_cast<uint8_t*>(&address) + 10);
        std::copy_n(octets.begin(), 4, reinterpret_cast<uint8_t*>(&address) + 12);
        return dns_is_multicast(&address) != 0;
    };
    const auto of6 = [](const Address6& octets) {
        dns_address address{};
        std::copy_n(octets.begin(), 16, reinterpret_cast<uint8_t*>(&address));
        return dns_is_multicast(&address) != 0;
    };
    CHECK(of4({224, 0, 0, 251}));  // mDNS (RFC 6762, 3)
    CHECK(of4({239, 255, 255, 255}));
    CHECK_FALSE(of4({223, 255, 255, 255}));
    CHECK_FALSE(of4({240, 0, 0, 1}));
    CHECK_FALSE(of4(server4));
    CHECK(of6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb}));
    CHECK_FALSE(of6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb}));
    CHECK_FALSE(of6(server6));
}

TEST_CASE("Transactions differ by every part of their key") {
    const dns_hash_keys keys = fixed_hash_keys();
    const dns_address client{1, 2}, server{3, 4};
    const auto tag = [&](const dns_address& c, const dns_address& s, uint32_t cport, uint32_t sport,
                         uint32_t id, uint32_t role, uint32_t transport) {
        return dns_transaction_tag(&c, &s, cport, sport, id, role, transport, &keys);
    };
    const uint64_t one = tag(client, server, 40000, 53, 7, DNS_ROLE_CLIENT, DNS_UDP);
    CHECK(one == tag(client, server, 40000, 53, 7, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag(server, client, 40000, 53, 7, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag({1, 3}, server, 40000, 53, 7, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag(client, {4, 4}, 40000, 53, 7, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag(client, server, 40001, 53, 7, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag(client, server, 40000, 54, 7, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag(client, server, 40000, 53, 8, DNS_ROLE_CLIENT, DNS_UDP));
    CHECK(one != tag(client, server, 40000, 53, 7, DNS_ROLE_SERVER, DNS_UDP));
    CHECK(one != tag(client, server, 40000, 53, 7, DNS_ROLE_CLIENT, DNS_TCP));
}

TEST_CASE("A group is told by the cgroup and all of the name, and is never 0") {
    const dns_hash_keys keys = fixed_hash_keys();
    const auto group = [&keys](uint64_t cgroup, const std::string& name) {
        alignas(8) uint8_t comm[DNS_COMM_LENGTH] = {};
        std::copy_n(name.begin(), std::min<size_t>(name.size(), sizeof comm), comm);
        return dns_group_of(cgroup, comm, &keys);
    };
    CHECK(group(7, "unbound") == group(7, "unbound"));
    std::set<uint32_t> groups;
    size_t count = 0;
    for (const uint64_t cgroup : {0ull, 7ull, 8ull, 7ull << 32, 1ull << 63})
        for (const char* name :
             {"", "unbound", "unbound2", "named", "systemd-resolve", "systemd-resolv", "eight-oct"}) {
            groups.insert(group(cgroup, name));
            CHECK(group(cgroup, name) != 0);
            ++count;
        }
    // Of 2^31 that there are, 35 meet by chance once in millions of times.
    CHECK(groups.size() == count);
}

// A random hash misses a place for about one of 17,000 where the largest max_servers are put into four times
// as many places: 30 of these. One whose clusters depend on the keys misses thousands.
TEST_CASE("Neighbouring addresses find places under any keys") {
    constexpr uint32_t draws = 2'000, most_losses = 100;
    std::mt19937 random(1);
    for (const uint32_t step : {1u, 2u, 256u}) {
        uint32_t losses = 0;
        for (uint32_t draw = 0; draw < draws; ++draw) {
            dns_hash_keys keys{};
            for (uint32_t& key : keys.address) key = static_cast<uint32_t>(random());
            std::bitset<DNS_SERVER_TABLE> taken;
            for (uint32_t server = 1; server <= DNS_SERVERS_MAX; ++server) {
                const dns_address address = dnsexp::testing::ipv4(0xc633'0000 + server * step);
                const uint32_t hash = dns_address_hash(&address, &keys);
                uint32_t probe = 0;
                while (probe < DNS_PROBES && taken[(hash + probe) % DNS_SERVER_TABLE]) ++probe;
                if (probe < DNS_PROBES)
                    taken.set((hash + probe) % DNS_SERVER_TABLE);
                else
                    ++losses;
            }
        }
        INFO("step " << step);
        CHECK(losses < most_losses);
    }
}
