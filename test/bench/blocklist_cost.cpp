// What a blocklist costs: loading, memory a name, and the time of a match. Prints; fails only on bad flags or
// where there is no room for its list.
//   blocklist_cost [--rounds N] [--names N] [--file PATH]...
// Files are loaded in the order given, format automatic; without one, a hosts file of made-up names is.
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "exporter/blocklist/blocklists.h"
#include "exporter/blocklist/list_file.h"
#include "test/bench/summary.h"
#include "test/support/packet_builder.h"

using namespace dnsexp;

namespace {

struct Options {
    uint32_t rounds = 9;
    uint32_t names = 1'000'000;  // of the made-up list
    std::vector<std::string> files;
};

std::optional<Options> parse_options(int argc, char** argv) {
    static const option known[] = {{"rounds", required_argument, nullptr, 'r'},
                                   {"names", required_argument, nullptr, 'n'},
                                   {"file", required_argument, nullptr, 'f'},
                                   {}};
    Options options;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        if (c == 'f') {
            options.files.emplace_back(optarg);
            continue;
        }
        if (c != 'r' && c != 'n') return std::nullopt;
        uint32_t& value = c == 'r' ? options.rounds : options.names;
        const char* end = optarg + std::strlen(optarg);
        const auto [last, error] = std::from_chars(optarg, end, value);
        if (error != std::errc() || last != end || value < 1 || value > ListLoader::most_names)
            return std::nullopt;
    }
    if (optind != argc) return std::nullopt;
    return options;
}

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A field of /proc/self/status in octets: VmRSS, and VmHWM, its peak.
size_t status_octets(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field + ":"))
            return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10) * 1024;
    return 0;
}

void reset_peak() {
    std::ofstream("/proc/self/clear_refs") << 5;  // proc(5)
}

// Three labels, like most of what lists hold; some 20 octets.
std::string made_up_name(uint32_t number) {
    std::minstd_rand random(number + 1);
    std::string name;
    for (int i = 0; i < 10; ++i) name += static_cast<char>('a' + random() % 26);
    return name + std::to_string(number) + (number % 2 == 0 ? ".example.com" : ".tracker.net");
}

void write_list(const std::string& path, uint32_t names, bool adblock) {
    std::ofstream file(path);
    for (uint32_t i = 0; i < names; ++i)
        file << (adblock ? "||" : "0.0.0.0 ") << made_up_name(i) << (adblock ? "^\n" : "\n");
}

// ---- loading ----

void measure_loading(const std::string& path, uint32_t rounds) {
    std::vector<double> seconds;
    std::optional<LoadedList> first, next;
    const size_t before = status_octets("VmRSS");
    const auto load = [&](std::optional<LoadedList>& into) {
        auto loaded = ListFile(path, BlocklistFormat::automatic, 1).read();
        if (!loaded) {
            std::fprintf(stderr, "%s\n", loaded.error().message().c_str());
            std::exit(1);
        }
        into = std::move(loaded).value();
    };
    seconds.push_back(seconds_of([&] { load(first); }));
    const size_t after = status_octets("VmRSS");
    reset_peak();
    for (uint32_t round = 0; round < rounds; ++round) {
        next.reset();
        seconds.push_back(seconds_of([&] { load(next); }));  // as a swap: the first one stays
    }
    const auto names = static_cast<double>(first->table->sizes().listed);
    std::printf("%-44s %10.0f %8.2f %9.1f %9.1f\n", std::filesystem::path(path).filename().c_str(), names,
                bench::median(seconds), static_cast<double>(after - before) / names,
                static_cast<double>(status_octets("VmHWM") - before) / names);
}

// ---- matching ----

// Names, one behind the other.
struct Subject {
    const char* what;
    test::Bytes octets = {};
};

constexpr size_t kQueries = 200'000;  // names in turn, so many that their slots are not in the caches
// Names that are split into labels and then matched while a clock runs; few, as they are in the caches when
// the reader matches them.
constexpr size_t kBatch = 50;

