// The tables of the model: what sequences of characters are usual where.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "exporter/security/dga_features.h"
#include "train/dga/corpus.h"

namespace dnsexp::training {

// Tables that own their bytes.
struct OwnTables {
    std::array<std::vector<int8_t>, dga_languages> trigrams;
    std::array<std::vector<uint8_t>, dga_fragment_lengths> fragments;
    std::vector<int8_t> tlds;

    [[nodiscard]] DgaTables view() const;
};

// Weight of each sample when each source weighs its share, and no sample of a small source too much.
std::vector<double> sample_weights(const Corpus& corpus);

// Learns from the samples that `use` admits. The first benign source stands for top sites, the others for
// many.
OwnTables build_tables(const Corpus& corpus, const std::vector<double>& weights,
                       const std::function<bool(size_t)>& use);

}  // namespace dnsexp::training
