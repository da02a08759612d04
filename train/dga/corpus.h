// The names to learn from: registrable domains by source, a generator's family or a list of benign names.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp::training {

struct Source {
    std::string name;
    uint32_t kept_out_with =
        0;  // number of the source that a training misses together with it: itself, mostly
    bool generated = false;
    size_t names = 0;  // in the corpus
    double share = 1;  // weight of all its names together, against other sources of its kind
};

struct Sample {
    std::string domain;
    uint32_t source = 0;
    uint64_t draw = 0;      // a hash of the domain: folds and samples are chosen by it
    bool to_learn = true;   // or only to be judged: a large source has more names than a training needs
    bool doubtful = false;  // on a benign list, but on the list of doubtful names too
};

struct Corpus {
    std::vector<Source> sources;
    std::vector<Sample> samples;  // by source, in the order of `draw`
};

struct CorpusFiles {
    std::string generated;            // lines of domain,family with a heading
    std::vector<std::string> benign;  // SOURCE=PATH: a domain a line, or the first field of CSV
    std::string suffixes;             // public_suffix_list.dat
    std::string doubtful;  // domains of benign lists that look like generated ones, one a line; may be empty
};

// Of each source at most so many names are learned from: more cost time and tell no more.
inline constexpr size_t default_most_generated = 800;
inline constexpr size_t default_most_benign = 25000;

// Reads plain text or, by a pipe of xz, what ends in .xz. Keeps each registrable domain of a source once,
// leaves out IDNs, bare suffixes and generated names that a benign list has too. Of a larger source than
// `most` names a fixed choice is to be learned from.
Result<Corpus> read_corpus(const CorpusFiles& files, size_t most_generated, size_t most_benign);

// Reads lines of domain,family with a heading, "benign" for benign ones, whose domains are registrable ones.
Result<Corpus> read_labelled(const std::string& path);

// The part of a corpus that `use` admits, with the same numbers of sources.
Corpus chosen(const Corpus& corpus, const std::function<bool(size_t)>& use);

}  // namespace dnsexp::training
