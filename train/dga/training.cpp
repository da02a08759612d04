#include "train/dga/training.h"

#include "exporter/fold/hash.h"

namespace dnsexp::training {

size_t part_of(const Corpus& corpus, size_t sample, size_t parts, uint64_t salt) {
    const Sample& name = corpus.samples[sample];
    const uint64_t key = corpus.sources[name.source].generated
                             ? hash_bytes(corpus.sources[name.source].name, salt)
                             : hash_mix(name.draw ^ salt, 0x9e3779b97f4a7c15);
    return static_cast<size_t>((key >> 20) % parts);
}

Trained train(const Corpus& corpus, const std::function<bool(size_t)>& use, const TrainingOptions& options) {
    constexpr uint64_t group_salt = 77;
    std::vector<double> weights = sample_weights(corpus);
    std::array<double, 2> sums{};
    for (size_t i = 0; i < weights.size(); ++i)
        if (use(i)) sums[corpus.sources[corpus.samples[i].source].generated] += weights[i];
    std::vector<Row> rows;
    for (size_t group = 0; group < options.groups; ++group) {
        const auto grouped = [&](size_t i) {
            return part_of(corpus, i, options.groups, group_salt) == group;
        };
        const OwnTables tables =
            build_tables(corpus, weights, [&](size_t i) { return use(i) && !grouped(i); });
        const DgaTables view = tables.view();
        for (size_t i = 0; i < corpus.samples.size(); ++i) {
            if (!use(i) || !grouped(i)) continue;
            Row row;
            row.generated = corpus.sources[corpus.samples[i].source].generated;
            row.weight = weights[i] / sums[row.generated] * (row.generated ? 1 : options.benign_weight);
            DgaName name;
            if (!dga_name_of(corpus.samples[i].domain, name)) continue;
            dga_features_of(name, view, row.features);
            rows.push_back(row);
        }
    }
    return {build_tables(corpus, weights, use), boost(rows, options.boosting)};
}

double score(const Trained& trained, const std::string& domain) {
    DgaName name;
    if (!dga_name_of(domain, name)) return -100;
    DgaFeatures features;
    dga_features_of(name, trained.tables.view(), features);
    return score(trained.forest, features);
}

}  // namespace dnsexp::training
