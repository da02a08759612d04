// How much of generated names the DGA model finds and how many benign ones it takes for such, by family and
// by list, and what a verdict costs. Prints; fails only on bad flags and unreadable data.
//   dga_accuracy [--parts N] [--full]
// With DNSEXP_DATA, the folder of the shared data or another one laid out alike: first the model in the
// binary, whose training knew many names of the shared data; then models of which each was trained without
// the families and benign names that it is asked for, in N parts (6), and with --full in a part a family and
// with each benign list kept out as a whole. Without: the model in the binary on dga_names.csv, which is too
// small to compare models by. Benign names are all that the lists have. Beside it stand the figures without
// the doubtful names of train/dga/doubtful_names.txt, and say so.
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "exporter/security/dga_model.h"
#include "train/dga/evaluation.h"

using namespace dnsexp;
using namespace dnsexp::training;

namespace {

constexpr double allowed_share = 0.005;  // of benign names: the bound at which recall is compared

struct Options {
    size_t parts = 6;
    bool full = false;
};

std::optional<Options> parse_options(int argc, char** argv) {
    static const option known[] = {
        {"parts", required_argument, nullptr, 'p'}, {"full", no_argument, nullptr, 'f'}, {}};
    Options options;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        if (c == 'f') {
            options.full = true;
            continue;
        }
        if (c != 'p') return std::nullopt;
        const char* end = optarg + std::strlen(optarg);
        const auto [last, error] = std::from_chars(optarg, end, options.parts);
        if (error != std::errc() || last != end || options.parts < 2 || options.parts > 100)
            return std::nullopt;
    }
    if (optind != argc) return std::nullopt;
    return options;
}

// The folder's files; the list of top sites first, since the first has a table of its own in training.
CorpusFiles files_of(const std::filesystem::path& data) {
    CorpusFiles files;
    files.generated = data / "dga/dga.csv.xz";
    files.suffixes = data / "publicsuffix/public_suffix_list.dat.xz";
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(data / "benign", error)) {
        const std::string file = entry.path().filename();
        files.benign.push_back(file.substr(0, file.find('.')) + "=" + entry.path().string());
    }
    std::sort(files.benign.begin(), files.benign.end());
    std::stable_partition(files.benign.begin(), files.benign.end(),
                          [](const std::string& list) { return list.find("-top=") != std::string::npos; });
    return files;
}

double mean_found(const Corpus& corpus, const std::vector<double>& scores, double threshold) {
    double sum = 0;
    size_t families = 0;
    for (uint32_t source = 0; source < corpus.sources.size(); ++source) {
        if (!corpus.sources[source].generated) continue;
        sum += share_above(scores_of(corpus, scores, source), threshold);
        ++families;
    }
    return families == 0 ? 0 : sum / static_cast<double>(families);
}

struct Pool {
    std::string name;
    std::vector<double> scores;
};

// A pool of names as they are, and behind it, where some are doubtful, the pool without these.
void add_pools(std::vector<Pool>& pools, const std::string& name, std::vector<double> all,
               std::vector<double> without) {
    const bool same = all.size() == without.size();
    pools.push_back({name, std::move(all)});
    if (!same) pools.push_back({name + " without doubtful ones", std::move(without)});
}

std::vector<Pool> benign_pools(const Corpus& corpus, const std::vector<double>& scores) {
    std::vector<Pool> pools;
    for (uint32_t source = 0; source < corpus.sources.size(); ++source)
        if (!corpus.sources[source].generated)
            add_pools(pools, corpus.sources[source].name, scores_of(corpus, scores, source),
                      scores_of(corpus, scores, source, Doubtful::without));
    add_pools(pools, "all benign names", benign_scores(corpus, scores),
              benign_scores(corpus, scores, Doubtful::without));
    return pools;
}

void print_row(const char* kind, const std::string& name, const std::vector<double>& scores,
               double threshold) {
    std::printf("  %-9s %-39s %6zu names %8.3f %%\n", kind, name.c_str(), scores.size(),
                share_above(scores, threshold) * 100);
}

