#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>

#include "exporter/blocklist/tail_hashes.h"
#include "test/support/packet_builder.h"

using namespace dnsexp;

namespace {

// Of the name in memory of just its size, so that a sanitizer sees a read behind it.
TailHashes hashes_of(const test::Bytes& wire, uint64_t seed = 7) {
    const auto exact = std::make_unique<uint8_t[]>(wire.size());
    std::ranges::copy(wire, exact.get());
    TailHashes hashes;
    hash_tails(*split_labels({exact.get(), wire.size()}), seed, hashes);
    return hashes;
}

}  // namespace

TEST_CASE("A tail has the same hash in every name, in any case, and with anything behind the name") {
    const auto alone = hashes_of(test::wire_name("example.com"));
    REQUIRE(alone.count == 2);
    for (const char* longer : {"a.example.com", "www.EXAMPLE.Com", "x.y.z.a-rather-long-label.eXample.cOm"}) {
        INFO(longer);
        const auto hashes = hashes_of(test::wire_name(longer));
        CHECK(hashes.of[1] == alone.of[1]);
        CHECK(hashes.of[2] == alone.of[2]);
    }
    auto followed = test::wire_name("example.com");
    test::append(followed, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(hashes_of(followed).of[2] == alone.of[2]);
}

TEST_CASE("Labels of every length, and every octet of them, make a difference") {
    std::set<uint64_t> seen;
    size_t names = 0;
    for (size_t length = 1; length <= 63; ++length)
        for (size_t changed = 0; changed <= length; ++changed, ++names) {
            test::Bytes wire = {static_cast<uint8_t>(length)};
            wire.insert(wire.end(), length, 'x');
            if (changed < length) wire[1 + changed] = 'y';
            wire.push_back(0);
            seen.insert(hashes_of(wire).of[1]);
        }
    CHECK(seen.size() == names);
    CHECK(hashes_of(test::wire_name("a.b")).of[2] != hashes_of(test::wire_name("b.a")).of[2]);
    CHECK(hashes_of(test::wire_name("ab.c")).of[2] != hashes_of(test::wire_name("a.bc")).of[2]);
}

TEST_CASE("Case is that of ASCII letters, in every place of a word") {
    for (unsigned octet = 0; octet < 256; ++octet)
        for (const size_t before : {0, 3, 6, 7, 8}) {
            test::Bytes plain = {static_cast<uint8_t>(before + 1)}, turned;
            plain.insert(plain.end(), before, '-');
            plain.push_back(static_cast<uint8_t>(octet));
            plain.push_back(0);
            turned = plain;
            turned[before + 1] ^= 0x20;
            const bool letter = (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
            INFO(octet << " behind " << before);
            CHECK((hashes_of(plain).of[1] == hashes_of(turned).of[1]) == letter);
        }
}

TEST_CASE("Another seed gives other hashes, and the root has none") {
    const auto wire = test::wire_name("www.example.com");
    const auto one = hashes_of(wire, 1), other = hashes_of(wire, 2);
    for (size_t depth = 1; depth <= 3; ++depth) CHECK(one.of[depth] != other.of[depth]);
    CHECK(hashes_of({0}).count == 0);
}
