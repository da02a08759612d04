// The DGA test of clients over the data collection (DNSEXP_DATA): of each family the share of simulated clients
// that are found, and false alarms over simulated hours of clients that ask benign names only.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "exporter/security/client_watch.h"
#include "exporter/security/dga_model.h"
#include "test/support/judged_queries.h"

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint16_t noerror = 0, nxdomain = 3;

struct Name {
    std::string domain;
    uint64_t hash = 0;
    bool has_known_suffix = false;
    size_t below = 0;
    float log_odds = 0;
    bool is_generated = false;
};
using Names = std::vector<Name>;
using Random = std::mt19937_64;

// Counts what is told of clients; folds nothing.
struct Counter : FindingSink {
    size_t high = 0;
    bool admit(EventType, Severity severity, const ClientId&, std::string_view, uint64_t) override {
        high += severity == Severity::high;
        return false;
    }
    void raise(Finding) override {}
};

std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("xz -dc '" + path + "'").c_str(), "r"), pclose);
    char line[512];
    while (pipe && std::fgets(line, sizeof line, pipe.get()) != nullptr)
        if (line[0] != '#' && line[0] != '\n') lines.emplace_back(line, std::strcspn(line, ",\r\n"));
    if (lines.empty()) std::fprintf(stderr, "dga_clients: nothing to read in %s\n", path.c_str());
    return lines;
}

class Reader {
  public:
    explicit Reader(bool with_model) : with_model_(with_model) {}

    Name read(const std::string& text) {
        testing::Asked asked;
        asked.name = text;
        const JudgedQuery& query = queries_.of(asked);
        Name name{std::string(query.domain), query.domain_hash, query.has_known_suffix, query.below};
        if (with_model_) {
            const DgaVerdict verdict = DgaModel::built_in().judge(name.domain);
            name.log_odds = verdict.log_odds;
            name.is_generated = verdict.is_generated;
        }
        return name;
    }

  private:
    testing::JudgedQueries queries_;
    bool with_model_;
};

struct Ask {
    const Name* name;
    uint64_t time_ns;
    uint16_t outcome;
};

void run(ClientWatch& watch, uint64_t client, std::vector<Ask>& asks, FindingSink& sink) {
    std::stable_sort(asks.begin(), asks.end(), [](const Ask& a, const Ask& b) { return a.time_ns < b.time_ns; });
    for (const Ask& ask : asks) {
        JudgedQuery query;
        query.time_ns = ask.time_ns;
        query.name = query.domain = ask.name->domain;
        query.domain_hash = ask.name->hash;
        query.has_known_suffix = ask.name->has_known_suffix;
        query.below = ask.name->below;
        query.type = 1;
        query.outcome = ask.outcome;
        query.client.address.low = client;
        watch.judge(query, ask.name->log_odds, ask.name->is_generated, sink);
    }
}

// `asked` names within a time, one of `one_in` not existing.
void ask_benign(const Names& list, size_t asked, size_t one_in, uint64_t within_ns, Random& random,
                std::vector<Ask>& asks) {
    std::vector<size_t> order(std::max(asked, list.size()));
    for (size_t i = 0; i < order.size(); ++i) order[i] = i % list.size();
    std::shuffle(order.begin(), order.end(), random);
    for (size_t i = 0; i < asked; ++i)
        asks.push_back({&list[order[i]], 3600 * second + random() % within_ns,
                        random() % one_in == 0 ? nxdomain : noerror});
}

// 50 names of a family, 45 of them not existing.
void ask_family(const Names& family, bool burst, Random& random, std::vector<Ask>& asks) {
    constexpr size_t names = 50, missing = 45;
    std::vector<size_t> order(family.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    const uint64_t begin = 3600 * second + (burst ? random() % (590 * second) : 0);
    std::vector<size_t> exists(names);
    for (size_t i = 0; i < names; ++i) exists[i] = i;
    std::shuffle(exists.begin(), exists.end(), random);
    for (size_t i = 0; i < names; ++i)
        asks.push_back({&family[order[i % order.size()]], begin + random() % ((burst ? 10 : 600) * second),
                        exists[i] < missing ? nxdomain : noerror});
}

}  // namespace

