#include "exporter/security/name_shape.h"

#include <catch2/catch.hpp>

#include "test/support/judged_queries.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

NameShape shape_of(const std::string& name) {
    JudgedQueries queries;
    const JudgedQuery& query = queries.of({.name = name + ".example.com"});
    return measure_name(query.labels, query.below);
}

}  // namespace

// Shannon's formula by hand: n octets, all different, have log2(n) bits each.
TEST_CASE("Information is length times entropy where a piece looks random") {
    CHECK(shape_of("q1w2e3r4").bits == Approx(8 * 3).epsilon(0.001));
    CHECK(shape_of("0123456789abcdef").bits ==
          Approx(16 * 4 * 0.25).epsilon(0.001));  // digits, letters: a word
    CHECK(shape_of("0a1b2c3d4e5f6789").bits == Approx(16 * 4).epsilon(0.001));
    CHECK(shape_of("q1q1q1q1").bits == Approx(8).epsilon(0.001));  // two octets, half each: one bit an octet
    CHECK(shape_of("zzzzzzzz").bits == Approx(0).margin(0.001));
}

TEST_CASE("Letters count without case: 0x20 adds nothing") {
    CHECK(shape_of("Q1w2E3r4Q1W2e3R4").bits == Approx(shape_of("q1w2e3r4q1w2e3r4").bits));
    CHECK(shape_of("QwErTy1UiOp2").entropy_score == shape_of("qwerty1uiop2").entropy_score);
}

TEST_CASE("Words, numbers and abbreviations carry a quarter") {
    for (const std::string word : {"statistics", "transcript", "20260101", "server12", "www", "r14"}) {
        INFO(word);
        const NameShape shape = shape_of(word);
        CHECK(shape.bits <= 0.25 * 3.4 * static_cast<double>(word.size()));
    }
    CHECK(shape_of("xkqjzpwv").bits > 20);   // six consonants in a row
    CHECK(shape_of("baaiieuo").bits > 15);   // vowels
    CHECK(shape_of("a1b2c3d4").bits == 24);  // letters and digits in turn
}

TEST_CASE("Pieces are cut at dots and punctuation") {
    CHECK(shape_of("q1w2e3r4-a5s6d7f8").bits == Approx(48).epsilon(0.001));
    CHECK(shape_of("q1w2e3r4.a5s6d7f8").bits == Approx(48).epsilon(0.001));
    CHECK(shape_of("q1w2e3r4_a5s6d7f8").long_bits == Approx(12).epsilon(0.001));
    CHECK(shape_of("q1w2e3r4+a5s6d7f8").bits == Approx(48).epsilon(0.001));
    CHECK(shape_of("index/of=pictures").bits < 20);
    CHECK(shape_of("--__").bits == 0);
}

TEST_CASE("Only long pieces are payload, and identifiers of 128 bits are none") {
    CHECK(shape_of("0a1b2c3d4e5f6789").long_bits == Approx(64).epsilon(0.001));
    CHECK(shape_of("0a1b2c3d4e5f678").long_bits < 16);
    const std::string md5 = "d41d8cd98f00b204e9800998ecf8427e";
    CHECK(shape_of(md5).long_bits < 32);
    CHECK(shape_of(md5 + "a1").long_bits > 100);
    CHECK(shape_of("g" + md5.substr(1)).long_bits > 100);  // not hexadecimal
    CHECK(shape_of("f81d4fae-7dec-11d0-a765-00a0c91e6bf6").long_bits < 40);
}

TEST_CASE("Octets that no host name has are counted, text in UTF-8 not") {
    CHECK(shape_of("az-AZ_09").odd == 0);
    CHECK(shape_of("a+b/c=").odd == 3);
    CHECK(shape_of("\\188\\189\\253").odd == 3);
    CHECK(shape_of("caf\\195\\169").odd == 0);
    CHECK(shape_of("\\229\\133\\172\\229\\143\\184").odd == 0);  // two characters of three octets
    CHECK(shape_of("\\195").odd == 1);                           // cut short
    CHECK(shape_of("\\195x").odd == 1);
    CHECK(shape_of("\\192\\128").odd == 2);  // 0xc0 begins nothing (RFC 3629, 1)
}

TEST_CASE("The longest label is found") {
    const NameShape shape = shape_of("a." + std::string(63, 'b') + ".ccc");
    CHECK(shape.longest == 63);
}

TEST_CASE("The entropy score is 100 for 20 random octets and low for what people write") {
    CHECK(shape_of("k3jd82hqf7la0zx5w9bt").entropy_score == 100);
    CHECK(shape_of("01234567890123456789").entropy_score < 30);
    CHECK(shape_of("x7f9k2m4p8q1z5w3").entropy_score >= 60);
    CHECK(shape_of("visualwebsiteoptimizer").entropy_score < 30);
    CHECK(shape_of("r14---sn--4pgnuhxqp5-jb3s").entropy_score < 60);
}

TEST_CASE("More labels than the name has are no harm, none are nothing") {
    JudgedQueries queries;
    const JudgedQuery& query = queries.of({.name = "www.example.com"});
    CHECK(measure_name(query.labels, 99).longest == 7);
    CHECK(measure_name(query.labels, 0).longest == 0);
    CHECK(measure_name(queries.of({.name = ""}).labels, 1).bits == 0);
}
