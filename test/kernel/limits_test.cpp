// Every limit: what is beyond it is folded or counted, and the sums stay exact.
#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <set>
#include <thread>

#include "ebpf/dns_classify.h"
#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint16_t client_port = 40000;

Address4 server_number(uint32_t n) {
    return {198, 51, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)};
}

// A conversation between the client and any server, by number.
class Talk {
  public:
    Talk(Variant variant, const Config& config) : kernel(variant, config) {
        kernel.own({address_of(client4)});  // what it asks, the host asks
    }

    void ask(uint32_t server, uint16_t id, uint16_t type = 1) {
        const Bytes message = Dns().id(id).question("a.example", type).build();
        kernel.see(HookPoint::tc_out, Packet()
                                          .ethernet()
                                          .ipv4(client4, server_number(server))
                                          .udp(client_port, 53)
                                          .payload(message)
                                          .build());
    }
    void answer(uint32_t server, uint16_t id, uint16_t type = 1) {
        const Bytes message = Dns().id(id).flags(qr).question("a.example", type).answers(1).build();
        kernel.see(HookPoint::tc_in, Packet()
                                         .ethernet()
                                         .ipv4(server_number(server), client4)
                                         .udp(53, client_port)
                                         .payload(message)
                                         .build());
    }

    Kernel kernel;
};

uint64_t sum(const Counters& counters) {
    return std::accumulate(counters.begin(), counters.end(), uint64_t{0},
                           [](uint64_t total, const auto& entry) { return total + entry.second; });
}

uint64_t value(const Counters& counters, const std::string& name) {
    const auto found = counters.find(name);
    return found == counters.end() ? 0 : found->second;
}

// The types that IANA has assigned (registry "Resource Record (RR) TYPEs").
bool is_assigned(uint32_t type) {
    return (type >= 1 && type <= 53) || (type >= 55 && type <= 68) || (type >= 99 && type <= 109) ||
           type == 128 || (type >= 249 && type <= 264) || type == 32768 || type == 32769;
}

}  // namespace

TEST_CASE("Servers beyond max_servers share `other`", "[limits]") {
    Config config;
    config.capture.max_servers = 4;
    Talk talk(GENERATE(from_range(variants())), config);
    for (uint32_t server = 1; server <= 10; ++server) {
        talk.ask(server, 7);
        talk.answer(server, 7);
    }
    const Counters counters = talk.kernel.counters();
    CHECK(only(counters, {"query"}) == Counters{{"query 198.51.0.1 1 0 client udp", 1},
                                                {"query 198.51.0.2 1 0 client udp", 1},
                                                {"query 198.51.0.3 1 0 client udp", 1},
                                                {"query 198.51.0.4 1 0 client udp", 1},
                                                {"query other 1 0 client udp", 6}});
}

TEST_CASE("Servers that the host does not ask itself get half of the slots", "[limits]") {
    Config config;
    config.capture.max_servers = 8;
    Talk talk(GENERATE(from_range(variants())), config);
    talk.kernel.own({});  // the client is another host, whose queries are forwarded
    for (uint32_t server = 1; server <= 10; ++server) talk.ask(server, 7);
    CHECK(talk.kernel.read().server_slots.size() == 4);
    talk.kernel.own({address_of(client4)});
    for (uint32_t server = 11; server <= 20; ++server) talk.ask(server, 7);
    std::set<std::string> addresses;
    for (const auto& [slot, address] : talk.kernel.read().server_slots)
        addresses.insert(address_text(address));
    CHECK(addresses == std::set<std::string>{"198.51.0.1", "198.51.0.2", "198.51.0.3", "198.51.0.4",
                                             "198.51.0.11", "198.51.0.12", "198.51.0.13", "198.51.0.14"});
}

TEST_CASE("As many servers have slots as the largest max_servers allows", "[limits]") {
    Config config;
    config.capture.max_servers = kServersMax;
    Talk talk(GENERATE(from_range(variants())), config);
    for (uint32_t server = 1; server <= kServersMax + 50; ++server) talk.ask(server, 7);
    std::set<uint32_t> slots;
    for (const auto& [slot, address] : talk.kernel.read().server_slots) slots.insert(slot);
    CHECK(slots.size() >= kServersMax - 2);  // a hash table with bounded probes may leave a place or two
    CHECK(slots.size() <= kServersMax);
    CHECK(*slots.rbegin() <= kServersMax);
}

