// The DGA test of clients over the data collection (the folder DNSEXP_DATA): of each family the share of
// simulated clients that are found, and false alarms over simulated hours of clients that ask benign names.
// Once without what the name model says, which has seen these families in training, and once with it.
// usage: dga_clients [CLIENTS_A_FAMILY (20) [HOURS_A_LIST (100)]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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
constexpr uint64_t minute = 60 * second;
constexpr uint64_t hour = 60 * minute;
constexpr uint16_t noerror = 0, nxdomain = 3;

struct Name {
    std::string domain;
    uint64_t hash = 0;
    bool has_known_suffix = false;
    size_t below = 0;
    DgaVerdict verdict;
};
using Names = std::vector<Name>;
using Lists = std::map<std::string, Names>;
using Random = std::mt19937_64;

struct HighCounter : FindingSink {
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
        if (line[0] != '#' && line[0] != '\n') lines.emplace_back(line, std::strcspn(line, "\r\n"));
    if (lines.empty()) std::fprintf(stderr, "dga_clients: nothing to read in %s\n", path.c_str());
    return lines;
}

Name read(const std::string& text, testing::JudgedQueries& queries) {
    testing::Asked asked;
    asked.name = text;
    const JudgedQuery& query = queries.of(asked);
    return {std::string(query.domain), query.domain_hash, query.has_known_suffix, query.below,
            DgaModel::built_in().judge(query.domain)};
}

// Draws without repeating itself until all have been drawn.
class Drawer {
  public:
    Drawer(const Names& names, Random& random) : random_(random) {
        for (const Name& name : names) left_.push_back(&name);
        size_ = left_.size();
    }
    const Name& draw() {
        if (size_ == 0) size_ = left_.size();
        std::swap(left_[random_() % size_], left_[size_ - 1]);
        return *left_[--size_];
    }

  private:
    Random& random_;
    std::vector<const Name*> left_;
    size_t size_ = 0;
};

struct Ask {
    const Name* name;
    uint64_t time_ns;
    uint16_t outcome;
};

// Findings of high severity.
size_t judge(ClientWatch& watch, std::vector<Ask>& asks, bool with_model) {
    HighCounter sink;
    std::stable_sort(asks.begin(), asks.end(),
                     [](const Ask& a, const Ask& b) { return a.time_ns < b.time_ns; });
    for (const Ask& ask : asks) {
        JudgedQuery query;
        query.time_ns = ask.time_ns;
        query.name = query.domain = ask.name->domain;
        query.domain_hash = ask.name->hash;
        query.has_known_suffix = ask.name->has_known_suffix;
        query.below = ask.name->below;
        query.type = 1;
        query.outcome = ask.outcome;
        query.client.address.low = 1;
        const DgaVerdict verdict = with_model ? ask.name->verdict : DgaVerdict{};
        watch.judge(query, verdict.log_odds, verdict.is_generated, sink);
    }
    asks.clear();
    return sink.high;
}

void ask_benign(Drawer& drawer, size_t asked, size_t one_in, uint64_t begin_ns, uint64_t within_ns,
                Random& random, std::vector<Ask>& asks) {
    for (size_t i = 0; i < asked; ++i)
        asks.push_back(
            {&drawer.draw(), begin_ns + random() % within_ns, random() % one_in == 0 ? nxdomain : noerror});
}

void ask_family(Drawer& drawer, bool burst, Random& random, std::vector<Ask>& asks) {
    constexpr size_t names = 50, missing = 45;
    const uint64_t begin = hour + (burst ? random() % (9 * minute) : 0);
    for (size_t i = 0; i < names; ++i)
        asks.push_back({&drawer.draw(), begin + random() % (burst ? 10 * second : 10 * minute),
                        i < missing ? nxdomain : noerror});
}

double percent(size_t part, size_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void print_found(const Lists& families, const Lists& benign, size_t clients, bool with_model,
                 Random& random) {
    std::printf(
        "\nclients found, %%: 45 of 50 names do not exist, among 500 of each benign list in 10 minutes,\n"
        "in random order and in a burst of 10 s; %s\n%-20s  names",
        with_model ? "with the name model" : "without the name model", "family");
    for (const auto& [list, hosts] : benign) std::printf(" %22s", list.c_str());
    std::printf("  told twice\n");
    for (const auto& [family, names] : families) {
        std::printf("%-20s %6zu", family.c_str(), names.size());
        size_t twice = 0;
        for (const auto& [list, hosts] : benign) {
            Drawer benign_names(hosts, random), family_names(names, random);
            size_t found[2] = {};
            for (size_t i = 0; i < 2 * clients; ++i) {
                const bool burst = i % 2 != 0;
                std::vector<Ask> asks;
                ask_benign(benign_names, 500, 20, hour, 10 * minute, random, asks);
                ask_family(family_names, burst, random, asks);
                ClientWatch watch;
                const size_t told = judge(watch, asks, with_model);
                found[burst] += told != 0;
                twice += told > 1;
            }
            std::printf(" %15.0f %6.0f", percent(found[0], clients), percent(found[1], clients));
        }
        std::printf("  %10zu\n", twice);
    }
}

void print_alarms(const Lists& benign, size_t hours, size_t one_in, bool with_model, Random& random) {
    constexpr size_t in_a_row = 10;
    for (const auto& [list, hosts] : benign) {
        Drawer names(hosts, random);
        size_t first = 0, later = 0;
        for (size_t i = 0; i < hours; i += in_a_row) {
            ClientWatch watch;
            for (size_t h = 1; h <= in_a_row; ++h) {
                std::vector<Ask> asks;
                ask_benign(names, 5000, one_in, h * hour, hour, random, asks);
                (h == 1 ? first : later) += judge(watch, asks, with_model);
            }
        }
        std::printf(
            "%-24s 1 in %-2zu do not exist, model %-3s: %4zu false alarms in %zu first hours, "
            "%4zu in %zu later ones\n",
            list.c_str(), one_in, with_model ? "on" : "off", first, hours / in_a_row, later,
            hours - hours / in_a_row);
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const char* data = std::getenv("DNSEXP_DATA");
    if (data == nullptr) {
        std::puts("dga_clients: DNSEXP_DATA is not set, so there is nothing to measure with");
        return 0;
    }
    const size_t clients = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
    const size_t hours = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100;
    testing::JudgedQueries queries;
    Lists benign, families;
    for (const char* list : {"opendns-top", "china-sites", "cdn-hosts-google-video", "service-hosts-misc"})
        for (const std::string& line : lines_of(std::string(data) + "/benign/" + list + ".txt.xz"))
            benign[list].push_back(read(line, queries));
    for (const std::string& line : lines_of(std::string(data) + "/dga/dga.csv.xz")) {
        const size_t comma = line.find(',');
        const std::string family = line.substr(comma + 1);
        if (comma != std::string::npos && family != "family")
            families[family].push_back(read(line.substr(0, comma), queries));
    }
    Random random(1);  // NOLINT: the figures are to be the same again
    for (const bool with_model : {false, true}) {
        print_found(families, benign, clients, with_model, random);
        std::printf("\n5,000 benign names an hour of one client\n");
        for (const size_t one_in : {20, 10, 5, 4}) print_alarms(benign, hours, one_in, with_model, random);
    }
    return families.empty() || benign.empty() ? 1 : 0;
}
