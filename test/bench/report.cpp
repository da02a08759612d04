#include "test/bench/report.h"

#include <sys/utsname.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace dnsexp::bench {
namespace {

void print_head(const Row& row, const MeasureOptions& options) {
    if (row.mode == "hot")
        std::printf(
            "\nhot, ns a run: medians of %u rounds of %u runs in a row on one packet. A query is a "
            "retransmission\n"
            "from its second run on.\n",
            options.rounds, options.repeat);
    else
        std::printf(
            "\npair, ns a transaction (query and response) by the kernel's clock, four clock reads included: "
            "medians of\n"
            "%u rounds of %u transactions, %u queries, then their %u responses.\n",
            options.rounds, options.pairs, kPairBatch, kPairBatch);
    std::printf("%-23s %-23s %-8s %8s %16s %6s %8s", "packet", "hook", "program", "ns", "min-max", "ratio",
                "net");
    if (row.mode == "pair") std::printf(" %10s %13s", "net query", "net response");
    std::printf("\n");
}

void print_row(const Row& row) {
    char range[64];
    std::snprintf(range, sizeof range, "%.1f-%.1f", row.ns.lowest, row.ns.highest);
    std::printf("%-23s %-23s %-8s %8.1f %16s %6.2f %8.1f", row.packet.c_str(), row.hook.c_str(),
                row.program.c_str(), row.ns.median, range, row.ns.ratio, row.ns.net);
    if (row.mode == "pair") std::printf(" %10.1f %13.1f", row.query.net, row.response.net);
    std::printf("\n");
}

nlohmann::ordered_json json_of(const Summary& ns) {
    return {
        {"median", ns.median}, {"min", ns.lowest}, {"max", ns.highest}, {"ratio", ns.ratio}, {"net", ns.net}};
}

}  // namespace

void print_table(const std::vector<Row>& rows, const MeasureOptions& options) {
    std::printf(
        "ratio and net: to and minus the program `empty` in the same round. They are the figures to use; ns "
        "alone say\n"
        "more of the machine than of the program.\n");
    std::string mode;
    for (const Row& row : rows) {
        if (row.mode != mode) print_head(row, options);
        mode = row.mode;
        print_row(row);
    }
}

Status write_json(const std::string& path, const std::vector<Row>& rows, const MeasureOptions& options,
                  int cpu) {
    utsname system{};
    uname(&system);
    nlohmann::ordered_json result = {
        {"kernel", system.release},
        {"machine", system.machine},
        {"cpu", cpu},
        {"rounds", options.rounds},
        {"hot_runs", options.repeat},
        {"pairs", options.pairs},
        {"unit", "ns"},
        {"rows", nlohmann::ordered_json::array()},
    };
    for (const Row& row : rows) {
        nlohmann::ordered_json line = {{"mode", row.mode},
                                       {"packet", row.packet},
                                       {"hook", row.hook},
                                       {"program", row.program},
                                       {"ns", json_of(row.ns)}};
        if (row.mode == "pair") {
            line["query"] = json_of(row.query);
            line["response"] = json_of(row.response);
        }
        result["rows"].push_back(std::move(line));
    }
    std::ofstream file(path);
    file << result.dump(1) << '\n';
    if (!file.flush()) return Error{"write", path, errno, "", ""};
    return ok();
}

}  // namespace dnsexp::bench
