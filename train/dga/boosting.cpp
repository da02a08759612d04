#include "train/dga/boosting.h"

#include <algorithm>
#include <array>

#include "train/dga/exact_math.h"
#include "train/dga/random.h"

namespace dnsexp::training {
namespace {

constexpr size_t max_bins = 64;
constexpr double natural_per_bit = 0.6931471805599453;

// Where a feature's values are cut: bin b holds the values above cuts[b - 1], up to cuts[b].
std::vector<int16_t> choose_cuts(std::vector<int16_t> values) {
    std::sort(values.begin(), values.end());
    std::vector<int16_t> cuts;
    for (size_t b = 1; b < max_bins; ++b) {
        const int16_t cut = values[values.size() * b / max_bins];
        if (cut != values.back() && (cuts.empty() || cuts.back() != cut)) cuts.push_back(cut);
    }
    return cuts;
}

struct Sums {
    double gradient = 0, curvature = 0;
};

class Booster {
  public:
    Booster(const std::vector<Row>& rows, const BoostingOptions& options)
        : rows_(rows), options_(options), random_(options.seed) {
        double sum = 0, generated = 0;
        for (const Row& row : rows) {
            sum += row.weight;
            if (row.generated) generated += row.weight;
        }
        scale_ = static_cast<double>(rows.size()) / sum;
        forest_.bias = natural_per_bit * exact_log2(generated / (sum - generated));
        margins_.assign(rows.size(), forest_.bias);
        for (size_t f = 0; f < dga_features; ++f) add_feature(f);
    }

    Forest run() {
        while (forest_.trees.size() < options_.trees) grow();
        return std::move(forest_);
    }

  private:
    void add_feature(size_t feature) {
        std::vector<int16_t> values(rows_.size());
        for (size_t i = 0; i < rows_.size(); ++i) values[i] = rows_[i].features[feature];
        cuts_.push_back(choose_cuts(values));
        std::vector<uint8_t> bins(rows_.size());
        const auto& cuts = cuts_.back();
        for (size_t i = 0; i < rows_.size(); ++i)
            bins[i] =
                static_cast<uint8_t>(std::lower_bound(cuts.begin(), cuts.end(), values[i]) - cuts.begin());
        bins_.push_back(std::move(bins));
    }

    void grow() {
        const size_t n = rows_.size();
        std::vector<float> gradient(n), curvature(n);
        chosen_.clear();
        for (size_t i = 0; i < n; ++i) {
            const double p = 1 / (1 + exact_exp(-margins_[i]));
            const double weight = rows_[i].weight * scale_;
            gradient[i] = static_cast<float>(weight * ((rows_[i].generated ? 1 : 0) - p));
            curvature[i] = static_cast<float>(weight * p * (1 - p));
            if (random_.chance(options_.row_share)) chosen_.push_back(static_cast<uint32_t>(i));
        }
        std::vector<size_t> features;
        for (size_t f = 0; f < dga_features; ++f)
            if (!cuts_[f].empty() && random_.chance(options_.feature_share)) features.push_back(f);
        DgaTree tree;
        std::vector<uint8_t> leaf(n);
        for (size_t level = 0; level < dga_tree_depth; ++level) {
            const auto [feature, bin] = best_question(features, level, leaf, gradient, curvature);
            tree.feature[level] = static_cast<uint8_t>(feature);
            // Without a question left: one that all answer with no.
            tree.cut[level] = cuts_[feature].empty() ? INT16_MAX : cuts_[feature][bin];
            for (size_t i = 0; i < n; ++i)
                leaf[i] =
                    static_cast<uint8_t>(leaf[i] | (rows_[i].features[feature] > tree.cut[level]) << level);
        }
        std::array<Sums, dga_tree_leaves> sums{};
        for (const uint32_t i : chosen_) {
            sums[leaf[i]].gradient += gradient[i];
            sums[leaf[i]].curvature += curvature[i];
        }
        for (size_t k = 0; k < dga_tree_leaves; ++k) {
            const double value = options_.rate * sums[k].gradient / (sums[k].curvature + options_.ridge);
            tree.log_odds[k] = static_cast<int16_t>(
                std::clamp(value * dga_odds_unit + (value < 0 ? -0.5 : 0.5), -32000.0, 32000.0));
        }
        for (size_t i = 0; i < n; ++i)
            margins_[i] += static_cast<double>(tree.log_odds[leaf[i]]) / dga_odds_unit;
        forest_.trees.push_back(tree);
    }

    std::pair<size_t, size_t> best_question(const std::vector<size_t>& features, size_t level,
                                            const std::vector<uint8_t>& leaf,
                                            const std::vector<float>& gradient,
                                            const std::vector<float>& curvature) const {
        const size_t leaves = size_t{1} << level;
        double best = -1;
        std::pair<size_t, size_t> question{features.empty() ? 0 : features[0], 0};
        std::vector<Sums> histogram(leaves * max_bins);
        for (const size_t feature : features) {
            std::fill(histogram.begin(), histogram.end(), Sums{});
            const auto& bins = bins_[feature];
            for (const uint32_t i : chosen_) {
                Sums& sums = histogram[leaf[i] * max_bins + bins[i]];
                sums.gradient += gradient[i];
                sums.curvature += curvature[i];
            }
            std::array<double, max_bins> gain{};
            for (size_t k = 0; k < leaves; ++k) add_gains(&histogram[k * max_bins], gain);
            for (size_t bin = 0; bin < cuts_[feature].size(); ++bin) {
                if (gain[bin] <= best) continue;
                best = gain[bin];
                question = {feature, bin};
            }
        }
        return question;
    }

    void add_gains(const Sums* bins, std::array<double, max_bins>& gain) const {
        Sums all, below;
        for (size_t b = 0; b < max_bins; ++b) {
            all.gradient += bins[b].gradient;
            all.curvature += bins[b].curvature;
        }
        for (size_t b = 0; b + 1 < max_bins; ++b) {
            below.gradient += bins[b].gradient;
            below.curvature += bins[b].curvature;
            const double above = all.gradient - below.gradient;
            gain[b] += below.gradient * below.gradient / (below.curvature + options_.ridge) +
                       above * above / (all.curvature - below.curvature + options_.ridge);
        }
    }

    const std::vector<Row>& rows_;
    BoostingOptions options_;
    Random random_;
    double scale_ = 1;
    std::vector<std::vector<int16_t>> cuts_;
    std::vector<std::vector<uint8_t>> bins_;
    std::vector<double> margins_;
    std::vector<uint32_t> chosen_;
    Forest forest_;
};

}  // namespace

Forest boost(const std::vector<Row>& rows, const BoostingOptions& options) {
    return Booster(rows, options).run();
}

double score(const Forest& forest, const DgaFeatures& features) {
    int32_t sum = 0;
    for (const DgaTree& tree : forest.trees) {
        size_t leaf = 0;
        for (size_t level = 0; level < dga_tree_depth; ++level)
            leaf |= static_cast<size_t>(features[tree.feature[level]] > tree.cut[level]) << level;
        sum += tree.log_odds[leaf];
    }
    return forest.bias + static_cast<double>(sum) / dga_odds_unit;
}

}  // namespace dnsexp::training
