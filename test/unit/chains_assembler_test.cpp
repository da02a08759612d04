#include "exporter/chains/assembler.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

using Nodes = std::vector<ChainNodePtr>;
constexpr uint64_t timeout_ms = 5000;
constexpr uint32_t unbound = 21, dnsmasq = 31;  // groups

// What the assembler tells of.
struct Told {
    Nodes finished;
    Nodes answered;  // copies, as they were then
    Assembler assembler{
        timeout_ms * ms,
        [](uint32_t slot) {
            dns_workload_key key{slot + 1000, {}, 0};
            std::memcpy(key.comm, "prog", 4);
            return key;
        },
        {[this](const ChainNode& one) { answered.push_back(std::make_shared<ChainNode>(one)); },
         [this](const ChainNodePtr& one) { finished.push_back(one); }}};

    void add(const std::vector<dns_event>& events) {
        for (const dns_event& event : events) assembler.add(event);
    }
};

// A resolver's query to a server elsewhere.
Transaction upstream(uint64_t begin_ms, uint16_t id, const std::string& name = "www.example.test") {
    Transaction of;
    of.name = name;
    of.begin_ms = begin_ms;
    of.id = id;
    of.server = far_address;
    of.client_port = static_cast<uint16_t>(50000 + id);
    of.tid = 200;
    of.group = unbound;
    of.slot = 6;
    of.resolver = true;
    return of;
}

// The query of a client, as the resolver's socket got it.
Transaction at_resolver(Transaction of, uint64_t begin_ms, uint32_t group = unbound) {
    of.begin_ms = begin_ms;
    of.tid = 200;
    of.group = group;
    of.slot = 6;
    return of;
}

Transaction query(uint64_t begin_ms, uint16_t id = 7, uint16_t type = 1) {
    Transaction of;
    of.begin_ms = begin_ms;
    of.id = id;
    of.type = type;
    return of;
}

}  // namespace

TEST_CASE("A program's query without a resolver here is a chain of one step") {
    Told told;
    Transaction asked = query(100, 0xbeef, 28);
    asked.name = "WWW.Example.TEST";
    told.add({sent(asked)});
    CHECK(told.finished.empty());
    told.add({answered(asked, 142, 3)});
    REQUIRE(told.finished.size() == 1);
    const ChainNode& chain = *told.finished[0];
    CHECK(chain.step == Step::query);
    CHECK(chain.name == wire("www.example.test"));
    CHECK(chain.type == 28);
    CHECK(chain.id == 0xbeef);
    CHECK(chain.begin_ns == 100 * ms);
    CHECK(chain.end_ns == 142 * ms);
    CHECK(chain.outcome == 3);
    CHECK(chain.pid == 100);
    CHECK(chain.uid == 1000);
    CHECK(chain.cgroup == 1005);
    CHECK(chain.comm == "prog");
    CHECK(chain.children.empty());
    CHECK(told.answered.empty());
}

TEST_CASE("A query, its resolver's transaction and what that asked are nested") {
    Told told;
    const Transaction asked = query(100), got = at_resolver(asked, 101), fetch = upstream(102, 9);
    told.add({sent(asked), sent(fetch), answered(fetch, 120), served(got, 121, DNS_FOUND_MISS),
              answered(asked, 122)});
    REQUIRE(told.finished.size() == 1);
    const ChainNode& chain = *told.finished[0];
    CHECK(chain.step == Step::query);
    REQUIRE(chain.children.size() == 1);
    const ChainNode& resolver = *chain.children[0];
    CHECK(resolver.step == Step::resolver);
    CHECK(resolver.begin_ns == 101 * ms);
    CHECK(resolver.end_ns == 121 * ms);
    REQUIRE(resolver.children.size() == 1);
    CHECK(resolver.children[0]->step == Step::upstream);
    CHECK(resolver.children[0]->end_ns == 120 * ms);
    REQUIRE(told.answered.size() == 1);
    CHECK(told.answered[0]->children.size() == 1);
}

TEST_CASE("A hit waited for nothing, whatever its resolver asks meanwhile") {
    Told told;
    const Transaction asked = query(100), fetch = upstream(90, 9);
    told.add({sent(fetch), sent(asked), served(at_resolver(asked, 101), 102, DNS_FOUND_HIT),
              answered(asked, 103), answered(fetch, 110)});
    REQUIRE(told.finished.size() == 1);
    REQUIRE(told.finished[0]->children.size() == 1);
    CHECK(told.finished[0]->children[0]->children.empty());
}

