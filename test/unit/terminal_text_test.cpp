#include "exporter/terminal/text.h"

#include <catch2/catch.hpp>
#include <random>

using namespace dnsexp;

TEST_CASE("Printable ASCII stays as it is, and every other octet is written in decimal") {
    CHECK(escaped("") == "");
    CHECK(escaped("a b~\\") == "a b~\\");
    CHECK(escaped("\x1b[31m") == "\\027[31m");
    CHECK(escaped("a\nb\tc\r") == "a\\010b\\009c\\013");
    CHECK(escaped(std::string("\0", 1)) == "\\000");
    CHECK(escaped("\x7f") == "\\127");           // DEL
    CHECK(escaped("\xc2\x9b") == "\\194\\155");  // U+009B, a C1 control, in UTF-8
    CHECK(escaped("\xff") == "\\255");
}

TEST_CASE("Of all 256 octets only 0x20 to 0x7e are left, and a second time changes nothing") {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    const std::string once = escaped(all);
    CHECK(once.size() == 95 + 4 * (256 - 95));
    for (const char c : once) CHECK((c >= 0x20 && c <= 0x7e));
    CHECK(escaped(once) == once);
}

TEST_CASE("Columns count characters, not octets") {
    CHECK(columns("") == 0);
    CHECK(columns("abc") == 3);
    CHECK(columns("\xe2\x96\x88\xe2\x80\xa6") == 2);  // U+2588 U+2026
}

TEST_CASE("A cell has its width whatever is in it") {
    CHECK(cell("abc", 5, false) == "abc  ");
    CHECK(cell("abc", 5, false, Align::right) == "  abc");
    CHECK(cell("abc", 3, false) == "abc");
    CHECK(cell("abcd", 3, false) == "ab~");
    CHECK(cell("abcd", 3, true) == "ab\xe2\x80\xa6");
    CHECK(cell("abcd", 3, false, Align::right) == "ab~");
    CHECK(cell("abc", 1, false) == "~");
    CHECK(cell("abc", 0, false) == "");
    CHECK(cell("\x1b\x1b", 5, false) == "\\027~");  // cut after it was escaped
    std::mt19937_64 random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string text;
        for (size_t n = random() % 400; n > 0; --n) text += static_cast<char>(random());
        const size_t width = random() % 60;
        const auto align = i % 2 == 0 ? Align::left : Align::right;
        REQUIRE(columns(cell(text, width, i % 3 == 0, align)) == width);
    }
}

TEST_CASE("Items flow into lines, whole or not at all") {
    using Texts = std::vector<std::string>;
    CHECK(flow({"aaaa", "bbbb", "cc"}, 10, 2) == Texts{"aaaa  bbbb", "cc"});
    CHECK(flow({"aaaa", "bbbb", "cc"}, 9, 1) == Texts{"aaaa  cc"});
    CHECK(flow({"aaaa", "bbbb"}, 3, 2).empty());
    CHECK(flow({}, 10, 2).empty());
    CHECK(flow({"a\n"}, 10, 2) == Texts{"a\\010"});
}

TEST_CASE("Text is wrapped at blanks, and a long word anywhere") {
    using Texts = std::vector<std::string>;
    CHECK(wrapped("aa bb cc", 5) == Texts{"aa bb", "cc"});
    CHECK(wrapped("aa bb cc", 8) == Texts{"aa bb cc"});
    CHECK(wrapped("abcdefgh i", 3) == Texts{"abc", "def", "gh", "i"});
    CHECK(wrapped("", 3) == Texts{""});
    CHECK(wrapped("a\nb", 80) == Texts{"a\\010b"});
    CHECK(wrapped("abc", 1) == Texts{"a", "b", "c"});
}

TEST_CASE("The locale tells of UTF-8 by the first variable that is set") {
    CHECK(is_utf8_locale("", "", "en_US.UTF-8"));
    CHECK(is_utf8_locale("", "C.utf8", ""));
    CHECK(is_utf8_locale("de_DE.UTF-8@euro", "C", "C"));
    CHECK_FALSE(is_utf8_locale("C", "", "en_US.UTF-8"));
    CHECK_FALSE(is_utf8_locale("", "POSIX", "en_US.UTF-8"));
    CHECK_FALSE(is_utf8_locale("", "", ""));
    CHECK_FALSE(is_utf8_locale("", "", "de_DE.ISO-8859-1"));
    CHECK_FALSE(is_utf8_locale("", "", "utf8"));
}
