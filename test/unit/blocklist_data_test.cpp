#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "test/support/blocklist_text.h"

using namespace dnsexp;

namespace {

// A list of the collection, and how many names it says it has (its datasets.csv).
struct Sample {
    const char* path;
    BlocklistFormat format;
    uint64_t listed, exempt, skipped;
};

// Of the names of `mega` 544 are IPv4 addresses and one is localhost.localdomain. The zones count lines
// there: `tracking` has two a name and three of its own; of the 21 of `basic`, four are the zone's, ten are
// about five names, one about an exempt one, and six have other triggers.
constexpr Sample kSamples[] = {
    {"adblock/blocklistproject-tracking.adblock.txt.xz", BlocklistFormat::adblock, 143'876, 0, 0},
    {"dnsmasq/blocklistproject-redirect.server.conf.xz", BlocklistFormat::dnsmasq, 108'685, 0, 0},
    {"dnsmasq/stevenblack.address.conf.xz", BlocklistFormat::dnsmasq, 85'291, 0, 0},
    {"hosts/blocklistproject-redirect.hosts.txt.xz", BlocklistFormat::hosts, 108'685, 0, 0},
    {"mega/union-704k.hosts.txt.xz", BlocklistFormat::hosts, 703'890 - 545, 0, 545},
    {"plain/blocklistproject-phishing.domains.txt.xz", BlocklistFormat::plain, 190'215, 0, 0},
    {"plain/stevenblack.domains.txt.xz", BlocklistFormat::plain, 140'626, 0, 0},
    {"rpz/powerdns-basic.rpz.xz", BlocklistFormat::rpz, 5, 1, 6},
    {"rpz/tracking-converted.rpz.xz", BlocklistFormat::rpz, 143'876, 0, 0},
    {"wildcard/stevenblack.wildcard.txt.xz", BlocklistFormat::wildcard, 85'291, 0, 0},
};

Result<LoadedList> load_packed(const std::string& path) {
    const std::string command = "xz -dc '" + path + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe);
    ListLoader loader(path, BlocklistFormat::automatic, test::list_seed);
    std::vector<char> piece(65'536);
    for (size_t size; (size = fread(piece.data(), 1, piece.size(), pipe.get())) > 0;)
        if (!loader.add({piece.data(), size})) break;
    return std::move(loader).finish();
}

}  // namespace

TEST_CASE("Lists of the data collection have as many names as it says") {
    const char* const data = std::getenv("DNSEXP_DATA");
    if (data == nullptr) {
        WARN("DNSEXP_DATA is not set: no lists of the data collection were read");
        return;
    }
    for (const Sample& sample : kSamples) {
        INFO(sample.path);
        const auto list = load_packed(std::string(data) + "/blocklists/" + sample.path);
        REQUIRE(list);
        CHECK(list.value().format == sample.format);
        CHECK(list.value().table->sizes().listed == sample.listed);
        CHECK(list.value().table->sizes().exempt == sample.exempt);
        CHECK(list.value().skipped == sample.skipped);
        CHECK(list.value().bad == 0);
    }
}

TEST_CASE("One list in seven formats holds the same names") {
    const std::pair<BlocklistFormat, const char*> lists[] = {
        {BlocklistFormat::hosts, "0.0.0.0 ads.example.com\n0.0.0.0 track.example.net\n"},
        {BlocklistFormat::plain, "ads.example.com\ntrack.example.net\n"},
        {BlocklistFormat::wildcard, "*.ads.example.com\n*.track.example.net\n"},
        {BlocklistFormat::adblock, "||ads.example.com^\n||track.example.net^\n"},
        {BlocklistFormat::dnsmasq, "address=/ads.example.com/#\naddress=/track.example.net/#\n"},
        {BlocklistFormat::unbound,
         "local-zone: \"ads.example.com\" always_null\nlocal-zone: \"track.example.net\" always_null\n"},
        {BlocklistFormat::rpz,
         "ads.example.com CNAME .\n*.ads.example.com CNAME .\ntrack.example.net CNAME .\n"}};
    for (const auto& [format, text] : lists) {
        const auto list = test::load_list(text);
        REQUIRE(list);
        CHECK(list.value().format == format);
        CHECK(list.value().table->sizes().listed == 2);
        CHECK(test::holds(list.value(), "ads.example.com"));
        CHECK(test::holds(list.value(), "track.example.net"));
        const bool below = format != BlocklistFormat::hosts && format != BlocklistFormat::plain;
        CHECK(test::holds(list.value(), "x.ads.example.com") == below);
        CHECK_FALSE(test::holds(list.value(), "example.com"));
    }
}
