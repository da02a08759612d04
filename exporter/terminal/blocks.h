// The parts of a frame below its head: each a title and rows, of a size that the layout gives. All lines are
// exactly `width` columns wide. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "exporter/terminal/view.h"

namespace dnsexp {

using Lines = std::vector<std::string>;

struct Style {
    bool unicode = false;  // block and line drawing characters; else ASCII alone
};

// "- TITLE ------".
std::string title_line(const std::string& title, size_t width, Style style);

// A bar of a share of 0..1 of the width; a share above zero is seen.
std::string bar(double share, size_t width, Style style);

// One row a bucket, buckets joined where there are more than rows; those before the first sample and behind
// the last one are left out.
Lines histogram_rows(const View& view, size_t width, size_t rows, Style style);
// How many rows it would have if it had room.
size_t histogram_height(const View& view);

// Name, mean latency (where there is one and room for it) and rate.
Lines top_rows(const std::vector<TopRow>& top, size_t width, size_t rows, Style style);

Lines slow_rows(const std::vector<SlowRow>& slow, size_t width, size_t rows, Style style);

Lines alert_rows(const std::vector<AlertRow>& alerts, size_t width, size_t rows, Style style);

}  // namespace dnsexp
