#include "exporter/chains/response_names.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/chain_records.h"
#include "test/support/wire_names.h"

using namespace dnsexp;
using namespace dnsexp::test;
using dnsexp::testing::wire;

namespace {

constexpr uint16_t type_a = 1, type_ns = 2, type_cname = 5, type_soa = 6;
using Names = std::vector<std::string>;

const Bytes to_question = to(12);

// A response, record by record. The counts of the header (RFC 1035, 4.1.1) are set by hand where they lie.
class Response {
  public:
    explicit Response(std::string_view name = "www.example.com") { question(wire_name(name)); }
    Response& question(const Bytes& name) {
        append(octets_, name);
        append(octets_, {0, 1, 0, 1});
        return count(4);
    }
    Response& answer(const Bytes& owner, uint16_t type, const Bytes& data) {
        return record(owner, type, data).count(6);
    }
    Response& authority(const Bytes& owner, uint16_t type, const Bytes& data) {
        return record(owner, type, data).count(8);
    }
    Response& additional(const Bytes& owner, uint16_t type, const Bytes& data) {
        return record(owner, type, data).count(10);
    }
    Response& set(size_t at, uint8_t value) {
        octets_.at(at) = value;
        return *this;
    }
    [[nodiscard]] size_t size() const { return octets_.size(); }
    [[nodiscard]] Bytes build() const { return Bytes(octets_.begin(), octets_.end()); }

  private:
    Response& count(size_t at) {
        ++octets_[at + 1];
        return *this;
    }
    Response& record(const Bytes& owner, uint16_t type, const Bytes& data) {
        append(octets_, owner);
        append_be16(octets_, type);
        append(octets_, {0, 1, 0, 0, 1, 0x2c});
        append_be16(octets_, static_cast<uint32_t>(data.size()));
        append(octets_, data);
        return *this;
    }

    Bytes octets_ = Bytes(12);
};

constexpr size_t record_fixed = 10;  // between owner and data (RFC 1035, 3.2.1)

// The chain of RFC 1034, 3.6.2, if it were longer: compressed as servers write it.
Response alias_chain() {
    Response response;                                                // www.example.com at 12
    const size_t cdn = response.size() + 2 + record_fixed;            // where the first target will be
    response.answer(to_question, type_cname, labels("CDN", to(16)));  // cdn.example.com
    response.answer(to(cdn), type_cname, labels("edge.Example", {3, 'n', 'e', 't', 0}));
    response.answer(labels("edge.Example", {3, 'n', 'e', 't', 0}), type_a, {192, 0, 2, 1});
    return response;
}

Response referral() {
    Response response;
    response.authority(to(24), type_ns, labels("a.gtld-servers", {3, 'n', 'e', 't', 0}));  // com
    // gtld-servers.net takes 1 + 12 + 1 + 3 + 1 octets, at the end of that record.
    response.authority(to(24), type_ns, labels("b", to(response.size() - 18)));
    response.additional(labels("b", to(response.size() - 2)), type_a, {192, 33, 14, 30});
    return response;
}

bool is_prefix(const Names& part, const Names& whole) {
    return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

}  // namespace

TEST_CASE("A compressed chain of CNAME records is read in its order, in lower case") {
    const ResponseNames names = response_names(alias_chain().build());
    CHECK(names.aliases == Names{wire("cdn.example.com"), wire("edge.example.net")});
    CHECK(names.name_servers.empty());
}

TEST_CASE("A referral's name servers are read, and not its glue") {
    const ResponseNames names = response_names(referral().build());
    CHECK(names.name_servers == Names{wire("a.gtld-servers.net"), wire("b.gtld-servers.net")});
    CHECK(names.aliases.empty());
}

TEST_CASE("Only CNAME records among the answers and NS records of the authority tell names") {
    Response response;
    response.answer(to_question, type_a, {192, 0, 2, 1});
    response.answer(to_question, type_ns, wire_name("ns.example.com"));
    response.authority(to_question, type_soa, wire_name("ns.example.com"));
    response.authority(to_question, type_cname, wire_name("elsewhere.example.com"));
    response.authority(to_question, type_ns, wire_name("ns1.example.com"));
    response.additional(to_question, type_ns, wire_name("ns2.example.com"));
    const ResponseNames names = response_names(response.build());
    CHECK(names.aliases.empty());
    CHECK(names.name_servers == Names{wire("ns1.example.com")});
}

TEST_CASE("A message that ends anywhere tells what lies before its end") {
    for (const Response& whole : {alias_chain(), referral()}) {
        const Bytes octets = whole.build();
        const ResponseNames all = response_names(octets);
        for (size_t length = 0; length < octets.size(); ++length) {
            CAPTURE(length);
            const Bytes cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(length));
            const ResponseNames names = response_names(cut);
            CHECK(is_prefix(names.aliases, all.aliases));
            CHECK(is_prefix(names.name_servers, all.name_servers));
        }
    }
    const Bytes octets = alias_chain().build();
    const auto cut = [&octets](size_t length) {
        return response_names(Bytes(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(length)));
    };
    constexpr size_t first_end = 33 + 2 + record_fixed + 6;  // header and question take 33, `CDN` + pointer 6
    CHECK(cut(first_end).aliases.size() == 1);
    CHECK(cut(first_end - 1).aliases.empty());
}

