#include "exporter/fold/quantile.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace dnsexp;

namespace {

// Another way to the same number: the share of samples up to x, each bucket spread evenly, solved by
// bisection.
double share_up_to(const std::vector<double>& edges, const std::vector<uint64_t>& counts, double x) {
    double total = 0, up_to = 0, low = 0;
    for (const uint64_t count : counts) total += static_cast<double>(count);
    for (size_t i = 0; i < edges.size(); low = edges[i++]) {
        const double inside = x >= edges[i] ? 1 : x <= low ? 0 : (x - low) / (edges[i] - low);
        up_to += inside * static_cast<double>(counts[i]);
    }
    return up_to / total;
}

double by_bisection(const std::vector<double>& edges, const std::vector<uint64_t>& counts, double share) {
    double low = 0, high = edges.back();
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (share_up_to(edges, counts, middle) >= share ? high : low) = middle;
    }
    return high;
}

}  // namespace

TEST_CASE("A quantile lies where its share of the samples does, evenly within a bucket") {
    const std::vector<double> edges = {1, 2, 4};
    CHECK(quantile(edges, std::vector<uint64_t>{0, 100, 0, 0}, 0.5).value() == Approx(1.5));
    CHECK(quantile(edges, std::vector<uint64_t>{100, 0, 0, 0}, 0.25).value() == Approx(0.25));
    CHECK(quantile(edges, std::vector<uint64_t>{50, 0, 50, 0}, 0.5).value() == Approx(1));
    CHECK(quantile(edges, std::vector<uint64_t>{50, 0, 50, 0}, 0.95).value() == Approx(3.8));
    CHECK(quantile(edges, std::vector<uint64_t>{0, 0, 1, 0}, 1).value() == Approx(4));
}

TEST_CASE("Above the last edge nothing is known but the last edge") {
    const std::vector<double> edges = {1, 2, 4};
    CHECK(quantile(edges, std::vector<uint64_t>{0, 0, 0, 5}, 0.5).value() == 4);
    CHECK(quantile(edges, std::vector<uint64_t>{90, 0, 0, 10}, 0.95).value() == 4);
}

TEST_CASE("Without a sample there is no quantile") {
    CHECK_FALSE(quantile(std::vector<double>{1, 2}, std::vector<uint64_t>{0, 0, 0}, 0.5));
    CHECK_FALSE(quantile(std::vector<double>{}, std::vector<uint64_t>{3}, 0.5));
    CHECK_FALSE(quantile(std::vector<double>{1}, std::vector<uint64_t>{}, 0.5));
}

TEST_CASE("Quantiles of random histograms are those found by bisection") {
    std::mt19937_64 random(20260301);
    for (int round = 0; round < 500; ++round) {
        std::vector<double> edges;
        for (double edge = 0; edges.size() < 1 + random() % 31;)
            edges.push_back(edge += 0.001 + static_cast<double>(random() % 1000) / 1000);
        std::vector<uint64_t> counts;
        for (size_t i = 0; i < edges.size(); ++i) counts.push_back(random() % 3 == 0 ? 0 : random() % 10'000);
        counts[random() % edges.size()] += 1;
        counts.push_back(0);
        for (const double share : {0.5, 0.95, 0.99}) {
            INFO(round << " " << share);
            CHECK(quantile(edges, counts, share).value() ==
                  Approx(by_bisection(edges, counts, share)).epsilon(1e-6));
        }
    }
}
