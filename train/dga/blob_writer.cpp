#include "train/dga/blob_writer.h"

#include <algorithm>

#include "exporter/security/dga_blob.h"

namespace dnsexp::training {
namespace {

class Writer {
  public:
    void number(uint32_t value, size_t octets) {
        for (size_t i = 0; i < octets; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
    }
    template <typename T>
    void table(const std::vector<T>& table) {
        for (const T value : table) number(static_cast<uint8_t>(value), 1);
    }

    std::vector<uint8_t> bytes;
};

int32_t in_units(double log_odds) {
    return static_cast<int32_t>(log_odds * dga_odds_unit + (log_odds < 0 ? -0.5 : 0.5));
}

}  // namespace

std::vector<uint8_t> write_blob(const Trained& trained, const Calibration& calibration, double threshold) {
    const auto& [slope, offset] = calibration;
    const auto calibrated = [&](double score) { return in_units(slope * score + offset); };
    Writer writer;
    for (const char c : dga_blob_magic) writer.number(static_cast<uint8_t>(c), 1);
    writer.number(dga_blob_version, 2);
    writer.number(dga_features, 2);
    writer.number(static_cast<uint32_t>(trained.forest.trees.size()), 2);
    writer.number(dga_tree_depth, 2);
    writer.number(static_cast<uint32_t>(calibrated(trained.forest.bias)), 4);
    writer.number(static_cast<uint32_t>(calibrated(threshold)), 4);
    for (const auto& table : trained.tables.trigrams) writer.table(table);
    for (const auto& table : trained.tables.fragments) writer.table(table);
    writer.table(trained.tables.tlds);
    for (const DgaTree& tree : trained.forest.trees) {
        for (const uint8_t feature : tree.feature) writer.number(feature, 1);
        for (const int16_t cut : tree.cut) writer.number(static_cast<uint16_t>(cut), 2);
        for (const int16_t leaf : tree.log_odds) {
            const double value = slope * leaf / dga_odds_unit;
            writer.number(static_cast<uint16_t>(std::clamp(in_units(value), -32768, 32767)), 2);
        }
    }
    writer.number(dga_checksum(writer.bytes), dga_blob_sum);
    return std::move(writer.bytes);
}

}  // namespace dnsexp::training
