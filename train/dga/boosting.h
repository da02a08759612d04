// Gradient boosting of trees that ask one question a level, for the logistic loss. One thread, fixed order of
// every sum: the same rows give the same trees to the bit.
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/security/dga_features.h"

namespace dnsexp::training {

struct Row {
    DgaFeatures features{};
    bool generated = false;
    double weight = 0;
};

struct BoostingOptions {
    size_t trees = 80;
    double rate = 0.1;           // of each tree's advice that is taken
    double ridge = 20;           // weight that pulls leaves to zero
    double feature_share = 0.5;  // features that a tree may ask for
    double row_share = 0.7;      // rows that a tree sees
    uint64_t seed = 1;
};

struct Forest {
    double bias = 0;  // natural log-odds
    std::vector<DgaTree> trees;
};

// Weights are scaled so that their sum is the number of rows.
Forest boost(const std::vector<Row>& rows, const BoostingOptions& options);

// Natural log-odds.
double score(const Forest& forest, const DgaFeatures& features);

}  // namespace dnsexp::training
