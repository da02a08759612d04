#include <catch2/catch.hpp>

#include "exporter/http/token.h"

using namespace dnsexp;

TEST_CASE("Trimming takes spaces and tabs off both ends and nothing else") {
    CHECK(trim(" \t a b\t ") == "a b");
    CHECK(trim(" \t ") == "");
    CHECK(trim("") == "");
    CHECK(trim("\n") == "\n");
}

TEST_CASE("A list is cut into its trimmed parts, empty ones included") {
    std::string_view rest = "a, b ,,c";
    CHECK(next_part(rest, ',') == "a");
    CHECK(next_part(rest, ',') == "b");
    CHECK(next_part(rest, ',') == "");
    CHECK(next_part(rest, ',') == "c");
    CHECK(rest.empty());
    CHECK(next_part(rest, ',') == "");
}

TEST_CASE("Tokens are compared without regard to the case of ASCII letters") {
    CHECK(same_token("GZip", "gzip"));
    CHECK_FALSE(same_token("gzip2", "gzip"));
    CHECK_FALSE(same_token("gzi", "gzip"));
    CHECK_FALSE(same_token("@", "`"));  // 32 apart like A and a, yet no letters
}
