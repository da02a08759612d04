// How well names are told apart that the training has not seen: whole families and benign names kept out.
#pragma once

#include <span>
#include <vector>

#include "train/dga/training.h"

namespace dnsexp::training {

inline constexpr size_t default_parts = 10;

// Scores of all samples, each from a training without its part: its family, or its share of the benign names.
std::vector<double> held_out_scores(const Corpus& corpus, const TrainingOptions& options, size_t parts);

// The score that `share` of the scores lie above.
double score_above(std::vector<double> scores, double share);

// Scores of the samples of one source.
std::vector<double> scores_of(const Corpus& corpus, std::span<const double> scores, uint32_t source);

double share_above(std::span<const double> scores, double threshold);

// The score from which a name counts as generated: at most 0.35 % of any large benign list lie above.
double operating_threshold(const Corpus& corpus, std::span<const double> scores);

// A list with fewer names says too little about so small a share.
inline constexpr size_t names_for_threshold = 2000;

// What makes of scores log-odds at even priors: `slope * score + offset` (Platt, 1999).
struct Calibration {
    double slope = 1, offset = 0;
};
Calibration calibrate(const Corpus& corpus, std::span<const double> scores);

}  // namespace dnsexp::training
