#include <catch2/catch.hpp>
#include <string>

#include "exporter/blocklist/list_name.h"
#include "test/support/packet_builder.h"

using namespace dnsexp;

namespace {

std::string why_not(std::string_view text, NameSyntax syntax = NameSyntax::host) {
    ListName name;
    return std::string(read_name(text, syntax, name));
}

ListName name_of(std::string_view text, NameSyntax syntax = NameSyntax::host) {
    ListName name;
    REQUIRE(read_name(text, syntax, name).empty());
    return name;
}

test::Bytes octets_of(const ListName& name) {
    return {name.octets().begin(), name.octets().end()};
}

}  // namespace

TEST_CASE("Text becomes the lower-cased name of the wire, with or without a dot at its end") {
    CHECK(octets_of(name_of("Ads.Example.COM")) == test::wire_name("ads.example.com"));
    CHECK(octets_of(name_of("ads.example.com.")) == test::wire_name("ads.example.com"));
    CHECK(octets_of(name_of("_dmarc.a-b.xn--p1ai")) == test::wire_name("_dmarc.a-b.xn--p1ai"));
    CHECK(name_of("a.b.c").labels == 3);
    CHECK_FALSE(name_of("a.b").absolute);
    CHECK(name_of("a.b.").absolute);
}

TEST_CASE("What is no name is refused with a reason") {
    CHECK(why_not("") == "a label of the name is empty");
    CHECK(why_not(".") == "a label of the name is empty");
    CHECK(why_not("a..b") == "a label of the name is empty");
    CHECK(why_not(".a") == "a label of the name is empty");
    CHECK(why_not("a b") == "the name has a character that names of hosts don't have");
    CHECK(why_not("a.*.b") == "the name has a character that names of hosts don't have");
    CHECK(why_not("b\xc3\xbc"
                  "cher.example") == "international names are taken as A-labels (xn--...) only");
}

TEST_CASE("Labels have 63 octets at most, and names 255 (RFC 1035, 2.3.4)") {
    const std::string label(63, 'a');
    CHECK(why_not(label + ".b").empty());
    CHECK(why_not(label + "a.b") == "a label of the name is longer than 63 octets");
    const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
    CHECK(name_of(longest).size == 255);
    CHECK(name_of(longest + '.').size == 255);
    CHECK(why_not(longest + 'a') == "the name is longer than 255 octets");
    CHECK(why_not(longest + ".a") == "the name is longer than 255 octets");
    std::string most_labels = "a";
    for (int i = 1; i < 127; ++i) most_labels += ".a";
    CHECK(name_of(most_labels).labels == 127);
    CHECK(why_not(most_labels + ".a") == "the name is longer than 255 octets");
}

TEST_CASE("Master files have escapes (RFC 1035, 5.1), and the root") {
    const auto name = name_of("a\\.b.\\067\\000\\X.c", NameSyntax::master_file);
    const test::Bytes wire = {3, 'a', '.', 'b', 3, 'c', 0, 'x', 1, 'c', 0};  // \067 is C
    CHECK(octets_of(name) == wire);
    CHECK(name_of(".", NameSyntax::master_file).labels == 0);
    for (const char* broken : {"a\\", "a\\25", "a\\256", "a\\2x5"})
        CHECK(why_not(broken, NameSyntax::master_file) == "the name has a broken escape");
    CHECK_FALSE(why_not("a\\.b").empty());
    CHECK(why_not("a/b", NameSyntax::master_file).empty());
}

TEST_CASE("Ends of names are compared, taken away and put on by labels") {
    ListName name = name_of("a.b.example.com");
    CHECK(last_label(name) == "com");
    CHECK(ends_in(name, name_of("example.com")));
    CHECK(ends_in(name, name));
    CHECK_FALSE(ends_in(name, name_of("xample.com")));
    CHECK_FALSE(ends_in(name_of("example.com"), name));
    drop_tail(name, 2);
    CHECK(octets_of(name) == test::wire_name("a.b"));
    CHECK(name.labels == 2);
    CHECK(append_tail(name, name_of("example.org")));
    CHECK(octets_of(name) == test::wire_name("a.b.example.org"));
    CHECK(name.labels == 4);
    drop_tail(name, 4);
    CHECK(name.size == 1);
    CHECK(append_tail(name, name_of("c")));
    CHECK(octets_of(name) == test::wire_name("c"));

    const std::string label(63, 'a');
    ListName longest = name_of(label + '.' + label + '.' + label + '.' + std::string(59, 'a'));
    CHECK_FALSE(append_tail(longest, name_of("bb")));
    CHECK(append_tail(longest, name_of("b")));
    CHECK(longest.size == 255);
}
