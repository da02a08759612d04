// Figures from samples that interrupts and neighbours disturb.
#pragma once

#include <algorithm>
#include <vector>

namespace dnsexp::bench {

// The middle value, of an even number the mean of the two in the middle; 0 of none.
inline double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const size_t half = values.size() / 2;
    return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// The mean without the lowest and the highest tenth: single runs have outliers (interrupts) and the kernel's
// clock gives whole nanoseconds, so neither the plain mean nor the median is a good figure for them. 0 of
// none.
inline double middle_mean(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const size_t cut = values.size() / 10;
    double sum = 0;
    for (size_t i = cut; i < values.size() - cut; i++) sum += values[i];
    return sum / static_cast<double>(values.size() - 2 * cut);
}

// One figure a round of the thing measured, beside the same round's figure of what it is compared with. The
// rounds are interleaved over all things, so a slow moment of the machine hits both.
struct Summary {
    double median = 0, lowest = 0, highest = 0;
    double ratio = 0;  // median over the rounds of figure / base
    double net = 0;    // median over the rounds of figure - base
};

// `base` has as many rounds as `figures`, at least one, none of them 0.
inline Summary summarize(const std::vector<double>& figures, const std::vector<double>& base) {
    std::vector<double> ratios, nets;
    for (size_t round = 0; round < figures.size(); round++) {
        ratios.push_back(figures[round] / base[round]);
        nets.push_back(figures[round] - base[round]);
    }
    const auto [lowest, highest] = std::minmax_element(figures.begin(), figures.end());
    return {median(figures), *lowest, *highest, median(ratios), median(nets)};
}

}  // namespace dnsexp::bench
