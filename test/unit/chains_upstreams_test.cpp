#include "exporter/chains/upstreams.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "test/support/chain_records.h"

using namespace dnsexp;
using dnsexp::testing::ms;
using dnsexp::testing::step;
using dnsexp::testing::wire;

namespace {

constexpr uint16_t type_a = 1, type_ns = 2, type_aaaa = 28, type_ds = 43, type_dnskey = 48;

// What one resolver asks. Times in ms.
class Asked {
  public:
    explicit Asked(size_t capacity = Upstreams::default_capacity) : upstreams_(capacity) {}

    ChainNodePtr ask(const std::string& name, uint64_t begin_ms, uint64_t end_ms, uint16_t type = type_a,
                     uint32_t group = 1) {
        ChainNodePtr upstream = step(Step::upstream, name, begin_ms, end_ms);
        upstream->type = type;
        upstream->group = group;
        upstreams_.add(upstream);
        return upstream;
    }
    [[nodiscard]] std::vector<ChainNodePtr> waited_for(const ChainNode& answer) const {
        return upstreams_.waited_for(answer);
    }
    // By an answer for www.example.test that took 100..200 ms.
    [[nodiscard]] std::vector<ChainNodePtr> waited_for(uint16_t type = type_a) const {
        return waited_for(*answer("www.example.test", type));
    }
    static ChainNodePtr answer(const std::string& name, uint16_t type = type_a, uint64_t begin_ms = 100,
                               uint64_t end_ms = 200) {
        ChainNodePtr one = step(Step::resolver, name, begin_ms, end_ms);
        one->type = type;
        one->group = 1;
        return one;
    }

  private:
    Upstreams upstreams_;
};

using Nodes = std::vector<ChainNodePtr>;

}  // namespace

TEST_CASE("An answer waited for its own question while both were under way") {
    Asked asked;
    const auto inside = asked.ask("www.example.test", 110, 150);
    CHECK(asked.waited_for() == Nodes{inside});
    const auto before = asked.ask("www.example.test", 50, 99);
    const auto after = asked.ask("www.example.test", 201, 210);
    CHECK(asked.waited_for() == Nodes{inside});
    const auto begun_before = asked.ask("www.example.test", 60, 105);  // fetched for somebody else
    const auto at_both_ends = asked.ask("www.example.test", 200, 300);
    CHECK(asked.waited_for() == Nodes{begun_before, inside, at_both_ends});
}

TEST_CASE("What another resolver asked, and other names and types, are no business of an answer") {
    Asked asked;
    asked.ask("www.example.test", 110, 150, type_a, 2);
    asked.ask("wwww.example.test", 110, 150);
    asked.ask("a.www.example.test", 110, 150);
    asked.ask("example.com", 110, 120);
    CHECK(asked.waited_for().empty());
}

TEST_CASE("A and AAAA of one name, asked for at a time, each have their own upstream query") {
    Asked asked;
    const auto four = asked.ask("www.example.test", 110, 150, type_a);
    const auto six = asked.ask("www.example.test", 111, 140, type_aaaa);
    CHECK(asked.waited_for(type_a) == Nodes{four});
    CHECK(asked.waited_for(type_aaaa) == Nodes{six});
}

// The last name of a minimised resolution is asked for by another type first (RFC 9156, 2.1).
TEST_CASE("Another type of the name itself is waited for, where it had ended before the question was sent") {
    Asked asked;
    const auto cut = asked.ask("www.example.test", 110, 120, type_ns);
    const auto own = asked.ask("www.example.test", 121, 150);
    asked.ask("www.example.test", 112, 130, type_aaaa);
    CHECK(asked.waited_for() == Nodes{cut, own});
}

TEST_CASE("Minimised names are waited for from the top (RFC 9156)") {
    Asked asked;
    const auto root = asked.ask("", 101, 109, type_ns);
    const auto test = asked.ask("test", 110, 119, type_ns);
    const auto example = asked.ask("example.test", 120, 129);
    const auto www = asked.ask("www.example.test", 130, 139);
    CHECK(asked.waited_for() == Nodes{root, test, example, www});
}

TEST_CASE("A name above that another lookup asks for has nothing to do with it while it has not ended") {
    Asked asked;
    asked.ask("example.test", 90, 160);  // had not ended when our own was sent
    asked.ask("test", 40, 99);           // was over before our query came
    const auto own = asked.ask("www.example.test", 120, 150);
    CHECK(asked.waited_for() == Nodes{own});
}

TEST_CASE(
    "A name above is waited for where it had ended when the next one below was sent, not the last one") {
    Asked asked;
    const auto example = asked.ask("example.test", 110, 119);
    asked.ask("test", 105, 115);  // ends while the one below it is under way
    const auto www = asked.ask("www.example.test", 120, 150);
    CHECK(asked.waited_for() == Nodes{example, www});
}

TEST_CASE("A name above that nobody answered belongs to whom it was sent for") {
    Asked asked;
    asked.ask("example.test", 90, 0);                     // for another lookup, from before
    const auto ours = asked.ask("example.test", 105, 0);  // asked again then, and answered
    const auto again = asked.ask("example.test", 108, 115);
    const auto www = asked.ask("www.example.test", 120, 150);
    asked.ask("example.test", 130, 0);  // after our own was sent
    CHECK(asked.waited_for() == Nodes{ours, again, www});
}

TEST_CASE("Keys of the name and of those above are waited for (DS, DNSKEY: RFC 4035, 5)") {
    Asked asked;
    const auto www = asked.ask("www.example.test", 110, 130);
    const auto dnskey = asked.ask("example.test", 131, 140, type_dnskey);
    const auto ds = asked.ask("example.test", 132, 150, type_ds);
    const auto root_key = asked.ask("", 151, 160, type_dnskey);
    asked.ask("test", 90, 160, type_dnskey);  // begun before: for another lookup
    CHECK(asked.waited_for() == Nodes{www, dnskey, ds, root_key});
}

