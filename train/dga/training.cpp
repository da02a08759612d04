#include "train/dga/training.h"

namespace dnsexp::training {

size_t part_of(const Corpus& corpus, size_t sample, size_t parts) {
    const Sample& name = corpus.samples[sample];
    const Source& source = corpus.sources[name.source];
    return source.generated ? source.kept_out_with % parts : static_cast<size_t>(name.draw >> 20) % parts;
}

Trained train(const Corpus& all, const TrainingOptions& options) {
    Corpus corpus = chosen(all, [&](size_t i) {
        const Sample& sample = all.samples[i];
        return sample.to_learn && (!sample.doubtful || options.doubtful_weight > 0);
    });
    add_bred_families(corpus, options.breeding);
    std::vector<double> weights = sample_weights(corpus);
    for (size_t i = 0; i < weights.size(); ++i)
        if (corpus.samples[i].doubtful) weights[i] *= options.doubtful_weight;
    const auto generated = [&](size_t i) { return corpus.sources[corpus.samples[i].source].generated; };
    std::array<double, 2> sums{};
    for (size_t i = 0; i < weights.size(); ++i) sums[generated(i)] += weights[i];
    std::vector<Row> rows;
    for (size_t group = 0; group < options.groups; ++group) {
        const auto grouped = [&](size_t i) { return part_of(corpus, i, options.groups) == group; };
        const OwnTables tables = build_tables(corpus, weights, [&](size_t i) { return !grouped(i); });
        const DgaTables view = tables.view();
        for (size_t i = 0; i < corpus.samples.size(); ++i) {
            DgaName name;
            if (!grouped(i) || !dga_name_of(corpus.samples[i].domain, name)) continue;
            Row row;
            row.generated = generated(i);
            row.weight = weights[i] / sums[row.generated] * (row.generated ? 1 : options.benign_weight);
            dga_features_of(name, view, row.features);
            rows.push_back(row);
        }
    }
    return {build_tables(corpus, weights, [](size_t) { return true; }), boost(rows, options.boosting)};
}

double score(const Trained& trained, const std::string& domain) {
    DgaName name;
    if (!dga_name_of(domain, name)) return -100;
    DgaFeatures features;
    dga_features_of(name, trained.tables.view(), features);
    return score(trained.forest, features);
}

}  // namespace dnsexp::training
