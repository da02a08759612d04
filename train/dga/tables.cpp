#include "train/dga/tables.h"

#include <algorithm>
#include <unordered_map>

#include "train/dga/exact_math.h"

namespace dnsexp::training {
namespace {

// Names that a family and a benign list need to weigh in full.
constexpr double full_family = 200, full_list = 2000;

// Weighted counts of trigrams, smoothed down to uniform (Witten and Bell, 1991).
class Trigrams {
  public:
    void add(const DgaSymbols& symbols, double weight) {
        size_t before = dga_edge, last = dga_edge;
        for (size_t i = 1; i < symbols.count; ++i) {
            const size_t now = symbols.at[i];
            three_[(before * dga_symbols + last) * dga_symbols + now] += weight;
            two_[last * dga_symbols + now] += weight;
            one_[now] += weight;
            before = last;
            last = now;
        }
    }

    [[nodiscard]] std::vector<int8_t> logarithms() const {
        std::vector<double> uniform(dga_symbols, 1.0 / dga_symbols);
        const auto one = smoothed(one_, 0, uniform);
        std::vector<int8_t> logs(dga_trigrams);
        for (size_t last = 0; last < dga_symbols; ++last) {
            const auto two = smoothed(two_, last, one);
            for (size_t before = 0; before < dga_symbols; ++before) {
                const size_t context = before * dga_symbols + last;
                const auto three = smoothed(three_, context, two);
                for (size_t now = 0; now < dga_symbols; ++now)
                    logs[context * dga_symbols + now] = quantised(three[now]);
            }
        }
        return logs;
    }

  private:
    static std::vector<double> smoothed(const std::vector<double>& counts, size_t context,
                                        const std::vector<double>& lower) {
        double sum = 0, kinds = 0;
        for (size_t now = 0; now < dga_symbols; ++now) {
            const double count = counts[context * dga_symbols + now];
            sum += count;
            kinds += count > 0 ? 1 : 0;
        }
        kinds = std::max(kinds, 1.0);
        std::vector<double> result(dga_symbols);
        for (size_t now = 0; now < dga_symbols; ++now)
            result[now] = (counts[context * dga_symbols + now] + kinds * lower[now]) / (sum + kinds);
        return result;
    }

    static int8_t quantised(double probability) {
        const double log = exact_log2(std::max(probability, 1e-9)) * dga_log_unit;
        return static_cast<int8_t>(std::clamp(static_cast<int>(log - 0.5), -127, 0));
    }

    std::vector<double> one_ = std::vector<double>(dga_symbols);
    std::vector<double> two_ = std::vector<double>(dga_symbols * dga_symbols);
    std::vector<double> three_ = std::vector<double>(dga_trigrams);
};

using FragmentCounts = std::unordered_map<uint64_t, uint32_t>;

void count_fragments(const DgaSymbols& symbols, size_t length, FragmentCounts& counts) {
    for (size_t i = 0; i + length <= symbols.count; ++i) {
        uint64_t fragment = 0;
        for (size_t j = 0; j < length; ++j) fragment = fragment << 5 | symbols.at[i + j];
        ++counts[fragment];
    }
}

// Names that must share a fragment for its levels 1, 2 and 3.
constexpr std::array<uint32_t, 3> fragment_levels = {2, 6, 24};

std::vector<uint8_t> fragment_table(const FragmentCounts& counts) {
    std::vector<std::pair<uint32_t, uint64_t>> order;
    for (const auto& [fragment, count] : counts)
        if (count >= fragment_levels[0]) order.emplace_back(count, fragment);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<uint8_t> table(dga_fragment_slots);
    for (const auto& [count, fragment] : order) {
        const DgaFragmentSlot slot = dga_fragment_slot(fragment);
        if (table[slot.slot] != 0) continue;  // the more common one stays
        uint8_t level = 0;
        while (level < 3 && count >= fragment_levels[level]) ++level;
        table[slot.slot] = static_cast<uint8_t>(slot.mark | level);
    }
    return table;
}

// Shares of the names of either kind that bear a top-level domain.
class Tlds {
  public:
    void add(std::string_view suffix, bool generated, double weight) {
        counts_[generated][dga_tld_slot(suffix)] += weight;
        sums_[generated] += weight;
    }

    [[nodiscard]] std::vector<int8_t> odds() const {
        constexpr double doubt = 0.002;  // of all names: what a rarer one tells fades
        std::vector<int8_t> table(dga_tld_slots);
        for (size_t i = 0; i < dga_tld_slots; ++i) {
            const double generated = counts_[1][i] / std::max(sums_[1], 1.0) + doubt;
            const double benign = counts_[0][i] / std::max(sums_[0], 1.0) + doubt;
            table[i] = static_cast<int8_t>(
                std::clamp(static_cast<int>(exact_log2(generated / benign) * dga_log_unit), -127, 127));
        }
        return table;
    }

  private:
    std::array<std::vector<double>, 2> counts_ = {std::vector<double>(dga_tld_slots),
                                                  std::vector<double>(dga_tld_slots)};
    std::array<double, 2> sums_{};
};

}  // namespace

DgaTables OwnTables::view() const {
    DgaTables view;
    for (size_t i = 0; i < dga_languages; ++i) view.trigrams[i] = trigrams[i].data();
    for (size_t i = 0; i < dga_fragment_lengths; ++i) view.fragments[i] = fragments[i].data();
    view.tlds = tlds.data();
    return view;
}

std::vector<double> sample_weights(const Corpus& corpus) {
    std::vector<double> weights;
    for (const Sample& sample : corpus.samples) {
        const Source& source = corpus.sources[sample.source];
        weights.push_back(source.share / std::max(static_cast<double>(source.names),
                                                  source.generated ? full_family : full_list));
    }
    return weights;
}

OwnTables build_tables(const Corpus& corpus, const std::vector<double>& weights,
                       const std::function<bool(size_t)>& use) {
    constexpr double count_scale = 1000;  // a source of full weight counts as that many names
    std::array<Trigrams, dga_languages> trigrams;
    std::array<FragmentCounts, dga_fragment_lengths> fragments;
    Tlds tlds;
    for (size_t i = 0; i < corpus.samples.size(); ++i) {
        if (!use(i)) continue;
        const Sample& sample = corpus.samples[i];
        const bool generated = corpus.sources[sample.source].generated;
        DgaName name;
        if (!dga_name_of(sample.domain, name)) continue;
        const DgaSymbols symbols = dga_symbols_of(name.label);
        tlds.add(name.suffix, generated, weights[i]);
        if (generated) {
            trigrams[dga_of_generators].add(symbols, weights[i] * count_scale);
            continue;
        }
        trigrams[sample.source == 0 ? dga_of_top_sites : dga_of_many_sites].add(symbols, 1);
        for (size_t n = 0; n < dga_fragment_lengths; ++n)
            count_fragments(symbols, dga_shortest_fragment + n, fragments[n]);
    }
    OwnTables tables;
    for (size_t i = 0; i < dga_languages; ++i) tables.trigrams[i] = trigrams[i].logarithms();
    for (size_t i = 0; i < dga_fragment_lengths; ++i) tables.fragments[i] = fragment_table(fragments[i]);
    tables.tlds = tlds.odds();
    return tables;
}

}  // namespace dnsexp::training
