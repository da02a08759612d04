#include <catch2/catch.hpp>
#include <string>

#include "test/support/blocklist_text.h"

using namespace dnsexp;
using test::holds;
using test::load_list;

namespace {

std::string error_of(std::string_view text, BlocklistFormat format = BlocklistFormat::automatic) {
    const auto list = load_list(text, format);
    REQUIRE_FALSE(list);
    return list.error().message();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string good_lines(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "n" + std::to_string(i) + ".example.com\n";
    return lines;
}

}  // namespace

TEST_CASE("The first line that shows a format decides, whatever comments are before") {
    const auto list = load_list("\xef\xbb\xbf# comment\r\n! comment\r\n\r\n||a.example^\r\n||b.example^\r\n");
    REQUIRE(list);
    CHECK(list.value().format == BlocklistFormat::adblock);
    CHECK(list.value().taken == 2);
    CHECK(holds(list.value(), "x.b.example"));
    const auto first = load_list(
        "\xef\xbb\xbf"
        "a.example.com\n");
    REQUIRE(first);
    CHECK(holds(first.value(), "a.example.com"));
}

TEST_CASE("A list is the same in pieces of one octet") {
    const std::string text = "0.0.0.0 a.example.com\n0.0.0.0 b.example.com";
    ListLoader loader("list", BlocklistFormat::automatic, test::list_seed);
    for (const char& c : text) CHECK(loader.add({&c, 1}));
    const auto list = std::move(loader).finish();
    REQUIRE(list);
    CHECK(list.value().format == BlocklistFormat::hosts);
    CHECK(holds(list.value(), "a.example.com"));
    CHECK(holds(list.value(), "b.example.com"));
}

TEST_CASE("Nothing, or comments only, is a list without names") {
    for (const char* text : {"", "\n", "# comment\n\n! comment"}) {
        const auto list = load_list(text);
        REQUIRE(list);
        CHECK(list.value().table->sizes().listed == 0);
        CHECK(list.value().bad == 0);
    }
}

TEST_CASE("What is packed, binary or a page is no list, and the error says so") {
    CHECK(contains(error_of("\x1f\x8b\x08 abcdefgh"), "packed by gzip"));
    CHECK(contains(error_of("\xfd"
                            "7zXZ abcdefgh"),
                   "packed by xz"));
    CHECK(contains(error_of(std::string("a.example\n\0b", 12) + good_lines(50)), "not text"));
    CHECK(contains(error_of("\n <!DOCTYPE html>\n<html>" + good_lines(50)), "HTML"));
    CHECK(contains(error_of("<html>log in</html>", BlocklistFormat::adblock), "HTML"));
}

TEST_CASE("A page of a few words is no list, even where one looks like a name") {
    CHECK_FALSE(load_list("Not Found\n"));
    CHECK_FALSE(load_list("{\"error\": \"Not Found\"}", BlocklistFormat::plain));
    CHECK_FALSE(load_list("Please log in first\nSee\nportal.example.com\n"));
    std::string prose;
    for (int i = 0; i < 200; ++i) prose += "some words of a page\n";
    CHECK(contains(error_of(prose), "set format"));
}

TEST_CASE("More than a tenth of bad lines is too many, and of few lines more than there are good ones") {
    const std::string bad = "b a d\n";
    const auto with_bad = [&](int good, int count) {
        std::string text = good_lines(good);
        for (int i = 0; i < count; ++i) text += bad;
        return load_list(text, BlocklistFormat::plain);
    };
    CHECK(with_bad(5, 5));
    CHECK_FALSE(with_bad(5, 6));
    CHECK(with_bad(99, 11));
    CHECK_FALSE(with_bad(98, 11));
    const auto list = with_bad(99, 11);
    CHECK(list.value().bad == 11);
    REQUIRE(list.value().first_bad.size() == ListLoader::shown_bad_lines);
    CHECK(list.value().first_bad[0].number == 100);
    CHECK(list.value().first_bad[0].text == "b a d");
    CHECK(contains(with_bad(5, 6).error().message(), "6 of its lines are bad and 5 good"));
}

TEST_CASE("Lines that are too long, have control characters or U-labels are bad, and are not shown whole") {
    const auto list = load_list(good_lines(9) + std::string(5'000, 'x') +
                                    ".example\na\x1b[31m.example\nb\xc3\xbc"
                                    "cher.example\n",
                                BlocklistFormat::plain);
    REQUIRE(list);
    CHECK(list.value().bad == 3);
    CHECK(list.value().first_bad[0].why == "the line is longer than 4,096 octets");
    CHECK(list.value().first_bad[0].text.size() == 80);
    CHECK(list.value().first_bad[1].why == "the line has control characters");
    CHECK(list.value().first_bad[2].why == "international names are taken as A-labels (xn--...) only");
}
