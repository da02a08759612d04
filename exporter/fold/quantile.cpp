#include "exporter/fold/quantile.h"

#include <algorithm>
#include <numeric>

namespace dnsexp {

std::optional<double> quantile(std::span<const double> edges, std::span<const uint64_t> counts,
                               double share) {
    const uint64_t total = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
    if (total == 0 || edges.empty()) return {};
    const double rank = share * static_cast<double>(total);
    double below = 0;
    for (size_t i = 0; i < std::min(edges.size(), counts.size()); ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here != 0 && below + here >= rank) {
            const double low = i == 0 ? 0 : edges[i - 1];
            return low + (edges[i] - low) * std::max(rank - below, 0.0) / here;
        }
        below += here;
    }
    return edges.back();
}

}  // namespace dnsexp