TEST_CASE("A key that is asked for before the question does not hide the names above") {
    Asked asked;
    const auto key = asked.ask("example.test", 101, 125, type_dnskey);
    const auto test = asked.ask("test", 105, 110);
    const auto www = asked.ask("www.example.test", 120, 150);
    CHECK(asked.waited_for() == Nodes{key, test, www});
}

TEST_CASE("Targets of CNAME records are waited for, and what lies above them") {
    Asked asked;
    const auto www = asked.ask("www.example.test", 110, 120);
    www->aliases = {wire("web.cdn.net")};
    const auto cdn = asked.ask("cdn.net", 121, 129);
    const auto web = asked.ask("web.cdn.net", 130, 140);
    web->aliases = {wire("edge.cdn.org")};
    const auto edge = asked.ask("edge.cdn.org", 141, 150);
    CHECK(asked.waited_for() == Nodes{www, cdn, web, edge});
    // From the cache came the first link; the answer itself tells what it leads to.
    const auto answer = Asked::answer("alias.example.test");
    answer->aliases = {wire("edge.cdn.org")};
    CHECK(asked.waited_for(*answer) == Nodes{edge});
}

TEST_CASE("Of a CNAME target, too, only the type that was asked for is waited for") {
    Asked asked;
    const auto www = asked.ask("www.example.test", 110, 120);
    www->aliases = {wire("web.cdn.net")};
    const auto four = asked.ask("web.cdn.net", 130, 140, type_a);
    asked.ask("web.cdn.net", 131, 139, type_aaaa);
    CHECK(asked.waited_for() == Nodes{www, four});
}

TEST_CASE("Addresses of a referral's name servers are waited for, of either family") {
    Asked asked;
    const auto test = asked.ask("test", 105, 110, type_ns);
    test->name_servers = {wire("ns1.host.net"), wire("ns2.host.net")};
    const auto four = asked.ask("ns1.host.net", 111, 119);
    const auto six = asked.ask("ns1.host.net", 112, 118, type_aaaa);
    asked.ask("ns3.host.net", 112, 118);
    const auto www = asked.ask("www.example.test", 120, 130);
    CHECK(asked.waited_for() == Nodes{test, four, six, www});
}

TEST_CASE("Names that lead to each other end the search") {
    Asked asked;
    const auto www = asked.ask("www.example.test", 110, 120);
    www->aliases = {wire("other.test")};
    const auto other = asked.ask("other.test", 121, 130);
    other->aliases = {wire("www.example.test"), wire("other.test")};
    other->name_servers = {wire("www.example.test")};
    CHECK(asked.waited_for() == Nodes{www, other});
}

TEST_CASE("A query that nobody answered is waited for until the answer") {
    Asked asked;
    const auto lost = asked.ask("www.example.test", 110, 0);
    const auto again = asked.ask("www.example.test", 150, 160);
    CHECK(asked.waited_for() == Nodes{lost, again});
    const auto late = Asked::answer("www.example.test", type_a, 300, 400);
    CHECK(asked.waited_for(*late) == Nodes{lost});
}

TEST_CASE("Beyond its capacity the oldest query is forgotten, and no other") {
    Asked asked(3);
    asked.ask("www.example.test", 101, 102);
    const auto second = asked.ask("www.example.test", 103, 104);
    const auto third = asked.ask("example.test", 100, 101);
    const auto fourth = asked.ask("www.example.test", 105, 106);
    CHECK(asked.waited_for() == Nodes{third, second, fourth});
    for (uint64_t i = 0; i < 3; ++i) asked.ask("other.test", 107, 108);
    CHECK(asked.waited_for().empty());
    CHECK(second.use_count() == 1);  // nothing of them is kept
    CHECK(third.use_count() == 1);
}

TEST_CASE("Of one answer 64 queries are taken") {
    Asked asked;
    for (uint64_t i = 0; i < 70; ++i) asked.ask("www.example.test", 101 + i, 199);
    const auto found = asked.waited_for();
    CHECK(found.size() == 64);
    CHECK(Upstreams::most_children == 64);
}

TEST_CASE("A referral of more names than are looked for ends the search in time") {
    Asked asked;
    const auto www = asked.ask("www.example.test", 110, 120);
    for (int i = 0; i < 1000; ++i) www->name_servers.push_back(wire("ns" + std::to_string(i) + ".test"));
    asked.ask("ns999.test", 121, 130);
    const auto first = asked.ask("ns0.test", 121, 130);
    CHECK(asked.waited_for() == Nodes{www, first});
}

TEST_CASE("Processes of one name ask each for itself, where it is known which of them do") {
    Upstreams upstreams(2);
    const auto ask = [&upstreams](uint32_t pid) {
        ChainNodePtr one = step(Step::upstream, "www.example.test", 110, 150);
        one->group = 1;
        one->pid = pid;
        upstreams.add(one);
        return one;
    };
    const ChainNodePtr answer = Asked::answer("www.example.test");
    answer->pid = 7;
    const auto of_other = ask(8);
    CHECK(upstreams.waited_for(*answer) == Nodes{of_other});  // 7 listens, and 8 may have been forked from it
    const auto own = ask(7);
    CHECK(upstreams.waited_for(*answer) == Nodes{own});
    const auto of_nobody = ask(0), of_third = ask(9);
    CHECK(upstreams.waited_for(*answer) == Nodes{of_nobody, of_third});  // that 7 asked, is forgotten
}
