// From names to a model: tables, features that never saw their own name or family, trees.
#pragma once

#include <functional>

#include "train/dga/boosting.h"
#include "train/dga/corpus.h"
#include "train/dga/tables.h"

namespace dnsexp::training {

struct TrainingOptions {
    BoostingOptions boosting;
    size_t groups = 5;         // tables of a row's features are built without its group
    double benign_weight = 4;  // of all benign names, where all generated ones weigh 1
};

struct Trained {
    OwnTables tables;
    Forest forest;
};

// Which part a sample falls in: whole families, and benign names by draw. `salt` gives another division.
size_t part_of(const Corpus& corpus, size_t sample, size_t parts, uint64_t salt);

Trained train(const Corpus& corpus, const std::function<bool(size_t)>& use, const TrainingOptions& options);

// Natural log-odds before calibration.
double score(const Trained& trained, const std::string& domain);

}  // namespace dnsexp::training
