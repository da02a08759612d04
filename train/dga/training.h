// From names to a model: tables, features that never saw their own name or family, trees.
#pragma once

#include <string>

#include "train/dga/boosting.h"
#include "train/dga/breeding.h"
#include "train/dga/corpus.h"
#include "train/dga/tables.h"

namespace dnsexp::training {

struct TrainingOptions {
    BoostingOptions boosting;
    BreedingOptions breeding;
    size_t groups = 5;             // tables of a row's features are built without its group
    double benign_weight = 4;      // of all benign names, where all generated ones weigh 1
    double doubtful_weight = 1.5;  // of a doubtful name, where another one of its list weighs 1; 0: left out
};

struct Trained {
    OwnTables tables;
    Forest forest;
};

// Which part a sample falls in: families by their number, benign names by draw.
size_t part_of(const Corpus& corpus, size_t sample, size_t parts);

// Learns from the samples that are for it, and from families bred from them.
Trained train(const Corpus& corpus, const TrainingOptions& options);

// Natural log-odds before calibration.
double score(const Trained& trained, const std::string& domain);

}  // namespace dnsexp::training