TEST_CASE("A stub in front of a resolver: two resolvers' steps, one in the other") {
    Told told;
    const Transaction asked = query(100);
    Transaction forwarded = upstream(102, 40);
    forwarded.group = dnsmasq;
    forwarded.server = 0x7f000002;
    const Transaction fetch = upstream(104, 9);
    told.add({sent(asked), sent(forwarded), sent(fetch), answered(fetch, 120),
              served(at_resolver(forwarded, 103), 121, DNS_FOUND_MISS), answered(forwarded, 122),
              served(at_resolver(asked, 101, dnsmasq), 123, DNS_FOUND_MISS), answered(asked, 124)});
    REQUIRE(told.finished.size() == 1);
    const ChainNode* at = told.finished[0].get();
    for (const Step kind : {Step::resolver, Step::upstream, Step::resolver, Step::upstream}) {
        REQUIRE(at->children.size() == 1);
        at = at->children[0].get();
        CHECK(at->step == kind);
    }
    CHECK(at->end_ns == 120 * ms);
    CHECK(told.answered.size() == 2);
}

TEST_CASE("A call has the queries of its thread, and those of no other") {
    Told told;
    Transaction four = query(101, 1), six = query(102, 2, 28), others = query(103, 3);
    others.tid = 999;
    told.add({called(100, "www", 100), sent(four), sent(six), sent(others), answered(six, 110),
              answered(four, 111), answered(others, 112)});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->tid == 999);
    told.add({returned(100, "www", 100, 115)});
    REQUIRE(told.finished.size() == 2);
    const ChainNode& call = *told.finished[1];
    CHECK(call.step == Step::call);
    CHECK(call.name == "www");
    CHECK(call.end_ns == 115 * ms);
    CHECK(call.outcome == 0);
    CHECK(call.comm == "caller");
    CHECK(call.cgroup == 77);
    REQUIRE(call.children.size() == 2);
    CHECK(call.children[0]->type == 1);
    CHECK(call.children[1]->type == 28);
    const Transaction later = query(120, 4);  // of the same thread, but of no call any more
    told.add({sent(later), answered(later, 121)});
    CHECK(told.finished.size() == 3);
    CHECK(call.children.size() == 2);
}

TEST_CASE("A call that is given an address resolves nothing, unless it asks all the same") {
    Told told;
    const auto call = [&told](const std::string& name) {
        const size_t before = told.finished.size();
        told.add({called(100, name, 100), returned(100, name, 100, 101)});
        return told.finished.size() - before;
    };
    for (const char* address : {"192.0.2.1", "127.1", "::1", "2001:db8::53", "fe80::1%eth0"}) {
        CAPTURE(address);
        CHECK(call(address) == 0);
    }
    for (const char* name : {"www", "1.example.test", "192.0.2.1.example.test", "::g", "localhost"}) {
        CAPTURE(name);
        CHECK(call(name) == 1);
    }
    const size_t before = told.finished.size();
    const Transaction asked = query(200);
    told.add({called(100, "192.0.2.1", 199), sent(asked), answered(asked, 201),
              returned(100, "192.0.2.1", 199, 202)});
    CHECK(told.finished.size() == before + 1);
}

TEST_CASE("A call whose name could not be read at its beginning has that of its return") {
    Told told;
    told.add({called(100, "", 100), returned(100, "www", 100, 101)});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->name == "www");
}

TEST_CASE("A query of nobody known is in no call") {
    Told told;
    Transaction asked = query(101);
    asked.tid = 0;
    told.add({called(0, "www", 100), sent(asked), answered(asked, 110)});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->pid == 0);
}

TEST_CASE("A call that another of its thread takes the place of leaves its queries as chains") {
    Told told;
    const Transaction first = query(101, 1), open = query(102, 2), inner = query(121, 3);
    told.add({called(100, "first", 100), sent(first), sent(open), answered(first, 110)});
    told.add({called(100, "second", 120), sent(inner)});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->id == 1);
    told.add({returned(100, "first", 100, 124)});  // it is told of, after all: too late
    CHECK(told.finished.size() == 1);
    told.add({answered(open, 125), answered(inner, 130), returned(100, "second", 120, 131)});
    REQUIRE(told.finished.size() == 3);
    CHECK(told.finished[1]->id == 2);
    CHECK(told.finished[2]->name == "second");
    REQUIRE(told.finished[2]->children.size() == 1);
    CHECK(told.finished[2]->children[0]->id == 3);
}

TEST_CASE("A return of a call that is not known is passed over") {
    Told told;
    told.add({returned(100, "www", 100, 140)});
    CHECK(told.finished.empty());
}

