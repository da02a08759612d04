// The layout of a model's bytes: what train/dga writes and DgaModel reads. Numbers are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "exporter/security/dga_features.h"

namespace dnsexp {

inline constexpr std::string_view dga_blob_magic = "DGAM";
inline constexpr uint16_t dga_blob_version = 1;  // of the layout and of what the features mean

// Magic; version, features, trees, depth (16 bits each); bias, threshold (32 bits, 1/dga_odds_unit).
inline constexpr size_t dga_blob_header = 4 + 4 * 2 + 2 * 4;
// Behind it: trigram tables, fragment tables, top-level domains, trees, and the sum of all these bytes.
inline constexpr size_t dga_blob_tables =
    dga_languages * dga_trigrams + dga_fragment_lengths * dga_fragment_slots + dga_tld_slots;
inline constexpr size_t dga_blob_tree = dga_tree_depth * 3 + dga_tree_leaves * 2;
inline constexpr size_t dga_blob_sum = 4;

constexpr size_t dga_blob_size(size_t trees) {
    return dga_blob_header + dga_blob_tables + trees * dga_blob_tree + dga_blob_sum;
}

// FNV-1a, 32 bits: finds a damaged file, not a forged one.
constexpr uint32_t dga_checksum(std::span<const uint8_t> bytes) {
    uint32_t sum = 0x811c9dc5;
    for (const uint8_t byte : bytes) sum = (sum ^ byte) * 0x01000193;
    return sum;
}

// The bytes of the model in the binary.
std::span<const uint8_t> built_in_dga_blob();

}  // namespace dnsexp
