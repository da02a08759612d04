#include "train/dga/evaluation.h"

#include <algorithm>
#include <functional>

#include "train/dga/exact_math.h"

namespace dnsexp::training {
namespace {

std::vector<double> scores_where(const Corpus& corpus, std::span<const double> scores, Doubtful doubtful,
                                 const std::function<bool(uint32_t source)>& wanted) {
    std::vector<double> result;
    for (size_t i = 0; i < scores.size(); ++i) {
        const Sample& sample = corpus.samples[i];
        if (sample.doubtful && doubtful == Doubtful::without) continue;
        if (wanted(sample.source)) result.push_back(scores[i]);
    }
    return result;
}

}  // namespace

std::vector<double> held_out_scores(const Corpus& corpus, const TrainingOptions& options, size_t parts) {
    std::vector<double> scores(corpus.samples.size());
    for (size_t part = 0; part < parts; ++part) {
        const auto kept_out = [&](size_t i) { return part_of(corpus, i, parts) == part; };
        const Corpus rest = chosen(corpus, [&](size_t i) { return !kept_out(i); });
        const Trained trained = train(rest, options);
        for (size_t i = 0; i < scores.size(); ++i)
            if (kept_out(i)) scores[i] = score(trained, corpus.samples[i].domain);
    }
    return scores;
}

double score_above(std::vector<double> scores, double share) {
    std::sort(scores.begin(), scores.end(), std::greater<>());
    const auto rank = static_cast<size_t>(share * static_cast<double>(scores.size()));
    return scores.at(std::min(rank, scores.size() - 1));
}

std::vector<double> scores_of(const Corpus& corpus, std::span<const double> scores, uint32_t source,
                              Doubtful doubtful) {
    return scores_where(corpus, scores, doubtful, [&](uint32_t from) { return from == source; });
}

std::vector<double> benign_scores(const Corpus& corpus, std::span<const double> scores, Doubtful doubtful) {
    return scores_where(corpus, scores, doubtful,
                        [&](uint32_t from) { return !corpus.sources[from].generated; });
}

double share_above(std::span<const double> scores, double threshold) {
    const auto above = std::count_if(scores.begin(), scores.end(), [&](double s) { return s > threshold; });
    return scores.empty() ? 0 : static_cast<double>(above) / static_cast<double>(scores.size());
}

double operating_threshold(const Corpus& corpus, std::span<const double> scores) {
    constexpr double of_all = 0.0045;  // 0.005 is allowed; other lists are a little harder
    constexpr double of_a_list = 0.004;
    double threshold = -1e9;
    const auto heed = [&](const std::vector<double>& benign, double most_above) {
        if (benign.size() >= names_for_threshold)
            threshold = std::max(threshold, score_above(benign, most_above));
    };
    heed(benign_scores(corpus, scores), of_all);
    for (uint32_t source = 0; source < corpus.sources.size(); ++source)
        if (!corpus.sources[source].generated)
            heed(scores_of(corpus, scores, source, Doubtful::without), of_a_list);
    return threshold;
}

Calibration calibrate(const Corpus& corpus, std::span<const double> scores) {
    std::vector<double> weights = sample_weights(corpus);
    std::array<double, 2> sums{};
    const auto generated = [&](size_t i) { return corpus.sources[corpus.samples[i].source].generated; };
    for (size_t i = 0; i < weights.size(); ++i) sums[generated(i)] += weights[i];
    Calibration fit{0, 0};     // from where Newton's method comes down safely
    constexpr int steps = 25;  // it has long come to rest by then
    for (int step = 0; step < steps; ++step) {
        double g0 = 0, g1 = 0, h00 = 1e-6, h01 = 0, h11 = 1e-6;
        for (size_t i = 0; i < scores.size(); ++i) {
            const double weight = weights[i] / sums[generated(i)];
            const double p = 1 / (1 + exact_exp(-(fit.slope * scores[i] + fit.offset)));
            const double error = weight * ((generated(i) ? 1 : 0) - p), curve = weight * p * (1 - p);
            g0 += error;
            g1 += error * scores[i];
            h00 += curve;
            h01 += curve * scores[i];
            h11 += curve * scores[i] * scores[i];
        }
        const double determinant = h00 * h11 - h01 * h01;
        fit.offset += (h11 * g0 - h01 * g1) / determinant;
        fit.slope += (h00 * g1 - h01 * g0) / determinant;
    }
    return fit;
}

}  // namespace dnsexp::training
