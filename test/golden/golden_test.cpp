// Replays one golden capture and compares the exposition's dns_ families with the expected text.
// usage: golden_test FOLDER FILE [--write]     --write makes the text of this run the expected one
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "exporter/fold/fold.h"
#include "exporter/metrics/exposition.h"
#include "test/golden/golden_list.h"
#include "test/support/host_source.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint64_t one_second_ns = 1'000'000'000;
constexpr uint64_t scrape_period_ns = 100'000'000;

bool is_dns_family(const std::string& line) {
    for (const char* start : {"dns_", "# HELP dns_", "# TYPE dns_"})
        if (line.starts_with(start)) return true;
    return false;
}

std::string only_dns_families(const std::string& text) {
    std::istringstream lines(text);
    std::string line, kept;
    while (std::getline(lines, line))
        if (is_dns_family(line)) kept += line + '\n';
    return kept;
}

// What a scraper sees that comes every tenth of a second of the capture's time: series of domains are born
// between two of its visits, not within one.
class Scraper {
  public:
    explicit Scraper(const ModelOptions& options) : source_(options) {}

    Status replay(const std::string& path) {
        return read_capture(path, [this](const CapturedPacket& packet) {
            if (packet.time_ns >= next_scrape_ns_) {
                scrape();
                next_scrape_ns_ = packet.time_ns + scrape_period_ns;
            }
            source_.packet(packet);
        });
    }
    // The exposition once every query that still waited has timed out.
    std::string finish(uint64_t timeout_ns) {
        scrape();
        source_.finish(source_.last_time_ns() + timeout_ns + one_second_ns);
        return scrape();
    }

  private:
    std::string scrape() {
        source_.drain([this](const dns_event& event) { fold_.add_event(event); }).value();
        const std::string text = exposition(fold_.fold(source_.read().value()), SelfMetrics{});
        fold_.exported();
        return text;
    }

    HostSource source_;
    Fold fold_{FoldOptions{}};
    uint64_t next_scrape_ns_ = 0;
};

Result<std::string> exposition_of(const std::string& path, const ModelOptions& options) {
    Scraper scraper(options);
    if (const Status status = scraper.replay(path); !status) return status.error();
    return only_dns_families(scraper.finish(options.timeout_ns));
}

void print_lines_without(const char* mark, const std::string& text, const std::string& other) {
    std::istringstream other_lines(other), lines(text);
    std::multiset<std::string> known;
    std::string line;
    while (std::getline(other_lines, line)) known.insert(line);
    while (std::getline(lines, line)) {
        const auto found = known.find(line);
        if (found == known.end())
            std::printf("%s %s\n", mark, line.c_str());
        else
            known.erase(found);
    }
}

int compare(const std::string& path, const std::string& text) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream expected;
    expected << file.rdbuf();
    if (!file) return std::fprintf(stderr, "can't read %s; make it with --write\n", path.c_str()), 1;
    if (expected.str() == text) return 0;
    std::printf("%s: - expected, + got (lines that are in both are not shown)\n", path.c_str());
    print_lines_without("-", expected.str(), text);
    print_lines_without("+", text, expected.str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const bool write = argc == 4 && std::string(argv[3]) == "--write";
    if (argc != 3 && !write) return std::fprintf(stderr, "usage: golden_test FOLDER FILE [--write]\n"), 2;
    const std::string folder = argv[1], wanted = argv[2];
    const auto captures = read_golden_list(folder);
    if (!captures) return std::fprintf(stderr, "%s\n", captures.error().message().c_str()), 1;
    for (const GoldenCapture& capture : captures.value()) {
        if (capture.file != wanted) continue;
        const auto text = exposition_of(folder + "/captures/" + wanted, capture.options);
        if (!text) return std::fprintf(stderr, "%s\n", text.error().message().c_str()), 1;
        const std::string expected = folder + "/expected/" + wanted.substr(0, wanted.find('.')) + ".prom";
        if (!write) return compare(expected, text.value());
        std::ofstream file(expected, std::ios::binary);
        file << text.value();
        return file.flush() ? 0 : (std::perror(expected.c_str()), 1);
    }
    return std::fprintf(stderr, "%s is not in %s/captures.txt\n", wanted.c_str(), folder.c_str()), 1;
}
