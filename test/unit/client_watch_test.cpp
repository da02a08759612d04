#include "exporter/security/client_watch.h"

#include <catch2/catch.hpp>
#include <random>

#include "test/support/judged_queries.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t begin = 3600 * one_second;
constexpr uint64_t ten_minutes = 600 * one_second;
constexpr uint64_t hour = 3600 * one_second;
constexpr uint16_t noerror = 0, servfail = 2, nxdomain = 3;
constexpr uint16_t mx = 15, txt = 16, aaaa = 28;
constexpr uint32_t somebody = 0x0a000001;
using Random = std::mt19937_64;

// Of a family of two words a name, as malware with a word list makes them.
std::string of_words(Random& random) {
    static constexpr const char* words[] = {
        "above",  "apple",  "autumn", "bridge",  "butter", "candle", "carry",  "circle", "cloud",
        "copper", "dinner", "engine", "family",  "father", "finger", "forest", "garden", "gentle",
        "glass",  "ground", "hammer", "happen",  "island", "jacket", "kettle", "ladder", "letter",
        "little", "market", "middle", "mother",  "needle", "number", "orange", "paper",  "pencil",
        "people", "pepper", "pocket", "rather",  "river",  "shadow", "silver", "simple", "spring",
        "storm",  "summer", "table",  "thunder", "travel", "winter", "window", "wonder", "yellow"};
    return std::string(words[random() % std::size(words)]) + words[random() % std::size(words)] + ".net";
}

std::string of_letters(Random& random) {
    std::string name;
    for (size_t length = 10 + random() % 6; length-- > 0;) name += static_cast<char>('a' + random() % 26);
    return name + ".ru";
}

// Sites of all kinds: lengths and suffixes as on public lists.
std::string benign(Random& random) {
    static constexpr const char* parts[] = {"a",   "be",  "co",  "ma",   "ri",   "to",   "shop", "news", "my",
                                            "web", "net", "in",  "fo",   "blog", "la",   "game", "star", "on",
                                            "el",  "san", "tec", "life", "play", "mark", "4u",   "line"};
    static constexpr const char* suffixes[] = {"com", "com", "com", "com", "com", "net",   "org",
                                               "de",  "cn",  "ru",  "it",  "fr",  "co.uk", "com.br"};
    std::string name;
    for (size_t count = 2 + random() % 4; count-- > 0;) name += parts[random() % std::size(parts)];
    return name + "." + suffixes[random() % std::size(suffixes)];
}

class Scene {
  public:
    void ask(const std::string& name, uint16_t outcome, uint64_t time_ns = begin, uint16_t type = 1) {
        Asked asked;
        asked.name = name;
        asked.type = type;
        asked.outcome = outcome;
        asked.client = client;
        asked.time_ns = time_ns;
        watch.judge(queries_.of(asked), generated ? 4.5F : 0.0F, generated, sink);
    }
    [[nodiscard]] size_t told() const { return sink.count(EventType::dga, Severity::high); }
    [[nodiscard]] size_t told_names() const { return sink.count(EventType::dga) - told(); }

    ClientWatch watch;
    FindingShelf sink;
    uint32_t client = somebody;
    bool generated = false;

  private:
    JudgedQueries queries_;
};

// 550 names in ten minutes, 50 of them of the family.
template <typename Family>
void infect(Scene& scene, Family family, Random& random, uint64_t from_ns = begin) {
    std::vector<int> order(550);
    for (size_t i = 0; i < order.size(); ++i) order[i] = i < 45 ? 2 : i < 50 ? 1 : 0;
    std::shuffle(order.begin(), order.end(), random);
    for (size_t i = 0; i < order.size(); ++i) {
        const uint64_t time_ns = from_ns + i * (ten_minutes / order.size());
        if (order[i] != 0)
            scene.ask(family(random), order[i] == 2 ? nxdomain : noerror, time_ns);
        else
            scene.ask(benign(random), random() % 20 == 0 ? nxdomain : noerror, time_ns);
    }
}

}  // namespace

TEST_CASE("A client that asks a family of generated names is told of once, without the name model") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Random random(seed);
        Scene words, letters;
        infect(words, of_words, random);
        infect(letters, of_letters, random);
        CHECK(words.told() == 1);
        CHECK(letters.told() == 1);
        CHECK(words.sink.asked() == 1);
    }
}

TEST_CASE("The finding names the client, the counts and three of its domains") {
    Random random(1);
    Scene scene;
    for (int i = 0; i < 100; ++i) scene.ask(benign(random), noerror);
    const std::string many(40, 'z');
    for (int i = 0; i < 45; ++i) {
        const std::string begin = "x" + std::to_string(100000 + i) + (i % 2 ? "zz" : many);
        scene.ask(begin + ".ru", nxdomain);
    }
    REQUIRE(scene.sink.findings.size() == 1);
    const Finding& finding = scene.sink.findings[0];
    CHECK(finding.severity == Severity::high);
    CHECK(finding.domain.empty());
    CHECK(finding.score >= 70);
    CHECK(finding.score <= 100);
    CHECK(finding.client.address.low == ipv4(somebody).low);
    CHECK(finding.role == DNS_ROLE_SERVER);
    CHECK_THAT(finding.details,
               Catch::Contains(" new domains (") && Catch::Contains(" do not exist and look alike: x1000"));
    CHECK(std::count(finding.details.begin(), finding.details.end(), 'x') == 3 + 1);  // of "exist"
    CHECK(finding.details.size() < 200);
}

