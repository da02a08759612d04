// What the user side costs: events folded per second, and the time of an exposition. Prints; fails only on
// bad flags.
//   fold_cost [--rounds N] [--events N]
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>

#include "exporter/fold/fold.h"
#include "exporter/metrics/exposition.h"
#include "test/bench/summary.h"
#include "test/support/snapshots.h"

using namespace dnsexp;

namespace {

struct Options {
    uint32_t rounds = 9;
    uint32_t events = 1'000'000;  // in a round
};

std::optional<Options> parse_options(int argc, char** argv) {
    static const option known[] = {
        {"rounds", required_argument, nullptr, 'r'}, {"events", required_argument, nullptr, 'e'}, {}};
    Options options;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        if (c != 'r' && c != 'e') return std::nullopt;
        uint32_t& value = c == 'r' ? options.rounds : options.events;
        const char* end = optarg + std::strlen(optarg);
        const auto [last, error] = std::from_chars(optarg, end, value);
        if (error != std::errc() || last != end || value < 1 || value > 1'000'000'000) return std::nullopt;
    }
    if (optind != argc) return std::nullopt;
    return options;
}

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// ---- events ----

constexpr size_t kDigits = 8;
constexpr size_t kDigitsAt = DNS_HEADER_LENGTH + 1;  // the first label of every name here is kDigits long

void set_first_label(dns_event& event, uint32_t number) {
    for (size_t i = kDigits; i-- > 0; number /= 10)
        event.message[kDigitsAt + i] = static_cast<uint8_t>('0' + number % 10);
}

enum class Names { few, subdomains, domains };

struct Stream {
    const char* what;
    Names names;
    uint8_t role;
};

// Names and, for a server, clients as the stream wants them. Made while folding: a few ns of each event's
// time.
void fold_stream(Fold& fold, const Stream& stream, uint32_t events, uint32_t& next) {
    constexpr uint32_t kFewNames = 1000, kFewClients = 200;
    dns_event event = testing::event_for(
        stream.names == Names::subdomains ? "00000000.example.com" : "00000000.com", 0, stream.role);
    for (uint32_t i = 0; i < events; i++, next++) {
        set_first_label(event, stream.names == Names::few ? next % kFewNames : next);
        event.client = testing::ipv4(stream.names == Names::few ? next % kFewClients : next);
        fold.add_event(event);
    }
}

void measure_streams(const Options& options) {
    constexpr Stream streams[] = {
        {"client, 1000 domains in turn", Names::few, DNS_ROLE_CLIENT},
        {"client, each name new, one domain", Names::subdomains, DNS_ROLE_CLIENT},
        {"client, each domain new", Names::domains, DNS_ROLE_CLIENT},
        {"server, 1000 domains, 200 clients", Names::few, DNS_ROLE_SERVER},
        {"server, each domain and client new", Names::domains, DNS_ROLE_SERVER},
    };
    std::printf("events folded, medians of %u rounds of %u events\n%-40s %12s %10s %21s\n", options.rounds,
                options.events, "stream", "events/s", "ns/event", "min-max ns");
    std::vector<std::unique_ptr<Fold>> folds;
    std::vector<std::vector<double>> ns(std::size(streams));
    std::vector<uint32_t> next(std::size(streams));
    for (size_t i = 0; i < std::size(streams); i++) folds.push_back(std::make_unique<Fold>(FoldOptions{}));
    for (uint32_t round = 0; round < options.rounds; round++)
        for (size_t i = 0; i < std::size(streams); i++) {
            const double seconds =
                seconds_of([&] { fold_stream(*folds[i], streams[i], options.events, next[i]); });
            ns[i].push_back(seconds * 1e9 / options.events);
        }
    for (size_t i = 0; i < std::size(streams); i++) {
        const double middle = bench::median(ns[i]);
        const auto [low, high] = std::minmax_element(ns[i].begin(), ns[i].end());
        std::printf("%-40s %12.0f %10.1f %10.1f-%.1f\n", streams[i].what, 1e9 / middle, middle, *low, *high);
    }
}

// ---- expositions ----

struct Load {
    const char* what;
    uint32_t servers, types, outcomes, roles, transports, interfaces;
    uint32_t events;  // each with a domain and a client of its own
};

void add_server(RawSnapshot& snapshot, const Load& load, uint32_t server) {
    constexpr uint32_t kNet = 0xc0000200;  // 192.0.2.0 (RFC 5737)
    dns_latency latency{};
    std::fill_n(latency.buckets, DNS_LATENCY_BUCKETS, 1U);
    snapshot.server_slots.emplace_back(server, testing::ipv4(kNet + server));
    for (uint8_t role = 0; role < load.roles; role++) {
        snapshot.servers.push_back({server * DNS_ROLES + role, {{1, 1, 1, 1, 1, 1, 1}}});
        for (uint32_t type = 0; type < DNS_LATENCY_TYPES; type++)
            snapshot.latencies.push_back({dns_latency_index(server, role, type), {latency}});
        for (uint8_t transport = 0; transport < load.transports; transport++)
            for (uint8_t type = 1; type <= load.types; type++)
                for (uint16_t outcome = 0; outcome < load.outcomes; outcome++) {
                    const dns_traffic_key key = {
                        static_cast<uint16_t>(server), outcome, type, role, transport, 0};
                    snapshot.traffic.push_back(testing::traffic(key, {3, 3, 0}));
                }
    }
}

RawSnapshot snapshot_of(const Load& load) {
    constexpr size_t kEdges = 15;  // as many as the default has
    RawSnapshot snapshot;
    snapshot.stats.resize(2);
    for (size_t i = 0; i < kEdges; i++) snapshot.latency_edges_ns.push_back((i + 1) * 1'000'000);
    for (uint32_t server = 1; server <= load.servers; server++) add_server(snapshot, load, server);
    for (uint32_t slot = 1; slot <= load.interfaces; slot++) {
        const std::string name = "eth" + std::to_string(slot);
        snapshot.interface_slots.push_back({slot, name});
        snapshot.interfaces.push_back({slot, {dns_interface_stats{}}});
        snapshot.hooks.push_back({name, "ingress", "tcx", true});
        snapshot.hooks.push_back({name, "egress", "tcx", true});
    }
    return snapshot;
}

struct Page {
    Load load;
    RawSnapshot snapshot;
    Fold fold{{}};
    std::vector<double> fold_ms = {}, text_ms = {};
    std::string text = {};
};

void measure_page(Page& page) {
    Folded folded;
    page.fold_ms.push_back(1e3 * seconds_of([&] { folded = page.fold.fold(page.snapshot); }));
    page.fold.exported();
    page.text_ms.push_back(1e3 * seconds_of([&] { page.text = exposition(folded, {}); }));
}

void measure_pages(const Options& options) {
    // The second has what the kernel's tables and the budgets of fold/limits.h can hold at most.
    constexpr Load loads[] = {{"a host with four servers", 4, 8, 6, 1, 1, 3, 20},
                              {"a host with every table full", 32, 2, 5, 3, 2, DNS_INTERFACES_MAX - 1, 1000}};
    std::vector<Page> pages;
    for (const Load& load : loads) {
        pages.push_back(Page{load, snapshot_of(load)});
        uint32_t next = 0;
        fold_stream(pages.back().fold, {"", Names::domains, DNS_ROLE_SERVER}, load.events, next);
    }
    for (uint32_t round = 0; round < options.rounds; round++)
        for (Page& page : pages) measure_page(page);
    std::printf("\nexposition, medians of %u rounds\n%-40s %8s %9s %9s %9s\n", options.rounds, "page of",
                "lines", "octets", "fold ms", "text ms");
    for (const Page& page : pages)
        std::printf("%-40s %8td %9zu %9.2f %9.2f\n", page.load.what,
                    std::count(page.text.begin(), page.text.end(), '\n'), page.text.size(),
                    bench::median(page.fold_ms), bench::median(page.text_ms));
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) {
        std::fputs("usage: fold_cost [--rounds N] [--events N]\n", stderr);
        return 2;
    }
    measure_streams(*options);
    measure_pages(*options);
    return 0;
}