TEST_CASE("All 65,536 types take eight slots beside the assigned ones", "[limits]") {
    Talk talk(GENERATE(from_range(variants())), {});
    talk.answer(1, 9, 70);  // nobody asked: claims nothing
    CHECK(talk.kernel.read().extra_types.empty());
    for (uint32_t type = 0; type < 65'536; ++type) {
        talk.ask(1, 7, static_cast<uint16_t>(type));
        talk.answer(1, 7, static_cast<uint16_t>(type));
        if (type % 1024 == 0) talk.kernel.drain();
    }
    const RawSnapshot snapshot = talk.kernel.read();
    const std::vector<uint16_t> first_unassigned = {0, 54, 69, 70, 71, 72, 73, 74};
    CHECK(snapshot.extra_types == first_unassigned);
    const Counters queries = only(counters_of(snapshot), {"query "});
    CHECK(sum(queries) == 65'536);
    uint64_t alone = 0;
    for (uint32_t type = 0; type < 65'536; ++type) {
        const bool has_slot = is_assigned(type) || std::find(first_unassigned.begin(), first_unassigned.end(),
                                                             type) != first_unassigned.end();
        if (!has_slot) continue;
        INFO("type " << type);
        CHECK(value(queries, "query 198.51.0.1 " + std::to_string(type) + " 0 client udp") == 1);
        ++alone;
    }
    CHECK(value(queries, "query 198.51.0.1 other 0 client udp") == 65'536 - alone);
    talk.ask(1, 8, 74);  // a type keeps the slot that it has
    talk.answer(1, 8, 74);
    CHECK(value(talk.kernel.counters(), "query 198.51.0.1 74 0 client udp") == 2);
}

TEST_CASE("A full traffic map counts under the coarse key, and no count is lost", "[limits]") {
    Config config;
    config.capture.max_servers = 64;
    Talk talk(GENERATE(from_range(variants())), config);
    const auto capacity = [&] {
        const RawSnapshot snapshot = talk.kernel.read();
        for (const MapUse& map : snapshot.maps)
            if (map.map == "traffic") return map.capacity;
        return uint64_t{0};
    };
    uint64_t pairs = 0;
    for (uint32_t server = 1; server <= 60; ++server)
        for (uint16_t type = 1; type <= 40; ++type, ++pairs) {
            talk.ask(server, 7, type);
            talk.answer(server, 7, type);
        }
    REQUIRE(pairs > capacity());
    const Counters full = talk.kernel.counters();
    const uint64_t folded = value(full, "query other other 0 client udp");
    CHECK(folded > 0);
    CHECK(value(full, "traffic_map_full") == folded);
    CHECK(sum(only(full, {"query "})) == pairs);
    CHECK(sum(only(full, {"response "})) == pairs);
    // Every entry is used: what is no coarse key (one for each outcome, role and transport), and the coarse
    // one of these.
    constexpr size_t coarse_keys = (DNS_RCODES_NAMED + 3) * DNS_ROLES * DNS_TRANSPORTS;
    CHECK(only(full, {"query "}).size() == capacity() - coarse_keys + 1);

    talk.ask(1, 8, 1);  // a key that is in the map goes on
    talk.answer(1, 8, 1);
    talk.ask(60, 8, 40);  // one that is not does not come in
    talk.answer(60, 8, 40);
    CHECK(only(talk.kernel.counters() - full, {"query", "traffic_map_full"}) ==
          Counters{{"query 198.51.0.1 1 0 client udp", 1},
                   {"query other other 0 client udp", 1},
                   {"traffic_map_full", 1}});
}

TEST_CASE("A full ring loses details, no count", "[limits]") {
    Config config;
    config.performance.ring_buffer_size_kb = 64;
    Talk talk(GENERATE(from_range(variants())), config);
    constexpr uint64_t transactions = 2000;
    for (uint16_t id = 0; id < transactions; ++id) {
        talk.ask(1, id);
        talk.answer(1, id);
    }
    const Counters counters = talk.kernel.counters();
    const uint64_t lost = value(counters, "event ring_full");
    CHECK(lost > 0);
    CHECK(value(counters, "event submitted") == transactions - lost);
    CHECK(value(counters, "undelivered 198.51.0.1 1 0 client udp") == lost);
    CHECK(value(counters, "query 198.51.0.1 1 0 client udp") == transactions);
    CHECK(talk.kernel.delivered() == transactions - lost);

    talk.ask(1, 9999);  // the ring was drained: there is room again
    talk.answer(1, 9999);
    const Counters after = talk.kernel.counters();
    CHECK(value(after, "event ring_full") == lost);
    CHECK(talk.kernel.delivered() == transactions - lost + 1);
}

TEST_CASE("Timed-out queries wait for room in a full ring", "[limits]") {
    Config config;
    config.performance.ring_buffer_size_kb = 64;
    config.capture.query_timeout_ms = 100;
    Talk talk(GENERATE(from_range(variants())), config);
    for (uint16_t id = 0; id < 2000; ++id) {
        talk.ask(1, id);
        talk.answer(1, id);
    }
    for (uint16_t id = 0; id < 300; ++id) talk.ask(2, id);
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    talk.kernel.sweep();
    Counters counters;
    for (int i = 0; i < 10 && value(counters, "query 198.51.0.2 1 TIMEOUT client udp") < 300; ++i) {
        counters = talk.kernel.counters();
        talk.kernel.sweep();
    }
    CHECK(value(counters, "query 198.51.0.2 1 TIMEOUT client udp") == 300);
    CHECK(value(counters, "active client") == 0);
    uint64_t timeouts = 0;
    for (const dns_event& event : talk.kernel.take_events()) timeouts += event.outcome == DNS_OUTCOME_TIMEOUT;
    CHECK(timeouts == 300);
}

TEST_CASE("In a full pending table the oldest gives way and is counted", "[limits]") {
    Config config;
    config.performance.pending_queries_max = 64;
    Talk talk(GENERATE(from_range(variants())), config);
    constexpr uint64_t queries = 5000;
    for (uint16_t id = 0; id < queries; ++id) talk.ask(1, id);
    const Counters counters = talk.kernel.counters();
    CHECK(value(counters, "active client") == 64);
    CHECK(only(counters, {"query ", "undelivered", "event"}) ==
          Counters{{"query 198.51.0.1 1 UNTRACKED client udp", queries - 64},
                   {"undelivered 198.51.0.1 1 UNTRACKED client udp", queries - 64},
                   {"event untracked", queries - 64}});
    // The youngest waits still; the oldest does not.
    talk.answer(1, queries - 1);
    talk.answer(1, 0);
    CHECK(only(talk.kernel.counters() - counters, {"query", "unmatched"}) ==
          Counters{{"query 198.51.0.1 1 0 client udp", 1}, {"unmatched 198.51.0.1 client", 1}});
}

// 65,536 slots in 16,384 sets of four ways. Were there one set for a query, about eight of 10,000 would find
// it full; that both of its sets are full should not be seen once in thirty runs.
TEST_CASE("10,000 waiting queries have room", "[limits]") {
    Talk talk(GENERATE(from_range(variants())), {});
    for (uint16_t id = 0; id < 10'000; ++id) talk.ask(1, id);
    CHECK(value(talk.kernel.counters(), "active client") >= 9998);
}

TEST_CASE("An interface without a slot counts under `other`", "[limits]") {
    const Variant variant = GENERATE(from_range(variants()));
    const HookPoint hook = GENERATE(HookPoint::tc_in, HookPoint::xdp_in);
    Kernel kernel(variant);
    auto& table = kernel.source().programs().skeleton->bss->interfaces;
    const Bytes packet = Packet().ethernet().ipv4().udp().payload(Dns().build()).build();
    kernel.see(hook, packet);
    table[1] = {1, 5};  // the namespace's loopback has index 1
    kernel.see(hook, packet);
    table[1] = {0, 5};
    table[3] = {1, 6};  // found by probing on
    kernel.see(hook, packet);
    CHECK(only(kernel.counters(), {"message"}) == Counters{{"message other ingress query udp ipv4", 1},
                                                           {"message slot5 ingress query udp ipv4", 1},
                                                           {"message slot6 ingress query udp ipv4", 1}});
}
