#include "train/dga/breeding.h"

#include "exporter/fold/hash.h"
#include "exporter/security/dga_features.h"
#include "train/dga/random.h"

namespace dnsexp::training {
namespace {

constexpr size_t shortest = 6;  // shorter names tell nothing of a generator

// What families lend.
struct Traits {
    std::string family;
    uint32_t source = 0;
    std::string characters;  // of all names, one behind the other
    std::vector<size_t> lengths;
    std::vector<std::string> suffixes;
};

std::vector<Traits> traits_of(const Corpus& corpus, bool generated) {
    std::vector<Traits> result(corpus.sources.size());
    for (const Sample& sample : corpus.samples) {
        DgaName name;
        if (corpus.sources[sample.source].generated != generated || !dga_name_of(sample.domain, name))
            continue;
        Traits& traits = result[sample.source];
        traits.family = corpus.sources[sample.source].name;
        traits.source = sample.source;
        traits.characters += name.label;
        if (name.label.size() >= shortest) traits.lengths.push_back(name.label.size());
        traits.suffixes.emplace_back(name.suffix);
    }
    std::erase_if(result, [](const Traits& traits) { return traits.lengths.empty(); });
    return result;
}

// A character of the family; `chained`, one that follows the last one somewhere in its names.
char next_character(const Traits& donor, const std::string& before, bool chained, Random& random) {
    const std::string& all = donor.characters;
    const size_t at = random.below(all.size());
    if (!chained || before.empty()) return all[at];
    for (size_t i = 0; i + 1 < all.size(); ++i)
        if (const size_t here = (at + i) % (all.size() - 1); all[here] == before.back()) return all[here + 1];
    return all[at];
}

template <typename T>
const T& any(const std::vector<T>& values, Random& random) {
    return values[random.below(values.size())];
}

}  // namespace

void add_bred_families(Corpus& corpus, const BreedingOptions& options) {
    const auto families = traits_of(corpus, true);
    const auto lists = traits_of(corpus, false);
    if (options.names == 0 || families.empty() || lists.empty()) return;
    for (const Traits& donor : families) {
        Random random(hash_bytes(donor.family, options.seed));
        const auto number = static_cast<uint32_t>(corpus.sources.size());
        corpus.sources.push_back(
            {"bred from " + donor.family, donor.source, true, options.names, options.share});
        for (size_t i = 0; i < options.names; ++i) {
            std::string domain;
            const size_t length = any(any(families, random).lengths, random);
            const bool chained = random.chance(options.chained);
            while (domain.size() < length) domain += next_character(donor, domain, chained, random);
            if (domain[0] == '-') domain[0] = 'a';
            const bool benign = random.chance(options.benign_suffix);
            domain += '.' + any(any(benign ? lists : families, random).suffixes, random);
            corpus.samples.push_back({domain, number, hash_bytes(domain, options.seed)});
        }
    }
}

}  // namespace dnsexp::training
