#include <catch2/catch.hpp>
#include <string>

#include "exporter/blocklist/name_table.h"
#include "test/support/blocklist_text.h"

using namespace dnsexp;
using dnsexp::test::held;

namespace {

constexpr uint8_t kListed = LISTED_ITSELF | LISTED_BELOW;
constexpr uint8_t kExempt = EXEMPT_ITSELF | EXEMPT_BELOW;

class Builder {
  public:
    Builder& add(std::string_view text, uint8_t flags) {
        ListName name;
        REQUIRE(read_name(text, NameSyntax::host, name).empty());
        REQUIRE(builder_.add(name, flags));
        return *this;
    }
    std::shared_ptr<const NameTable> make(bool exemptions_win = false) {
        return std::move(builder_).make(exemptions_win).value();
    }

  private:
    NameTableBuilder builder_{test::list_seed};
};

}  // namespace

TEST_CASE("A name that is listed itself is found in any case, and nothing above, below or beside it") {
    const auto table = Builder().add("ads.example.com", LISTED_ITSELF).make();
    CHECK(held(*table, "ads.example.com") == 3);
    CHECK(held(*table, "aDs.EXAMPLE.com") == 3);
    for (const char* other : {"example.com", "x.ads.example.com", "bads.example.com", "ads.example.org",
                              "com", "ads.examplecom", "adsexample.com"})
        CHECK(held(*table, other) == 0);
}

TEST_CASE("What is below a listed name is found at any depth, with the labels of the entry") {
    const auto table = Builder().add("example.com", LISTED_BELOW).add("tk", kListed).make();
    CHECK(held(*table, "example.com") == 0);
    CHECK(held(*table, "a.example.com") == 2);
    CHECK(held(*table, "a.b.c.d.e.f.g.example.com") == 2);
    CHECK(held(*table, "tk") == 1);
    CHECK(held(*table, "x.tk") == 1);
    std::string deepest = "example.com";  // 255 octets: RFC 1035, 2.3.4
    while (deepest.size() + 4 <= 254) deepest = "a." + deepest;
    CHECK(held(*table, deepest) == 2);
}

TEST_CASE("The longest entry decides: an exempt one keeps a name from those above it") {
    const auto table = Builder()
                           .add("example.com", kListed)
                           .add("good.example.com", kExempt)
                           .add("bad.good.example.com", LISTED_ITSELF)
                           .make();
    CHECK(held(*table, "example.com") == 2);
    CHECK(held(*table, "good.example.com") == 0);
    CHECK(held(*table, "x.good.example.com") == 0);
    CHECK(held(*table, "bad.good.example.com") == 4);
    CHECK(held(*table, "x.bad.good.example.com") == 0);
    CHECK(table->sizes().listed == 2);
    CHECK(table->sizes().exempt == 1);
}

TEST_CASE("Where exemptions win, a shorter one does, too") {
    const auto table = Builder()
                           .add("ads.example.com", kListed)
                           .add("example.com", kExempt)
                           .add("example.org", kListed)
                           .make(true);
    CHECK(held(*table, "ads.example.com") == 0);
    CHECK(held(*table, "x.example.org") == 2);
}

TEST_CASE("A name that is added twice is one entry, with what both say") {
    const auto table = Builder()
                           .add("example.com", LISTED_ITSELF)
                           .add("example.com", LISTED_BELOW)
                           .add("example.org", LISTED_ITSELF)
                           .add("example.com", LISTED_ITSELF)
                           .make();
    CHECK(table->sizes().listed == 2);
    CHECK(held(*table, "example.com") == 2);
    CHECK(held(*table, "x.example.com") == 2);
}

TEST_CASE("A hundred thousand names are all found, no other, in at most 13 octets each") {
    constexpr size_t kNames = 100'000;
    Builder builder;
    for (size_t i = 0; i < kNames; ++i) builder.add("n" + std::to_string(i) + ".example.net", LISTED_ITSELF);
    const auto table = builder.make();
    size_t found = 0, wrong = 0;
    for (size_t i = 0; i < kNames; ++i) {
        if (held(*table, "n" + std::to_string(i) + ".example.net") == 3) ++found;
        if (held(*table, "m" + std::to_string(i) + ".example.net") != 0) ++wrong;
    }
    CHECK(found == kNames);
    CHECK(wrong == 0);
    CHECK(table->sizes().listed == kNames);
    CHECK(table->sizes().octets <= 13 * kNames);
}

TEST_CASE("An empty table holds nothing, nor does any the root") {
    CHECK(held(*Builder().make(), "example.com") == 0);
    CHECK(held(*Builder().add("com", kListed).make(), "") == 0);
}
