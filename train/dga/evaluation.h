// How well names are told apart that the training has not seen: whole families and benign names kept out.
#pragma once

#include <span>
#include <vector>

#include "train/dga/training.h"

namespace dnsexp::training {

inline constexpr size_t default_parts = 10;

// Whether doubtful names count among the benign ones. They do wherever the figures are about what a list has;
// without them is the figure that says how the rest fares.
enum class Doubtful { with, without };

// Scores of all samples, learned from or not, each from a training without its part: its family, or its share
// of the benign names.
std::vector<double> held_out_scores(const Corpus& corpus, const TrainingOptions& options, size_t parts);

// The score that `share` of the scores lie above.
double score_above(std::vector<double> scores, double share);

// Scores of the samples of one source, and of all benign ones.
std::vector<double> scores_of(const Corpus& corpus, std::span<const double> scores, uint32_t source,
                              Doubtful doubtful = Doubtful::with);
std::vector<double> benign_scores(const Corpus& corpus, std::span<const double> scores,
                                  Doubtful doubtful = Doubtful::with);

double share_above(std::span<const double> scores, double threshold);

// The score from which a name counts as generated: at most 0.45 % of all benign names lie above, and at most
// 0.4 % of any large benign list without its doubtful names. -1e9 where there are too few names to tell.
double operating_threshold(const Corpus& corpus, std::span<const double> scores);

// Fewer names say too little about so small a share.
inline constexpr size_t names_for_threshold = 2000;

// What makes of scores log-odds at even priors: `slope * score + offset` (Platt, 1999).
struct Calibration {
    double slope = 1, offset = 0;
};
Calibration calibrate(const Corpus& corpus, std::span<const double> scores);

}  // namespace dnsexp::training
