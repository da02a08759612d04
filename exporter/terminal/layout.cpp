#include "exporter/terminal/layout.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "exporter/terminal/format.h"
#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

constexpr size_t two_columns_from = 72;  // columns of the terminal
constexpr size_t gutter = 2;             // between two columns
constexpr size_t roomy_height = 14;      // from here on, outcomes and latency may take two lines each

// A part of the frame that can be as high as the layout wants.
struct Block {
    std::string title;
    size_t wanted;  // rows, without the title
    std::function<Lines(size_t width, size_t rows)> rows;
};

// Blocks side by side.
struct Band {
    std::vector<Block> blocks;
    int rank;  // the higher, the sooner it gives way
    size_t lines = 0;

    [[nodiscard]] size_t wanted() const {
        size_t most = 1;  // a word instead of rows
        for (const Block& block : blocks) most = std::max(most, block.wanted);
        return 1 + most;
    }
};

std::string scope(const View& view) {
    if (view.window_seconds <= 0) return "since start";
    return "last " + std::to_string(std::lround(view.window_seconds)) + " s";
}

std::string first_line(const View& view, Size size, Style style) {
    const std::string clock = " " + clock_text(view.unix_ns) + " UTC";
    if (size.width <= clock.size()) return cell(view.source, size.width, style.unicode);
    return cell(view.source, size.width - clock.size(), style.unicode) + clock;
}

Lines head(const View& view, Size size, Style style) {
    const size_t lines_max = size.height >= roomy_height ? 2 : 1;
    Lines lines = {first_line(view, size, style)};
    if (!view.notice.empty()) lines.push_back(cell("! " + view.notice, size.width, style.unicode));
    std::vector<std::string> counts = {number_text(view.rate) + " queries/s",
                                       count_text(view.active) + " waiting", scope(view),
                                       count_text(view.queries) + " in all"};
    counts.insert(counts.end(), view.interfaces.begin(), view.interfaces.end());
    std::vector<std::string> outcomes;
    for (const Share& one : view.outcomes) outcomes.push_back(one.name + " " + share_text(one.share));
    if (outcomes.empty()) outcomes.emplace_back("no query has ended yet");
    const std::vector<std::string> latency = {
        "P50 " + duration_text(view.p50),         "P95 " + duration_text(view.p95),
        "P99 " + duration_text(view.p99),         "mean " + duration_text(view.mean_seconds),
        "min " + duration_text(view.min_seconds), "max " + duration_text(view.max_seconds)};
    for (auto& part : {flow(counts, size.width, 1), flow(outcomes, size.width, lines_max),
                       flow(latency, size.width, lines_max)})
        lines.insert(lines.end(), part.begin(), part.end());
    return lines;
}

Block top_block(const char* title, const std::vector<TopRow>& rows, Style style) {
    return {title, rows.size(),
            [&rows, style](size_t width, size_t count) { return top_rows(rows, width, count, style); }};
}

// In the order from top to bottom. `style` and `view` outlive them.
std::vector<Band> bands_of(const View& view, size_t width, Style style) {
    const Block histogram = {"LATENCY", histogram_height(view), [&view, style](size_t w, size_t rows) {
                                 return histogram_rows(view, w, rows, style);
                             }};
    const Block domains = top_block("DOMAINS", view.domains, style);
    const Block servers = top_block("SERVERS", view.servers, style);
    const Block workloads = top_block("WORKLOADS", view.workloads, style);
    const Block slow = {
        "SLOW, above " + duration_text(view.slow_threshold_seconds), view.slow.size(),
        [&view, style](size_t w, size_t rows) { return slow_rows(view.slow, w, rows, style); }};
    std::vector<Band> bands;
    if (width >= two_columns_from)
        bands = {{{histogram, domains}, 1}, {{servers, workloads}, 2}, {{slow}, 0}};
    else
        bands = {{{histogram}, 2}, {{domains}, 0}, {{servers}, 3}, {{workloads}, 4}, {{slow}, 1}};
    if (view.alerts) {
        const auto& alerts = *view.alerts;
        bands.push_back(
            {{{"ALERTS", alerts.size(),
               [&alerts, style](size_t w, size_t rows) { return alert_rows(alerts, w, rows, style); }}},
             alerts.empty() ? 5 : 1});
    }
    return bands;
}

// Gives each band a title and a row in the order of ranks, while there are lines; then more to those that
// want more, by turns.
void share_out(std::vector<Band>& bands, size_t lines) {
    constexpr size_t least = 2;
    std::vector<Band*> by_rank;
    by_rank.reserve(bands.size());
    for (Band& band : bands) by_rank.push_back(&band);
    std::stable_sort(by_rank.begin(), by_rank.end(),
                     [](const Band* a, const Band* b) { return a->rank < b->rank; });
    for (Band* band : by_rank) {
        if (lines < least) break;
        band->lines = least;
        lines -= least;
    }
    for (bool gave = true; gave;) {
        gave = false;
        for (Band* band : by_rank) {
            if (lines == 0 || band->lines == 0 || band->lines >= band->wanted()) continue;
            ++band->lines;
            --lines;
            gave = true;
        }
    }
}

Lines block_lines(const Block& block, size_t width, size_t lines, Style style) {
    Lines all = {title_line(block.title, width, style)};
    Lines rows = block.rows(width, lines - 1);
    if (rows.empty()) rows.push_back(cell("none", width, style.unicode));
    all.insert(all.end(), rows.begin(), rows.end());
    all.resize(lines, std::string(width, ' '));
    return all;
}

Lines band_lines(const Band& band, size_t width, Style style) {
    if (band.lines == 0) return {};
    if (band.blocks.size() == 1) return block_lines(band.blocks[0], width, band.lines, style);
    const size_t left_width = (width - gutter) / 2;
    Lines lines = block_lines(band.blocks[0], left_width, band.lines, style);
    const Lines right = block_lines(band.blocks[1], width - gutter - left_width, band.lines, style);
    for (size_t i = 0; i < lines.size(); ++i) lines[i] += std::string(gutter, ' ') + right[i];
    return lines;
}

}  // namespace

Lines layout(const View& view, Size size, Style style) {
    Lines lines = head(view, size, style);
    if (lines.size() > size.height) lines.resize(size.height);
    std::vector<Band> bands = bands_of(view, size.width, style);
    share_out(bands, size.height - lines.size());
    for (const Band& band : bands) {
        const Lines more = band_lines(band, size.width, style);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
}

}  // namespace dnsexp
