#include "exporter/config/suggest.h"

#include <algorithm>

namespace dnsexp {
namespace {

constexpr size_t kLongest = 64;  // no known name is half as long

std::string lower_case(std::string_view name) {
    std::string text(name);
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

}  // namespace

// Optimal string alignment, row by row. Only the last two rows are needed.
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string nearest(std::string_view wrong, const std::vector<std::string>& known) {
    if (wrong.empty() || wrong.size() > kLongest) return {};
    const std::string name = lower_case(wrong);
    size_t best = std::max<size_t>(2, name.size() / 3) + 1;
    std::string result;
    for (const std::string& candidate : known) {
        const size_t distance = edit_distance(name, candidate);
        if (distance >= best || distance >= candidate.size()) continue;
        best = distance;
        result = candidate;
    }
    return result;
}

}  // namespace dnsexp
