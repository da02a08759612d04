// Trains the DGA name model and writes its blob; README.md has the command.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "exporter/security/dga_blob.h"
#include "train/dga/blob_writer.h"

namespace dnsexp::training {
namespace {

constexpr const char* usage =
    "usage: train_dga --generated FILE --suffixes FILE --doubtful FILE --benign NAME=FILE... --out FILE\n"
    "Reads plain text and, where the name ends in .xz, what xz unpacks. The first benign list stands for top "
    "sites.\n";

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
    const double threshold = operating_threshold(*corpus, scores);
    const Trained trained = train(*corpus, options);
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
        if (option == "--doubtful") files.doubtful = argv[i + 1];
        if (option == "--benign") files.benign.emplace_back(argv[i + 1]);
        if (option == "--out") out = argv[i + 1];
    }
    if (argc % 2 == 0 || files.generated.empty() || files.suffixes.empty() || files.doubtful.empty() ||
        files.benign.empty() || out.empty()) {
        std::fputs(dnsexp::training::usage, stderr);
        return 2;
    }
    return dnsexp::training::run(files, out);
}
