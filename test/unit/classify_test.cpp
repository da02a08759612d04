#include "ebpf/dns_classify.h"

#include <catch2/catch.hpp>
#include <limits>
#include <set>
#include <vector>

#include "test/support/dual_settings.h"

using namespace dnsexp::test;

namespace {

// IANA registry "Resource Record (RR) TYPEs", 2026-06: QTYPEs and meta-types included, 0 and private use not.
bool assigned(uint32_t type) {
    return (type >= 1 && type <= 53) || (type >= 55 && type <= 68) || (type >= 99 && type <= 109) ||
           type == 128 || (type >= 249 && type <= 264) || type == 32768 || type == 32769;
}

// The bucket by its definition: the first edge that is not below the value.
uint32_t first_edge_not_below(const std::vector<uint64_t>& edges, uint64_t value) {
    uint32_t at = 0;
    while (at < edges.size() && edges[at] < value) ++at;
    return at;
}

}  // namespace

TEST_CASE("A size belongs to the first bucket whose edge is not below it") {
    const std::vector<uint64_t> edges = DNS_SIZE_EDGE_LIST;
    REQUIRE(edges.size() == DNS_SIZE_EDGES);
    for (uint32_t size = 0; size <= 70000; ++size)
        if (dns_size_bucket(size) != first_edge_not_below(edges, size)) FAIL("size " << size);
    CHECK(dns_size_bucket(65535) == 9);
    CHECK(dns_size_bucket(65536) == 10);
}

TEST_CASE("A latency belongs to the bucket of its inclusive upper edge, with 1 to 31 edges") {
    for (uint32_t count = 1; count <= DNS_LATENCY_EDGES_MAX; ++count) {
        std::vector<uint64_t> edges;
        for (uint32_t i = 0; i < count; ++i) edges.push_back(1000 * (i + 1) + i * i);
        const dns_settings settings = settings_for({53}, edges);
        const auto bucket = [&](uint64_t ns) { return dns_latency_bucket(settings.latency_edges_ns, ns); };
        INFO(count << " edges");
        CHECK(bucket(0) == 0);
        for (uint32_t i = 0; i < count; ++i) {
            INFO("edge " << i);
            CHECK(bucket(edges[i] - 1) == i);
            CHECK(bucket(edges[i]) == i);
            CHECK(bucket(edges[i] + 1) == i + 1);
        }
        CHECK(bucket(std::numeric_limits<uint64_t>::max()) == count);
    }
}

TEST_CASE("Without an edge every latency is in the bucket +Inf, which is the first") {
    const dns_settings settings = settings_for({53});
    CHECK(dns_latency_bucket(settings.latency_edges_ns, 0) == 0);
    CHECK(dns_latency_bucket(settings.latency_edges_ns, std::numeric_limits<uint64_t>::max()) == 0);
}

TEST_CASE("Every assigned type has a slot of its own, every other one the shared slot") {
    std::set<uint32_t> slots;
    for (uint32_t type = 0; type <= 65535; ++type) {
        const uint32_t slot = dns_type_slot(type);
        if (!assigned(type)) {
            if (slot != DNS_TYPE_OTHER) FAIL("type " << type << " is not assigned");
            continue;
        }
        if (slot == DNS_TYPE_OTHER) FAIL("type " << type << " has no slot");
        if (slot >= DNS_TYPE_SLOT_EXTRA) FAIL("type " << type << " has a dynamic slot");
        if (!slots.insert(slot).second) FAIL("type " << type << " shares its slot");
        if (dns_type_of_slot(slot) != type) FAIL("type " << type << " does not come back from its slot");
    }
    CHECK(slots.size() == 53 + 14 + 11 + 1 + 16 + 2);
}

TEST_CASE("The shared slot and the dynamic ones stand for no type") {
    CHECK(dns_type_of_slot(DNS_TYPE_OTHER) == 0);
    for (uint32_t slot = DNS_TYPE_SLOT_EXTRA; slot < DNS_TYPE_SLOTS; ++slot)
        CHECK(dns_type_of_slot(slot) == 0);
    CHECK(DNS_TYPE_SLOTS <= 256);  // dns_traffic_key.type is one octet
}

TEST_CASE("A, AAAA, HTTPS and PTR have latency series of their own, the other types share one") {
    for (uint32_t slot = 0; slot < DNS_TYPE_SLOTS; ++slot) {
        INFO(slot);
        const uint32_t expected = slot == 1    ? DNS_LATENCY_A
                                  : slot == 28 ? DNS_LATENCY_AAAA
                                  : slot == 65 ? DNS_LATENCY_HTTPS
                                  : slot == 12 ? DNS_LATENCY_PTR
                                               : DNS_LATENCY_OTHER;
        CHECK(dns_latency_type(slot) == expected);
    }
}

TEST_CASE("Each server, role and latency type has an index of its own") {
    std::set<uint32_t> indices;
    for (uint32_t server = 0; server <= DNS_SERVERS_MAX; ++server)
        for (uint32_t role = 0; role < DNS_ROLES; ++role)
            for (uint32_t type = 0; type < DNS_LATENCY_TYPES; ++type)
                indices.insert(dns_latency_index(server, role, type));
    CHECK(indices.size() == (DNS_SERVERS_MAX + 1) * DNS_ROLES * DNS_LATENCY_TYPES);
    CHECK(*indices.rbegin() == indices.size() - 1);
}

TEST_CASE("A flag set is the six flags of the header and DO, and nothing else") {
    // The header's flags word (RFC 1035, 4.1.1; AD, CD: RFC 4035, 3.1.6).
    CHECK(dns_flag_set(0x0400, 0) == 1U << DNS_FLAG_AA);
    CHECK(dns_flag_set(0x0200, 0) == 1U << DNS_FLAG_TC);
    CHECK(dns_flag_set(0x0100, 0) == 1U << DNS_FLAG_RD);
    CHECK(dns_flag_set(0x0080, 0) == 1U << DNS_FLAG_RA);
    CHECK(dns_flag_set(0x0020, 0) == 1U << DNS_FLAG_AD);
    CHECK(dns_flag_set(0x0010, 0) == 1U << DNS_FLAG_CD);
    CHECK(dns_flag_set(0, 1) == 1U << DNS_FLAG_DO);
    CHECK(dns_flag_set(0x8000 | 0x7800 | 0x0040 | 0x000f, 0) == 0);  // QR, OPCODE, Z, RCODE
    CHECK(dns_flag_set(0xffff, 1) == DNS_FLAG_SETS - 1);
    std::set<uint32_t> sets;
    for (const uint32_t dnssec_ok : {0U, 1U})
        for (uint32_t flags = 0; flags <= 0xffff; ++flags) sets.insert(dns_flag_set(flags, dnssec_ok));
    CHECK(sets.size() == DNS_FLAG_SETS);
}

TEST_CASE("An offered UDP payload size belongs to the first bucket whose edge is not below it") {
    const std::vector<uint64_t> edges = DNS_EDNS_EDGE_LIST;
    REQUIRE(edges.size() == DNS_EDNS_EDGES);
    for (uint32_t size = 0; size <= 65535; ++size)
        if (dns_edns_bucket(size) != first_edge_not_below(edges, size)) FAIL("size " << size);
}

TEST_CASE("Info codes have a slot each, the ones beyond the table share the last") {
    for (uint32_t code = 0; code < 63; ++code) CHECK(dns_info_code_slot(code) == code);
    for (const uint32_t code : {63U, 64U, 49152U, 65535U}) CHECK(dns_info_code_slot(code) == 63);
}