TEST_CASE("Benign clients with one NXDOMAIN in twenty are never told of") {
    for (uint32_t number = 0; number < 20; ++number) {
        Random random(number);
        Scene scene;
        for (uint64_t i = 0; i < 5000; ++i)
            scene.ask(benign(random), random() % 20 == 0 ? nxdomain : noerror, begin + i * (hour / 5000));
        CHECK(scene.sink.asked() == 0);
    }
}

TEST_CASE("What search lists, reverse look-ups, mail servers and outages ask is no evidence") {
    Scene scene;
    for (int i = 0; i < 2000; ++i) {
        const std::string word = "w" + std::to_string(i);
        scene.ask(word, nxdomain);
        scene.ask(word + ".lan", nxdomain);
        scene.ask(word + ".local", nxdomain);
        scene.ask(word + ".home.arpa", nxdomain);
        scene.ask(word + ".ns.svc.cluster.local", nxdomain);
        scene.ask(word + ".someoffice", nxdomain);
        scene.ask(word + ".com.someoffice", nxdomain);
        scene.ask(word + ".zen.spamhaus.org", nxdomain);
        scene.ask(std::to_string(i % 256) + ".2.0.192.in-addr.arpa", nxdomain, begin, 12);
        scene.ask(word + ".ru", nxdomain, begin, mx);
        scene.ask(word + ".com.ru", nxdomain, begin, txt);
        scene.ask(word + ".net", servfail);
        scene.ask(word + ".org", DNS_OUTCOME_TIMEOUT);
        scene.ask(word + ".example.com", nxdomain);
    }
    CHECK(scene.sink.asked() == 0);
}

TEST_CASE("The same domains asked again and again, in all ways, count once") {
    Scene scene;
    for (uint64_t round = 0; round < 100; ++round)
        for (int i = 0; i < 4; ++i) {
            const std::string domain = "possibleshake" + std::to_string(i) + ".net";
            scene.ask(domain, nxdomain, begin + round * one_second);
            scene.ask(domain, nxdomain, begin + round * one_second, aaaa);
            scene.ask("www." + domain, nxdomain, begin + round * one_second);
        }
    CHECK(scene.told() == 0);
}

TEST_CASE("A family under a suffix that nobody knows counts where its names look generated") {
    Scene scene;
    scene.generated = true;
    for (int i = 0; i < 45; ++i) scene.ask("abcdefgh" + std::to_string(i) + ".bazar", nxdomain);
    CHECK(scene.told() == 1);
    Scene local;
    local.generated = true;
    for (int i = 0; i < 45; ++i) local.ask("abcdefgh" + std::to_string(i) + ".lan", nxdomain);
    CHECK(local.sink.asked() == 0);
}

TEST_CASE("A single name that looks generated is a low finding of its domain") {
    Scene scene;
    scene.generated = true;
    scene.ask("www.qzkvxwpj.com", noerror);
    REQUIRE(scene.sink.findings.size() == 1);
    CHECK(scene.sink.findings[0].severity == Severity::low);
    CHECK(scene.sink.findings[0].domain == "qzkvxwpj.com");
    CHECK(scene.sink.findings[0].score < 50);
}

TEST_CASE("A client that goes on is told of once an hour") {
    Random random(3);
    Scene scene;
    for (uint64_t i = 0; i < 12; ++i) infect(scene, of_letters, random, begin + i * ten_minutes);
    CHECK(scene.told() == 1);
    CHECK(scene.sink.asked() >= 2);
    CHECK(scene.sink.asked() <= 3);
}

TEST_CASE("A flood of random domains is one finding of the client and few of names") {
    Random random(4);
    Scene scene;
    scene.generated = true;
    for (uint64_t i = 0; i < 100'000; ++i) scene.ask(of_letters(random), nxdomain, begin + i * 60'000);
    CHECK(scene.told() == 1);
    CHECK(scene.told_names() < 45);
}

TEST_CASE("Clients that do not exist do not push out a suspicious one") {
    Random random(5);
    Scene scene;
    uint32_t spoofed = 0x0b000000;
    for (int i = 0; i < 45; ++i) {
        scene.client = somebody;
        scene.ask(of_words(random), nxdomain);
        for (uint32_t k = 0; k < ClientWatch::capacity * 4; ++k) {
            scene.client = ++spoofed;
            scene.ask(benign(random), k % 2 != 0 && i > 1 ? nxdomain : noerror);
        }
    }
    REQUIRE(scene.told() == 1);
    CHECK(scene.sink.findings[0].client.address.low == ipv4(somebody).low);
}

TEST_CASE("A finding's examples are those of its own evidence") {
    Scene scene;
    for (int i = 0; i < 45 && scene.told() == 0; ++i)
        scene.ask("zzzzzzzzzzzzz" + std::to_string(10000 + i) + "zzzzzzzz.ru", nxdomain);
    REQUIRE(scene.told() == 1);
    scene.sink.findings.clear();
    for (int i = 0; i < 45; ++i)
        scene.ask("possible" + std::to_string(10000 + i) + ".net", nxdomain, begin + 2 * hour);
    REQUIRE(scene.told() == 1);
    CHECK_THAT(scene.sink.findings[0].details, !Catch::Contains("zzzz"));
}