TEST_CASE("Nothing is read of less than a header") {
    CHECK(response_names({}).aliases.empty());
    CHECK(response_names(Bytes(11, 0xff)).aliases.empty());
}

TEST_CASE(
    "A pointer leads to a prior occurrence, so loops and ways forward end the reading (RFC 1035, 4.1.4)") {
    const auto aliases = [](const Bytes& target) {
        return response_names(Response().answer(to_question, type_cname, target).build()).aliases;
    };
    constexpr size_t data = 33 + 2 + record_fixed;
    CHECK(aliases(to(16)) == Names{wire("example.com")});
    CHECK(aliases(to(data)).empty());               // to itself
    CHECK(aliases(labels("a", to(data))).empty());  // to the name that it ends
    CHECK(aliases(to(data + 2)).empty());           // forward, and behind the message
    CHECK(aliases({0xc0}).empty());                 // cut in two
    // Two that lead to each other: the first one's data hold a pointer to the second's.
    Response response;
    response.answer(to_question, type_cname, to(data + 2 + 2 + record_fixed));
    response.answer(to_question, type_cname, to(data));
    CHECK(response_names(response.build()).aliases.empty());
    // Two that lead to each other, both before the name that begins with the way to them.
    Response behind;
    behind.answer(to_question, type_a, {0xc0, data + 2, 0xc0, data});
    behind.answer(to_question, type_cname, to(data));
    CHECK(response_names(behind.build()).aliases.empty());
    // A label in front, then back to where it begins: it gets longer, and no lower.
    CHECK(aliases(labels("aaaa.aaaa.aaaa", to(data + 5))).empty());
}

TEST_CASE("A pointer may lead to a pointer that leads on") {
    Response response;
    response.answer(to_question, type_cname, to(16));
    response.answer(to_question, type_cname, labels("mail", to(33 + 2 + record_fixed)));
    CHECK(response_names(response.build()).aliases == Names{wire("example.com"), wire("mail.example.com")});
}

TEST_CASE("A name has at most 255 octets, and labels 63 (RFC 1035, 2.3.4)") {
    const auto count = [](const Bytes& target) {
        return response_names(Response().answer(to_question, type_cname, target).build()).aliases.size();
    };
    CHECK(count(of_lengths({63, 63, 63, 61})) == 1);  // 4 * 64 - 2 + 1 = 255
    CHECK(count(of_lengths({63, 63, 63, 62})) == 0);  // 256
    CHECK(count(of_lengths({64})) == 0);
    CHECK(count({0x80, 0}) == 0);  // no type of label (RFC 6891, 5)
    // www.example.com takes 17 octets; 255 with its root are 238 in front of it.
    Bytes in_front = of_lengths({63, 63, 63, 45});
    in_front.pop_back();
    append(in_front, to_question);
    CHECK(count(in_front) == 1);
    in_front = of_lengths({63, 63, 63, 46});
    in_front.pop_back();
    append(in_front, to_question);
    CHECK(count(in_front) == 0);
}

TEST_CASE("Where the records begin, the number of questions tells") {
    const Bytes octets = [] {
        Bytes header(12);
        header[7] = 1;
        append(header, wire_name("www.example.com"));
        append(header, {0, 5, 0, 1, 0, 0, 0, 60, 0, 1, 0});  // a CNAME record, to the root
        return header;
    }();
    CHECK(response_names(octets).aliases == Names{wire("")});
    Response two;
    two.question(wire_name("mail.example.com"));
    two.answer(to_question, type_cname, wire_name("a.example.com"));
    CHECK(response_names(two.build()).aliases == Names{wire("a.example.com")});
    // Each of so many questions takes five octets or more: the reading ends with the message.
    Response many;
    many.answer(to_question, type_cname, wire_name("a.example.com")).set(4, 0xff).set(5, 0xff);
    CHECK(response_names(many.build()).aliases.empty());
}

TEST_CASE("Of one response names of 512 octets in all are kept") {
    Response response;
    const Bytes longest = of_lengths({63, 63, 63, 61});  // 255 octets
    response.answer(to_question, type_cname, longest);
    const Bytes first = to(33 + 2 + record_fixed);
    response.answer(to_question, type_cname, first);  // 510
    response.answer(to_question, type_cname, {0});    // 511
    response.authority(to_question, type_ns, {0});    // 512
    response.authority(to_question, type_ns, {0});    // 513: one too many
    const ResponseNames names = response_names(response.build());
    CHECK(names.aliases.size() == 3);
    CHECK(names.name_servers.size() == 1);
    CHECK(response_names_octets == 512);
}

TEST_CASE("Where what follows a name begins does not depend on where its pointers lead") {
    const Bytes octets = Response().answer(to_question, type_cname, labels("a", to(16))).build();
    const WireNameAt question = wire_name_at(octets, 12);
    CHECK(question.name == wire("www.example.com"));
    CHECK(question.next == 29);
    const WireNameAt owner = wire_name_at(octets, 33);
    CHECK(owner.name == wire("www.example.com"));
    CHECK(owner.next == 35);
    const WireNameAt target = wire_name_at(octets, 45);
    CHECK(target.name == wire("a.example.com"));
    CHECK(target.next == 49);
    CHECK(wire_name_at(octets, octets.size()).name.empty());
    CHECK(wire_name_at(octets, 1000).name.empty());
}
