#include "exporter/terminal/blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "exporter/terminal/format.h"
#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

constexpr size_t label_width = 8;    // ">999ms" and blanks
constexpr size_t percent_width = 7;  // " 100.0%"
constexpr size_t number_width = 7;   // " 999.9k"
constexpr size_t name_width = 16;    // what a name keeps when there are further columns

// "HH:MM:SS.mmm" of RFC 3339 text.
constexpr size_t clock_at = 11;
constexpr size_t clock_width = 12;

enum class Kind { text, number, name };  // the name takes what the others leave

struct Column {
    std::string text;
    size_t width;  // of a name, the least
    Kind kind = Kind::text;
};

// Columns with a blank between them; those that do not fit are left out, the last ones first.
std::string line_of(std::vector<Column> row, size_t width, Style style) {
    const auto needed = [&] {
        size_t sum = row.size() - 1;
        for (const Column& one : row) sum += one.width;
        return sum;
    };
    while (row.size() > 1 && needed() > width) row.pop_back();
    if (needed() > width) return cell(row[0].text, width, style.unicode);
    const size_t spare = width - needed();
    std::string line;
    for (const Column& one : row) {
        if (!line.empty()) line += ' ';
        const auto align = one.kind == Kind::number ? Align::right : Align::left;
        line += cell(one.text, one.width + (one.kind == Kind::name ? spare : 0), style.unicode, align);
    }
    return line + std::string(width - columns(line), ' ');
}

// Buckets with samples between them, joined to at most `rows`.
struct Bar {
    std::string label;
    uint64_t count = 0;
};

// The first and one behind the last bucket that holds something.
std::pair<size_t, size_t> filled(const std::vector<uint64_t>& buckets) {
    const auto is_filled = [](uint64_t count) { return count != 0; };
    const auto first = std::find_if(buckets.begin(), buckets.end(), is_filled);
    const auto last = std::find_if(buckets.rbegin(), buckets.rend(), is_filled);
    if (first == buckets.end()) return {0, 0};
    return {static_cast<size_t>(first - buckets.begin()), static_cast<size_t>(buckets.rend() - last)};
}

std::vector<Bar> bars_of(const View& view, size_t rows) {
    const auto [first, end] = filled(view.buckets);
    std::vector<Bar> bars;
    if (rows == 0 || first == end) return bars;
    const size_t buckets = end - first;
    const size_t count = std::min(rows, buckets);
    for (size_t row = 0; row < count; ++row) {
        const size_t i = first + row * buckets / count;
        const size_t stop = first + (row + 1) * buckets / count;
        const bool is_open = stop > view.edges.size();  // +Inf is among them
        Bar one;
        one.label = (is_open ? ">" : "<=") +
                    duration_text(is_open ? (i > 0 ? view.edges[i - 1] : 0) : view.edges[stop - 1]);
        for (size_t bucket = i; bucket < stop; ++bucket) one.count += view.buckets[bucket];
        bars.push_back(one);
    }
    return bars;
}

}  // namespace

std::string title_line(const std::string& title, size_t width, Style style) {
    const char* const dash = style.unicode ? "\xe2\x94\x80" : "-";  // U+2500
    std::string line = escaped(title);
    if (line.size() + 3 > width) return cell(title, width, style.unicode);
    const size_t after = width - line.size() - 3;
    line = dash + (" " + line + " ");
    for (size_t i = 0; i < after; ++i) line += dash;
    return line;
}

std::string bar(double share, size_t width, Style style) {
    // U+258F, one eighth, to U+2589, seven eighths; U+2588 is full.
    static constexpr std::array<const char*, 8> parts = {"",
                                                         "\xe2\x96\x8f",
                                                         "\xe2\x96\x8e",
                                                         "\xe2\x96\x8d",
                                                         "\xe2\x96\x8c",
                                                         "\xe2\x96\x8b",
                                                         "\xe2\x96\x8a",
                                                         "\xe2\x96\x89"};
    const size_t steps = style.unicode ? parts.size() : 1;
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(width * steps);
    auto filled_steps = static_cast<size_t>(std::lround(wanted));
    if (share > 0 && width > 0) filled_steps = std::max<size_t>(filled_steps, 1);
    std::string text;
    for (size_t i = 0; i < filled_steps / steps; ++i) text += style.unicode ? "\xe2\x96\x88" : "#";
    text += parts[filled_steps % steps];
    return text += std::string(width - columns(text), ' ');
}

size_t histogram_height(const View& view) {
    const auto [first, end] = filled(view.buckets);
    return end - first;
}

Lines histogram_rows(const View& view, size_t width, size_t rows, Style style) {
    Lines lines;
    const std::vector<Bar> bars = bars_of(view, rows);
    uint64_t total = 0;
    uint64_t most = 1;
    for (const Bar& one : bars) {
        total += one.count;
        most = std::max(most, one.count);
    }
    const size_t beside = label_width + 1 + percent_width;
    const size_t bar_width = width > beside ? width - beside : 0;
    for (const Bar& one : bars) {
        const auto count = static_cast<double>(one.count);
        const std::string percent =
            cell(share_text(count / static_cast<double>(total)), percent_width, style.unicode, Align::right);
        const std::string drawn = bar(count / static_cast<double>(most), bar_width, style);
        std::string line = cell(one.label, label_width, style.unicode, Align::right);
        line += ' ';
        line += drawn;
        line += percent;
        lines.push_back(bar_width > 0 ? line : cell(line, width, style.unicode));
    }
    return lines;
}

Lines top_rows(const std::vector<TopRow>& top, size_t width, size_t rows, Style style) {
    const bool has_means =
        std::any_of(top.begin(), top.end(), [](const TopRow& row) { return row.mean_seconds.has_value(); });
    Lines lines;
    for (size_t i = 0; i < std::min(rows, top.size()); ++i) {
        std::vector<Column> row = {{top[i].name, name_width, Kind::name},
                                   {number_text(top[i].rate) + "/s", number_width, Kind::number}};
        if (has_means) row.push_back({duration_text(top[i].mean_seconds), number_width, Kind::number});
        lines.push_back(line_of(std::move(row), width, style));
    }
    return lines;
}

Lines slow_rows(const std::vector<SlowRow>& slow, size_t width, size_t rows, Style style) {
    Lines lines;
    for (size_t i = 0; i < std::min(rows, slow.size()); ++i) {
        const SlowRow& one = slow[i];
        const std::string clock = one.time.size() > clock_at ? one.time.substr(clock_at, clock_width) : "-";
        lines.push_back(line_of({{clock, clock_width},
                                 {duration_text(one.seconds), number_width, Kind::number},
                                 {one.name, name_width, Kind::name},
                                 {one.type, 5},
                                 {one.server, 15},
                                 {one.outcome, 8},
                                 {one.comm, 15},
                                 {one.place, 24}},
                                width, style));
    }
    return lines;
}

Lines alert_rows(const std::vector<AlertRow>& alerts, size_t width, size_t rows, Style style) {
    Lines lines;
    for (size_t i = 0; i < std::min(rows, alerts.size()); ++i) {
        const AlertRow& one = alerts[i];
        const std::string clock = one.time.size() > clock_at ? one.time.substr(clock_at, 8) : "-";
        lines.push_back(line_of({{clock, 8},
                                 {one.severity, 6},
                                 {one.domain, name_width, Kind::name},
                                 {one.event_type, 17},
                                 {one.client, 15}},
                                width, style));
    }
    return lines;
}

}  // namespace dnsexp
