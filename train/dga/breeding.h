// More families from those there are: names with the characters of one family, the length of another and the
// suffix of a third, so that no single trait of the few known families decides.
#pragma once

#include "train/dga/corpus.h"

namespace dnsexp::training {

struct BreedingOptions {
    size_t names = 300;          // of each bred family; 0: none
    double share = 1;            // weight of a bred family, where that of a real one is 1
    double benign_suffix = 0.3;  // of the names bear a benign name's suffix
    double chained = 0.4;        // follow the pairs of characters of the family, not its characters alone
    uint64_t seed = 3;
};

// Appends a bred family for each generated source; it is kept out together with that one.
void add_bred_families(Corpus& corpus, const BreedingOptions& options);

}  // namespace dnsexp::training