// The shares above `threshold`, and the mean of families found there and where 0.5 % of a pool lie above.
void print_figures(const Corpus& corpus, const std::vector<double>& scores, double threshold) {
    const auto pools = benign_pools(corpus, scores);
    for (const Pool& pool : pools) print_row("benign", pool.name, pool.scores, threshold);
    for (uint32_t source = 0; source < corpus.sources.size(); ++source)
        if (corpus.sources[source].generated)
            print_row("generated", corpus.sources[source].name, scores_of(corpus, scores, source), threshold);
    std::printf("  mean of families found %.1f %%\n", mean_found(corpus, scores, threshold) * 100);
    for (const Pool& pool : pools) {
        if (pool.scores.size() < names_for_threshold) continue;
        const double bound = score_above(pool.scores, allowed_share);
        std::printf("  at %.1f %% of %-40s mean of families found %5.1f %% (score above %.2f)\n",
                    allowed_share * 100, (pool.name + ":").c_str(), mean_found(corpus, scores, bound) * 100,
                    bound);
    }
}

void judge_with_built_in(const Corpus& corpus) {
    const DgaModel& model = DgaModel::built_in();
    std::vector<double> scores;
    const auto start = std::chrono::steady_clock::now();
    for (const Sample& sample : corpus.samples) scores.push_back(model.judge(sample.domain).log_odds);
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    std::printf("model in the binary, threshold %.2f, %.0f ns a name\n", model.threshold(),
                taken.count() / static_cast<double>(corpus.samples.size()));
    print_figures(corpus, scores, model.threshold());
}

void judge_kept_out(const Corpus& corpus, size_t parts) {
    const auto scores = held_out_scores(corpus, {}, parts);
    const double threshold = operating_threshold(corpus, scores);
    std::printf(
        "kept out of training: families and benign names in %zu parts; scores before calibration, threshold "
        "%.2f\n",
        parts, threshold);
    print_figures(corpus, scores, threshold);
}

// Trains without one benign list and says what it makes of it at the threshold of the others.
void judge_list(const Corpus& corpus, uint32_t list) {
    const auto kept_out = [&](size_t i) { return corpus.samples[i].source == list; };
    const Corpus rest = chosen(corpus, [&](size_t i) { return !kept_out(i); });
    const double threshold = operating_threshold(rest, held_out_scores(rest, {}, default_parts));
    const Trained trained = train(rest, {});
    const Corpus listed = chosen(corpus, kept_out);
    std::vector<double> scores;
    for (const Sample& sample : listed.samples) scores.push_back(score(trained, sample.domain));
    std::printf("list kept out as a whole, share above the threshold that the other lists give\n");
    std::vector<Pool> pools;
    add_pools(pools, corpus.sources[list].name, scores, benign_scores(listed, scores, Doubtful::without));
    for (const Pool& pool : pools) print_row("benign", pool.name, pool.scores, threshold);
}

int fail(const Error& error) {
    std::fprintf(stderr, "dga_accuracy: %s\n", error.message().c_str());
    return 1;
}

int run(const Options& options) {
    const char* data = std::getenv("DNSEXP_DATA");
    if (data == nullptr) {
        std::printf("DNSEXP_DATA is not set: figures of the project's own few names\n");
        auto corpus = read_labelled(DNSEXP_SOURCE_DIR "/test/bench/dga_names.csv");
        if (!corpus) return fail(corpus.error());
        judge_with_built_in(*corpus);
        return 0;
    }
    CorpusFiles files = files_of(data);
    files.doubtful = DNSEXP_SOURCE_DIR "/train/dga/doubtful_names.txt";
    auto corpus = read_corpus(files, default_most_generated, default_most_benign);
    if (!corpus) return fail(corpus.error());
    judge_with_built_in(*corpus);
    judge_kept_out(*corpus, options.full ? corpus->sources.size() : options.parts);
    for (uint32_t list = 0; options.full && list < corpus->sources.size(); ++list)
        if (!corpus->sources[list].generated && corpus->sources[list].names >= names_for_threshold)
            judge_list(*corpus, list);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) {
        std::fprintf(stderr, "usage: dga_accuracy [--parts 2..100] [--full]\n");
        return 2;
    }
    return run(*options);
}
