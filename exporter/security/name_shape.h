// How much a name's labels could carry: the measure that all rules about single names and tunnels share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exporter/fold/wire_name.h"

namespace dnsexp {

// Labels are cut at punctuation into pieces. The information of a piece is its length times the Shannon
// entropy of its octets, letters without case. A piece that reads like a word or a number counts a quarter of
// it.
struct NameShape {
    size_t longest = 0;  // octets of the longest label
    size_t odd = 0;      // octets that are no letter, digit, `-` or `_`, and no part of UTF-8 text
    double bits = 0;     // information in all pieces
    double long_bits =
        0;  // the same, where pieces shorter than 16 octets and those of 32 hexadecimal digits count a
            // quarter too: host names are put together from such pieces, encoded data is not
    uint32_t entropy_score =
        0;  // 0..100, of the piece that looks most random; 100: 20 octets with 4.2 bits each
};

// Of the first `count` labels, at most labels.count. Pure, thread-safe.
NameShape measure_name(const WireLabels& labels, size_t count);

}  // namespace dnsexp
