#include "exporter/fold/fold_edns.h"

#include <catch2/catch.hpp>
#include <optional>

#include "ebpf/dns_classify.h"

using namespace dnsexp;

namespace {

std::optional<uint64_t> value(const FoldedFamily& family, const std::string& label) {
    for (const Series& series : family.series)
        if (series.labels == std::vector<std::string>{label}) return series.value;
    return {};
}

}  // namespace

TEST_CASE("Info codes are shown from the start as far as IANA has assigned them, with other") {
    Folded folded;
    fold_edns({}, folded);
    const auto& series = folded[Metric::extended_errors].series;
    REQUIRE(series.size() == 31 + 1);
    for (size_t code = 0; code <= 30; ++code) CHECK(series[code].labels[0] == std::to_string(code));
    CHECK(value(folded[Metric::extended_errors], "other") == 0);
    CHECK_FALSE(value(folded[Metric::extended_errors], "31"));
}

TEST_CASE("An unassigned info code is shown when seen, and those above 62 together") {
    dns_stats stats{};
    stats.info_codes[dns_info_code_slot(22)] = 3;  // No Reachable Authority (RFC 8914, 4.23)
    stats.info_codes[dns_info_code_slot(62)] = 1;
    stats.info_codes[dns_info_code_slot(63)] += 2;
    stats.info_codes[dns_info_code_slot(49152)] += 4;  // for private use (RFC 8914, 5.2)
    Folded folded;
    fold_edns(stats, folded);
    CHECK(value(folded[Metric::extended_errors], "22") == 3);
    CHECK(value(folded[Metric::extended_errors], "62") == 1);
    CHECK(value(folded[Metric::extended_errors], "other") == 6);
    CHECK_FALSE(value(folded[Metric::extended_errors], "63"));
    CHECK_FALSE(value(folded[Metric::extended_errors], "61"));
}

TEST_CASE("Payload sizes that queries offer are a histogram without labels") {
    dns_stats stats{};
    for (const uint32_t size : {512U, 1232U, 1232U, 4096U, 65535U}) {
        stats.edns_sizes[dns_edns_bucket(size)]++;
        stats.edns_size_sum += size;
    }
    Folded folded;
    fold_edns(stats, folded);
    const FoldedFamily& family = folded[Metric::edns_payload_size];
    CHECK(family.edges == std::vector<double>{512, 1220, 1232, 1410, 1452, 1472, 2048, 4096, 8192, 65535});
    REQUIRE(family.histograms.size() == 1);
    CHECK(family.histograms[0].labels.empty());
    CHECK(family.histograms[0].cumulative == std::vector<uint64_t>{1, 1, 3, 3, 3, 3, 3, 4, 4, 5, 5});
    CHECK(family.histograms[0].sum == 72607);
}

TEST_CASE("Walks are told by what was found, each from the start") {
    dns_stats stats{};
    stats.edns_walks[DNS_EDNS_FOUND] = 8;
    stats.edns_walks[DNS_EDNS_MALFORMED] = 2;
    Folded folded;
    fold_edns(stats, folded);
    CHECK(folded[Metric::edns_walks].series.size() == 4);
    CHECK(value(folded[Metric::edns_walks], "found") == 8);
    CHECK(value(folded[Metric::edns_walks], "absent") == 0);
    CHECK(value(folded[Metric::edns_walks], "cut") == 0);
    CHECK(value(folded[Metric::edns_walks], "malformed") == 2);
}
