#include "exporter/config/suggest.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

TEST_CASE("The edit distance counts insertions, deletions, replacements and swaps") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("prot", "port") == 1);
    CHECK(edit_distance("ca", "abc") == 3);  // optimal string alignment; unrestricted Damerau would say 2
}

TEST_CASE("The nearest name is suggested, and none where all are far") {
    const std::vector<std::string> known = {"ports", "ingress", "query_timeout_ms"};
    CHECK(nearest("port", known) == "ports");
    CHECK(nearest("INGRESS", known) == "ingress");
    CHECK(nearest("query-timeout-ms", known) == "query_timeout_ms");
    CHECK(nearest("query_timeout", known) == "query_timeout_ms");
    CHECK(nearest("colour", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest(std::string(1000, 'p'), known).empty());
}

TEST_CASE("A name is not suggested where every letter of it would change") {
    CHECK(nearest("xy", {"ab"}).empty());
}