std::vector<Subject> make_subjects(uint32_t listed) {
    std::mt19937 random(1);
    std::vector<Subject> subjects = {
        {"not listed, 5 labels"}, {"listed, 3 labels"}, {"below a listed one, 5 labels"}};
    const auto add = [](Subject& subject, const std::string& name) {
        test::append(subject.octets, test::wire_name(name));
    };
    for (size_t i = 0; i < kQueries; ++i) {
        add(subjects[0], "www." + std::to_string(random()) + ".cdn.some-site.org");
        const std::string one = made_up_name(static_cast<uint32_t>(random() % listed));
        add(subjects[1], one);
        add(subjects[2], "a.b." + one);
    }
    return subjects;
}

// Nanoseconds a name, of each batch.
std::vector<double> match_all(Blocklists& blocklists, const Subject& subject, size_t& matches) {
    std::vector<double> ns;
    std::span<const uint8_t> rest(subject.octets);
    std::vector<WireLabels> batch(kBatch);
    while (!rest.empty()) {
        for (WireLabels& name : batch) {
            name = *split_labels(rest);
            rest = rest.subspan(name.count == 0 ? 1
                                                : name.start[name.count - 1] +
                                                      rest[name.start[name.count - 1]] + size_t{2});
        }
        const double seconds = seconds_of([&] {
            for (const WireLabels& name : batch)
                if (blocklists.match(name)) ++matches;
        });
        ns.push_back(seconds * 1e9 / kBatch);
    }
    return ns;
}

void measure_matches(const std::string& hosts, const std::string& adblock, const Options& options) {
    const std::vector<Subject> subjects = make_subjects(options.names);
    std::printf(
        "\nmatch, of %zu names in batches of %zu: median and 90th percentile of %u rounds\n%-34s %7s %9s "
        "%9s %9s\n",
        kQueries, kBatch, options.rounds, "name", "lists", "ns", "90th", "matches");
    for (const size_t lists : {1, 4}) {
        SecurityConfig config;
        for (size_t i = 0; i < lists; ++i)
            config.blocklists.push_back({"list" + std::to_string(i), i % 2 == 0 ? adblock : hosts, "",
                                         BlocklistFormat::automatic, 3});
        const auto blocklists = Blocklists::make(config).value();
        for (const Subject& subject : subjects) {
            std::vector<double> ns;
            size_t matches = 0;
            for (uint32_t round = 0; round < options.rounds; ++round)
                std::ranges::copy(match_all(*blocklists, subject, matches), std::back_inserter(ns));
            std::ranges::sort(ns);
            std::printf("%-34s %7zu %9.1f %9.1f %9zu\n", subject.what, lists, ns[ns.size() / 2],
                        ns[ns.size() * 9 / 10], matches / options.rounds);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) {
        std::fputs("usage: blocklist_cost [--rounds N] [--names N] [--file PATH]...\n", stderr);
        return 2;
    }
    std::string folder = std::filesystem::temp_directory_path() / "dnsexp-blocklist-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
        std::perror(folder.c_str());
        return 1;
    }
    const std::string hosts = folder + "/made-up.hosts", adblock = folder + "/made-up.adblock";
    write_list(hosts, options->names, false);
    write_list(adblock, options->names, true);
    std::printf(
        "loading, medians of %u rounds; octets of memory a name: a list in force, and the peak while "
        "it is replaced\n%-44s %10s %8s %9s %9s\n",
        options->rounds, "list", "names", "seconds", "octets", "peak");
    const std::vector<std::string> made_up = {hosts, adblock};
    for (const std::string& path : options->files.empty() ? made_up : options->files)
        measure_loading(path, options->rounds);
    measure_matches(hosts, adblock, *options);
    std::filesystem::remove_all(folder);
    return 0;
}
