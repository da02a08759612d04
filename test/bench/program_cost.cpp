// What the product's programs cost per packet, by BPF_PROG_TEST_RUN, beside an empty program and one that
// only parses. Needs root. Prints a table; fails only where a program can't be run or the counters don't say
// what was run, never by time.
//   program_cost [--rounds N] [--repeat N] [--pairs N] [--cpu N] [--json FILE]
#include <getopt.h>
#include <sched.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

#include "exporter/base/log.h"
#include "test/bench/measure.h"
#include "test/bench/report.h"
#include "test/bench/subjects.h"

using namespace dnsexp;
using namespace dnsexp::bench;

namespace {

constexpr const char* kUsage =
    "usage: program_cost [--rounds N] [--repeat N] [--pairs N] [--cpu N] [--json FILE]\n"
    "  --rounds N   interleaved rounds, 1..1000 (9)\n"
    "  --repeat N   hot runs in a round, 2..10000000 (500000)\n"
    "  --pairs N    transactions in a round, a multiple of 64, up to 65536 (8192)\n"
    "  --cpu N      the CPU to stay on (0)\n"
    "  --json FILE  where to write the result too\n";

struct Options {
    MeasureOptions measure;
    uint32_t cpu = 0;
    std::string json;
};

bool parse_number(const char* text, uint32_t low, uint32_t high, uint32_t& value) {
    const char* end = text + std::strlen(text);
    const auto [last, error] = std::from_chars(text, end, value);
    return error == std::errc() && last == end && value >= low && value <= high;
}

std::optional<Options> parse_options(int argc, char** argv) {
    static const option known[] = {
        {"rounds", required_argument, nullptr, 'r'}, {"repeat", required_argument, nullptr, 'n'},
        {"pairs", required_argument, nullptr, 'p'},  {"cpu", required_argument, nullptr, 'c'},
        {"json", required_argument, nullptr, 'j'},   {}};
    Options options;
    bool good = true;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) switch (c) {
            case 'r':
                good &= parse_number(optarg, 1, 1000, options.measure.rounds);
                break;
            case 'n':
                good &= parse_number(optarg, 2, 10'000'000, options.measure.repeat);
                break;
            case 'p':
                good &= parse_number(optarg, kPairBatch, 65536, options.measure.pairs);
                break;
            case 'c':
                good &= parse_number(optarg, 0, CPU_SETSIZE - 1, options.cpu);
                break;
            case 'j':
                options.json = optarg;
                break;
            default:
                good = false;
        }
    if (!good || optind != argc || options.measure.pairs % kPairBatch) return std::nullopt;
    return options;
}

Status check_counts(std::vector<Subject>& subjects) {
    std::string all;
    for (Subject& subject : subjects) {
        if (auto status = drain(subject); !status) return status;
        auto wrong = wrong_counts(subject);
        if (!wrong) return wrong.error();
        for (const std::string& line : *wrong) all += (all.empty() ? "" : "; ") + line;
    }
    if (!all.empty()) return Error{"check the counters", "", 0, all, ""};
    return ok();
}

Status run(const Options& options) {
    if (auto status = pin_to_cpu(static_cast<int>(options.cpu)); !status) return status;
    auto subjects = Subjects::make();
    if (!subjects) return subjects.error();
    auto rows = measure(subjects->all(), options.measure);
    if (!rows) return rows.error();
    print_table(*rows, options.measure);
    if (!options.json.empty())
        if (auto status = write_json(options.json, *rows, options.measure, static_cast<int>(options.cpu));
            !status)
            return status;
    return check_counts(subjects->all());
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    log_configure(LogLevel::warn, LogFormat::logfmt);
    if (const auto status = run(*options); !status) {
        std::fprintf(stderr, "program_cost: %s\n", status.error().message().c_str());
        return 1;
    }
    std::printf("\nall counts are right\n");
    return 0;
}
