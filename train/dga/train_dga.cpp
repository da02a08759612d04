// Trains the DGA name model and writes its blob; README.md has the command.
#include <charconv>
#include <cstdio>
#include <cstring>

#include "exporter/security/dga_blob.h"
#include "train/dga/blob_writer.h"

namespace dnsexp::training {
namespace {

constexpr const char* usage =
    "usage: train_dga --generated FILE --suffixes FILE --left-out FILE --benign NAME=FILE... --out FILE\n"
    "Reads plain text and, where the name ends in .xz, what xz unpacks. The first benign list stands for top "
    "sites.\n";

// Names of a benign list above the threshold. The bound is 0.005; the rest is margin for other lists.
constexpr double benign_above = 0.0035;
// A list with fewer names says too little about so small a share.
constexpr size_t names_for_threshold = 2000;

double choose_threshold(const Corpus& corpus, const std::vector<double>& scores) {
    double threshold = -1e9;
    for (uint32_t source = 0; source < corpus.sources.size(); ++source)
        if (!corpus.sources[source].generated && corpus.sources[source].names >= names_for_threshold)
            threshold = std::max(threshold, score_above(scores_of(corpus, scores, source), benign_above));
    return threshold;
}

void report(const Corpus& corpus, const std::vector<double>& scores, double threshold) {
    double sum = 0;
    size_t families = 0;
    for (uint32_t source = 0; source < corpus.sources.size(); ++source) {
        const Source& kept_out = corpus.sources[source];
        const double found = share_above(scores_of(corpus, scores, source), threshold);
        std::printf("%-9s %-28s %6zu names  %7.3f %%\n", kept_out.generated ? "generated" : "benign",
                    kept_out.name.c_str(), kept_out.names, found * 100);
        if (!kept_out.generated) continue;
        sum += found;
        ++families;
    }
    std::printf("mean of %zu families, each kept out: %.1f %%\n", families,
                sum * 100 / static_cast<double>(families));
}

bool write_file(const std::string& path, const std::vector<uint8_t>& bytes) {
    FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return false;
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    return (std::fclose(file) == 0) && written;
}

int run(const CorpusFiles& files, const std::string& out) {
    auto corpus = read_corpus(files, default_most_generated, default_most_benign);
    if (!corpus) {
        std::fprintf(stderr, "train_dga: %s\n", corpus.error().message().c_str());
        return 1;
    }
    const TrainingOptions options;
    const auto scores = held_out_scores(*corpus, options, default_parts);
    const double threshold = choose_threshold(*corpus, scores);
    report(*corpus, scores, threshold);
    const Trained trained = train(
        *corpus, [](size_t) { return true; }, options);
    const auto bytes = write_blob(trained, calibrate(*corpus, scores), threshold);
    if (!write_file(out, bytes)) {
        std::fprintf(stderr, "train_dga: write %s: %s\n", out.c_str(), std::strerror(errno));
        return 1;
    }
    std::printf("%s: %zu octets, checksum %08x\n", out.c_str(), bytes.size(),
                dga_checksum(std::span(bytes).first(bytes.size() - dga_blob_sum)));
    return 0;
}

}  // namespace
}  // namespace dnsexp::training

int main(int argc, char** argv) {
    dnsexp::training::CorpusFiles files;
    std::string out;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        if (option == "--generated") files.generated = argv[i + 1];
        if (option == "--suffixes") files.suffixes = argv[i + 1];
        if (option == "--left-out") files.left_out = argv[i + 1];
        if (option == "--benign") files.benign.emplace_back(argv[i + 1]);
        if (option == "--out") out = argv[i + 1];
    }
    if (argc % 2 == 0 || files.generated.empty() || files.suffixes.empty() || files.left_out.empty() ||
        files.benign.empty() || out.empty()) {
        std::fputs(dnsexp::training::usage, stderr);
        return 2;
    }
    return dnsexp::training::run(files, out);
}
