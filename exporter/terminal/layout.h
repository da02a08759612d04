// A view -> the lines of a frame. Pure, thread-safe.
#pragma once

#include <cstddef>

#include "exporter/terminal/blocks.h"
#include "exporter/terminal/view.h"

namespace dnsexp {

struct Size {
    size_t width = 80;   // columns
    size_t height = 24;  // lines
    bool operator==(const Size&) const = default;
};

// At most `height` lines of at most `width` columns each (columns() of text.h), no control character among
// them. From 40x10 up there are at least the rate, the outcomes, the latency and some of the rest; below it
// shows what it can.
Lines layout(const View& view, Size size, Style style);

}  // namespace dnsexp