TEST_CASE("Behind an address translation the resolver is found by the client's port, or by the server") {
    Told told;
    const Transaction to_service = query(100, 7), from_pod = query(200, 8);
    Transaction translated = at_resolver(to_service, 101);
    translated.server = far_address;  // DNAT; so is the port
    translated.server_port = 5353;
    Transaction masked = at_resolver(from_pod, 201);
    masked.client = far_address;  // SNAT
    masked.client_port = 61234;
    told.add({sent(to_service), served(translated, 102, DNS_FOUND_HIT), answered(to_service, 103)});
    told.add({sent(from_pod), served(masked, 202, DNS_FOUND_HIT), answered(from_pod, 203)});
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[0]->children.size() == 1);
    CHECK(told.finished[1]->children.size() == 1);
    // Both ends are others: it is somebody else's query, though it has the same id and question.
    const Transaction asked = query(300, 9);
    Transaction strange = masked;
    strange.id = 9;
    strange.begin_ms = 301;
    strange.server = 0x7f000099;
    told.add({sent(asked), served(strange, 302, DNS_FOUND_HIT), answered(asked, 303)});
    REQUIRE(told.finished.size() == 4);
    CHECK(told.finished[2]->step == Step::resolver);
    CHECK(told.finished[3]->children.empty());
}

TEST_CASE("A query from another host begins a chain at the resolver") {
    Told told;
    Transaction from_far = at_resolver(query(100), 100);
    from_far.client = far_address;
    const Transaction fetch = upstream(102, 9);
    told.add({sent(fetch), answered(fetch, 120), served(from_far, 121, DNS_FOUND_MISS)});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->step == Step::resolver);
    CHECK(told.finished[0]->children.size() == 1);
}

TEST_CASE("Two lookups at a time never mix") {
    Told told;
    const auto lookup = [](const std::string& name, uint16_t id, uint16_t port) {
        Transaction asked = query(100, id);
        asked.name = name;
        asked.client_port = port;
        return asked;
    };
    // The same name from two sockets under the same id, and another name under it.
    const Transaction one = lookup("a.test", 7, 40001), two = lookup("a.test", 7, 40002),
                      three = lookup("b.test", 7, 40003);
    const Transaction fetch_a = upstream(103, 7, "a.test"), fetch_b = upstream(104, 7, "b.test");
    told.add({sent(one), sent(two), sent(three), sent(fetch_a), sent(fetch_b), answered(fetch_b, 110),
              served(at_resolver(three, 102), 111, DNS_FOUND_MISS), answered(fetch_a, 112),
              served(at_resolver(two, 102), 113, DNS_FOUND_MISS),
              served(at_resolver(one, 101), 114, DNS_FOUND_MISS), answered(three, 115), answered(one, 116),
              answered(two, 117)});
    // Both queries of a.test were sent at 100: only their answers' times tell them apart below.
    REQUIRE(told.finished.size() == 3);
    for (const ChainNodePtr& chain : told.finished) {
        REQUIRE(chain->children.size() == 1);
        const ChainNode& resolver = *chain->children[0];
        CHECK(resolver.client_port == chain->client_port);
        REQUIRE(resolver.children.size() == 1);
        CHECK(resolver.children[0]->name == chain->name);
    }
}

TEST_CASE("A and AAAA under one id, from one socket, each have their own resolver's step") {
    Told told;
    const Transaction four = query(100, 7, 1), six = query(101, 7, 28);
    told.add({sent(four), sent(six), served(at_resolver(six, 102), 110, DNS_FOUND_HIT),
              served(at_resolver(four, 102), 111, DNS_FOUND_HIT), answered(six, 112), answered(four, 113)});
    REQUIRE(told.finished.size() == 2);
    for (const ChainNodePtr& chain : told.finished) {
        REQUIRE(chain->children.size() == 1);
        CHECK(chain->children[0]->type == chain->type);
    }
}

TEST_CASE("What a resolver got before a query was sent is not that query") {
    Told told;
    const Transaction asked = query(100, 7);
    told.add({sent(asked), served(at_resolver(asked, 99), 110, DNS_FOUND_HIT), answered(asked, 112)});
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[1]->children.empty());
}

TEST_CASE("What a resolver asks for itself begins no chain") {
    Told told;
    const Transaction refresh = upstream(100, 9), lost = upstream(200, 10);
    told.add({sent(refresh), answered(refresh, 110), sent(lost)});
    told.assembler.expire(100'000 * ms);
    CHECK(told.finished.empty());
    CHECK(told.answered.empty());
}

TEST_CASE("Other lanes' records, and a resolver's query as it came, are passed over") {
    Told told;
    const Transaction asked = query(100);
    dns_event wire_event = answered(asked, 110), came = sent(asked);
    wire_event.lane = DNS_EVENT_WIRE;
    came.role = DNS_ROLE_SERVER;
    told.add({wire_event, came});
    CHECK(told.finished.empty());
    CHECK(told.answered.empty());
}
