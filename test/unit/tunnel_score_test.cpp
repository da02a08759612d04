#include "exporter/security/tunnel_score.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

// So many distinct names of so many bits each, all carrying, all answered.
TunnelEvidence names(uint64_t count, double bits) {
    TunnelEvidence evidence;
    evidence.queries = evidence.carrying = count;
    evidence.distinct = static_cast<double>(count);
    evidence.bits = bits * static_cast<double>(count);
    return evidence;
}

TunnelEvidence of_bulk_types(TunnelEvidence evidence) {
    evidence.bulk = evidence.carrying;
    return evidence;
}

}  // namespace

TEST_CASE("Without carrying queries there is no score") {
    CHECK(tunnel_score({}) == 0);
    TunnelEvidence evidence;
    evidence.queries = 1000;
    CHECK(tunnel_score(evidence) == 0);
}

TEST_CASE("More names, longer names and stranger types never lower the score") {
    for (const uint64_t count : {3, 8, 30, 100, 1000})
        for (const double bits : {5.0, 20.0, 120.0, 200.0, 500.0}) {
            const TunnelEvidence evidence = names(count, bits);
            CHECK(tunnel_score(names(count * 2, bits)) >= tunnel_score(evidence));
            CHECK(tunnel_score(names(count, bits * 1.5)) >= tunnel_score(evidence));
            CHECK(tunnel_score(of_bulk_types(evidence)) >= tunnel_score(evidence));
            TunnelEvidence unused = evidence;
            unused.unused = unused.carrying;
            CHECK(tunnel_score(unused) >= tunnel_score(of_bulk_types(evidence)));
            CHECK(tunnel_score(unused) <= 100);
        }
}

TEST_CASE("A type that nobody asks is high after a few names, however short") {
    TunnelEvidence evidence = names(12, 10);
    evidence.unused = 12;
    CHECK(tunnel_score(evidence) >= tunnel_high);
}

TEST_CASE("Words asked by bulk types stay below medium") {
    CHECK(tunnel_score(of_bulk_types(names(250, 4))) < tunnel_medium);
    CHECK(tunnel_score(of_bulk_types(names(120, 25))) >= tunnel_high);
}

TEST_CASE("One name is at most medium, and only with octets that no host name has") {
    CHECK(tunnel_score(names(1, 900)) < tunnel_medium);
    CHECK(tunnel_score(of_bulk_types(names(1, 900))) < tunnel_medium);
    TunnelEvidence evidence = names(1, 300);
    evidence.odd = 1;
    CHECK(tunnel_score(evidence) >= tunnel_medium);
    CHECK(tunnel_score(evidence) < tunnel_high);
}

TEST_CASE("Few names of plain types tell nothing unless they are very long") {
    CHECK(tunnel_score(names(7, 200)) < tunnel_medium);
    CHECK(tunnel_score(names(7, 500)) >= tunnel_high);
}

TEST_CASE("Names that don't exist are an attack, unless they are the message") {
    TunnelEvidence evidence = names(1000, 200);
    evidence.failed = 900;
    CHECK(tunnel_score(evidence) < tunnel_medium);
    CHECK(tunnel_score(names(1000, 200)) >= tunnel_high);
    evidence.bits = 300.0 * 1000;
    CHECK(tunnel_score(evidence) >= tunnel_high);
}

TEST_CASE("Among many other queries, carrying ones count less") {
    TunnelEvidence evidence = names(70, 120);
    const uint32_t alone = tunnel_score(evidence);
    evidence.queries = 70 * 30;
    CHECK(tunnel_score(evidence) == alone);
    evidence.queries = 70 * 1000;
    CHECK(tunnel_score(evidence) < tunnel_medium);
}

TEST_CASE("Long answers to bulk types add to the score") {
    TunnelEvidence evidence = of_bulk_types(names(10, 20));
    const uint32_t before = tunnel_score(evidence);
    evidence.surplus = 10 * 150;
    CHECK(tunnel_score(evidence) == before + 10);
}
