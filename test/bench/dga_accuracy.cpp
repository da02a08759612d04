// How much of generated names the DGA model finds and how many benign ones it takes for such, by family and
// by list, and what a verdict costs. Prints; fails only on bad flags and unreadable data.
//   dga_accuracy [--parts N] [--full]
// With DNSEXP_DATA, the folder of the shared data: first the model in the binary, whose training knew the
// names of that data; then models of which each was trained without the families and benign names that it is
// asked for, in N parts (6), and with --full in a part a family and with each benign list kept out as a
// whole. Without: the model in the binary on dga_names.csv, which is too small to compare models by.
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
constexpr size_t evaluated_names = 20000;

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

std::vector<double> benign_scores(const Corpus& corpus, const std::vector<double>& scores) {
    std::vector<double> result;
    for (size_t i = 0; i < scores.size(); ++i)
        if (!corpus.sources[corpus.samples[i].source].generated) result.push_back(scores[i]);
    return result;
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

// A row a source: the share above `threshold`.
void print_sources(const Corpus& corpus, const std::vector<double>& scores, double threshold) {
    for (uint32_t source = 0; source < corpus.sources.size(); ++source) {
        const Source& row = corpus.sources[source];
        std::printf("  %-9s %-26s %6zu names %8.3f %%\n", row.generated ? "generated" : "benign",
                    row.name.c_str(), row.names,
                    share_above(scores_of(corpus, scores, source), threshold) * 100);
    }
}

void print_at_bound(const Corpus& corpus, const std::vector<double>& scores) {
    const auto print = [&](const std::string& list, double threshold) {
        std::printf("  at %.1f %% of %-28s mean of families found %5.1f %% (score above %.2f)\n",
                    allowed_share * 100, (list + ":").c_str(), mean_found(corpus, scores, threshold) * 100,
                    threshold);
    };
    print("all benign names", score_above(benign_scores(corpus, scores), allowed_share));
    for (uint32_t source = 0; source < corpus.sources.size(); ++source)
        if (!corpus.sources[source].generated && corpus.sources[source].names >= names_for_threshold)
            print(corpus.sources[source].name, score_above(scores_of(corpus, scores, source), allowed_share));
}

void judge_with_built_in(const Corpus& corpus) {
    const DgaModel& model = DgaModel::built_in();
    std::vector<double> scores;
    const auto start = std::chrono::steady_clock::now();
    for (const Sample& sample : corpus.samples) scores.push_back(model.judge(sample.domain).log_odds);
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    std::printf("model in the binary, threshold %.2f, %.0f ns a name\n", model.threshold(),
                taken.count() / static_cast<double>(corpus.samples.size()));
    print_sources(corpus, scores, model.threshold());
    std::printf("  mean of families found %.1f %%, benign names taken for generated %.3f %%\n",
                mean_found(corpus, scores, model.threshold()) * 100,
                share_above(benign_scores(corpus, scores), model.threshold()) * 100);
    print_at_bound(corpus, scores);
}

void judge_kept_out(const Corpus& corpus, size_t parts) {
    const auto scores = held_out_scores(corpus, {}, parts);
    const double threshold = operating_threshold(corpus, scores);
    std::printf(
        "kept out of training: families and benign names in %zu parts; scores before calibration, threshold "
        "%.2f\n",
        parts, threshold);
    print_sources(corpus, scores, threshold);
    std::printf("  mean of families found %.1f %%\n", mean_found(corpus, scores, threshold) * 100);
    print_at_bound(corpus, scores);
}

// Trains without one benign list and says what it makes of it at the threshold of the others.
void judge_list(const Corpus& corpus, uint32_t list) {
    const auto kept_out = [&](size_t i) { return corpus.samples[i].source == list; };
    const Corpus rest = chosen(corpus, [&](size_t i) { return !kept_out(i); });
    const double threshold = operating_threshold(rest, held_out_scores(rest, {}, default_parts));
    const Trained trained = train(rest, {});
    std::vector<double> scores;
    for (size_t i = 0; i < corpus.samples.size(); ++i)
        if (kept_out(i)) scores.push_back(score(trained, corpus.samples[i].domain));
    std::printf("list %s kept out as a whole: %.3f %% above the threshold that the other lists give\n",
                corpus.sources[list].name.c_str(), share_above(scores, threshold) * 100);
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
    auto all = read_corpus(files, evaluated_names, evaluated_names);
    if (!all) return fail(all.error());
    judge_with_built_in(*all);
    files.left_out = DNSEXP_SOURCE_DIR "/train/dga/generated_in_benign.txt";
    auto corpus = read_corpus(files, default_most_generated, default_most_benign);
    if (!corpus) return fail(corpus.error());
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
