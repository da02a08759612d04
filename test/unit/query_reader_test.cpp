#include "exporter/security/query_reader.h"

#include <catch2/catch.hpp>

#include "test/support/judged_queries.h"

using namespace dnsexp;
using namespace dnsexp::testing;

TEST_CASE("A judged query holds the name in presentation format and the domain as its tail") {
    JudgedQueries queries;
    const JudgedQuery& query = queries.of({.name = "A\\231b.Mail.Example.CO.UK", .type = 16});
    CHECK(query.name == "a\\231b.mail.example.co.uk");
    CHECK(query.domain == "example.co.uk");
    CHECK(query.domain.data() + query.domain.size() == query.name.data() + query.name.size());
    CHECK(query.below == 2);
    CHECK(query.labels.count == 5);
    CHECK(query.labels.label(0)[0] == 'A');
    CHECK(query.type == 16);
    CHECK(query.has_known_suffix);
}

TEST_CASE("Suffixes, single labels and the root have nothing below") {
    JudgedQueries queries;
    CHECK(queries.of({.name = "co.uk"}).domain == "co.uk");
    CHECK(queries.of({.name = "co.uk"}).below == 0);
    CHECK(queries.of({.name = "localhost"}).domain == "localhost");
    CHECK_FALSE(queries.of({.name = "localhost"}).has_known_suffix);
    CHECK(queries.of({.name = ""}).name == ".");
    CHECK(queries.of({.name = ""}).domain == ".");
    CHECK(queries.of({.name = "", .type = 2}).type == 2);
}

TEST_CASE("Names that differ in case only have one hash, others have others") {
    JudgedQueries queries;
    const uint64_t lower = queries.of({.name = "www.example.com"}).name_hash;
    CHECK(queries.of({.name = "wWw.ExAmPlE.cOm"}).name_hash == lower);
    CHECK(queries.of({.name = "ww.example.com"}).name_hash != lower);
    const uint64_t domain = queries.of({.name = "www.example.com"}).domain_hash;
    CHECK(queries.of({.name = "mail.EXAMPLE.com"}).domain_hash == domain);
    CHECK(queries.of({.name = "mail.example.org"}).domain_hash != domain);
}

TEST_CASE("Hashes are seeded: two readers differ") {
    JudgedQueries one, other;
    CHECK(one.of({.name = "www.example.com"}).name_hash != other.of({.name = "www.example.com"}).name_hash);
}

TEST_CASE("The client is the workload that asked, but not the one that answered") {
    JudgedQueries queries;
    CHECK(queries.of({.name = "a.example", .workload = 9, .role = DNS_ROLE_CLIENT}).client.workload == 9);
    CHECK(queries.of({.name = "a.example", .workload = 9, .role = DNS_ROLE_LOCAL}).client.workload == 9);
    CHECK(queries.of({.name = "a.example", .workload = 9, .role = DNS_ROLE_SERVER}).client.workload == 0);
    CHECK(queries.of({.name = "a.example", .workload = 0, .role = DNS_ROLE_CLIENT}).client.workload == 0);
}

TEST_CASE("An event without a complete question is refused and changes nothing") {
    QueryReader reader;
    JudgedQuery query;
    query.type = 77;
    const dns_event whole = event_of({.name = "www.example.com"});
    REQUIRE(reader.read(whole, query));
    // Header, 17 octets of name, QTYPE: what the reader needs. QCLASS is not looked at.
    const uint16_t needed = 12 + 17 + 2;
    for (uint16_t length = 0; length < needed; ++length) {
        dns_event cut = whole;
        cut.message_length = length;
        JudgedQuery kept;
        kept.type = 77;
        CHECK_FALSE(reader.read(cut, kept));
        CHECK(kept.type == 77);
    }
    dns_event just = whole;
    just.message_length = needed;
    CHECK(reader.read(just, query));
}

TEST_CASE("The longest name fits, escaped octet by octet") {
    std::string name;
    for (int label = 0; label < 3; ++label) {
        for (int i = 0; i < 61; ++i) name += "\\255";
        name += '.';
    }
    JudgedQueries queries;
    const JudgedQuery& query = queries.of({.name = name + "example.com", .outcome = DNS_OUTCOME_TIMEOUT});
    CHECK(query.name.size() == name.size() + 11);
    CHECK(query.domain == "example.com");
    CHECK(query.response_size == 0);
}