int main(int argc, char** argv) {
    const char* data = std::getenv("DNSEXP_DATA");
    if (data == nullptr) {
        std::puts("dga_clients: DNSEXP_DATA is not set, nothing to measure with");
        return 0;
    }
    const bool with_model = argc > 1 && std::strcmp(argv[1], "names") == 0;
    const size_t rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20;
    const size_t hours = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 200;
    Reader reader(with_model);
    std::map<std::string, Names> benign, families;
    for (const char* list : {"opendns-top", "china-sites", "cdn-hosts-google-video", "service-hosts-misc"})
        for (const std::string& line : lines_of(std::string(data) + "/benign/" + list + ".txt.xz"))
            benign[list].push_back(reader.read(line));
    {
        const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
            popen(("xz -dc '" + std::string(data) + "/dga/dga.csv.xz'").c_str(), "r"), pclose);
        char line[512];
        std::fgets(line, sizeof line, pipe.get());
        while (std::fgets(line, sizeof line, pipe.get()) != nullptr) {
            char* comma = std::strchr(line, ',');
            *comma = 0;
            comma[1 + std::strcspn(comma + 1, "\r\n")] = 0;
            families[comma + 1].push_back(reader.read(line));
        }
    }
    Random random(1);
    std::vector<Ask> asks;
    {
        std::vector<std::string> words;
        std::ifstream f("/tmp/w/data_client/words.txt");
        for (std::string w; f >> w;) words.push_back(w);
        const auto word = [&] { return words[random() % words.size()]; };
        std::shuffle(words.begin(), words.end(), random);
        for (int i = 0; i < 1000; ++i) {
            families["~2com"].push_back(reader.read(word() + word() + ".com"));
            families["~2net"].push_back(reader.read(word() + word() + ".net"));
            families["~3com"].push_back(reader.read(word() + word() + word() + ".com"));
            const char* tlds[] = {"com", "net", "org", "biz", "info", "ru", "in", "me"};
            families["~2many"].push_back(reader.read(word() + word() + "." + tlds[random() % 8]));
            std::string c = benign["opendns-top"][random() % 10000].domain;
            c = c.substr(0, c.find('.'));
            for (int k = 0; k < 2; ++k) c[random() % c.size()] = char('a' + random() % 26);
            families["~charbot"].push_back(reader.read(c + ".com"));
        }
    }
    if (getenv("HIST")) {
      for (auto* m : {&benign, &families})
        for (const auto& [family, names] : *m) {
            std::map<int, int> h; int g = 0;
            for (const Name& n : names) ++h[std::max(-7, std::min(8, n.log_odds == 0 ? 99 : (int)std::floor(n.log_odds)))], g += n.is_generated;
            printf("%-22s %.4f:", family.c_str(), double(g) / double(names.size()));
            for (int i = -7; i <= 8; ++i) printf(" %5.1f", 100.0 * h[i] / double(names.size()));
            printf("\n");
        }
      return 0;
    }
    for (const auto& [family, names] : families) {
        std::printf("%-20s %6zu", family.c_str(), names.size());
        for (const auto& [list, hosts] : benign)
            for (const bool burst : {false, true}) {
                size_t found = 0, told = 0;
                for (size_t i = 0; i < rounds; ++i) {
                    ClientWatch watch;
                    Counter sink;
                    asks.clear();
                    ask_benign(hosts, 500, 20, 600 * second, random, asks);
                    ask_family(names, burst, random, asks);
                    run(watch, 1, asks, sink);
                    found += sink.high > 0;
                    told += sink.high > 1;
                }
                std::printf(" %4.0f%s", 100.0 * static_cast<double>(found) / static_cast<double>(rounds), told ? "!" : " ");
            }
        std::printf("\n");
    }
    for (const auto& [list, hosts] : benign)
        for (const size_t one_in : {20, 10, 7, 5, 4}) {
            size_t alarms = 0;
            
            for (size_t i = 0; i < hours; ++i) {
                ClientWatch watch;
                Counter sink;
                asks.clear();
                ask_benign(hosts, 5000, one_in, 3600 * second, random, asks);
                run(watch, 1, asks, sink);
                alarms += sink.high;
            }
            std::printf("%-24s 1 in %zu: %zu of %zu\n", list.c_str(), one_in, alarms, hours);
        }
}
