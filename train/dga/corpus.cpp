#include "train/dga/corpus.h"

#include <libpsl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <unordered_set>

#include "exporter/fold/hash.h"
#include "exporter/security/dga_features.h"

namespace dnsexp::training {
namespace {

constexpr uint64_t draw_seed = 6;  // fixed: the choice of names is part of the model

struct Suffixes {
    std::unique_ptr<psl_ctx_t, void (*)(psl_ctx_t*)> list{nullptr, psl_free};

    // "" where the name is a suffix itself.
    [[nodiscard]] std::string registrable(const std::string& name) const {
        const char* domain = psl_registrable_domain(list.get(), name.c_str());
        return domain != nullptr ? domain : "";
    }
};

using Pipe = std::unique_ptr<FILE, int (*)(FILE*)>;

std::string quoted(const std::string& text) {
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'')
            word += "'\\''";
        else
            word += c;
    }
    return word + "'";
}

Result<std::string> read_text(const std::string& path) {
    const bool packed = path.ends_with(".xz");
    const Pipe file = packed ? Pipe(popen(("xz -dc -- " + quoted(path)).c_str(), "r"), pclose)
                             : Pipe(std::fopen(path.c_str(), "r"), std::fclose);
    if (!file) return Error{"read", path, errno, "", ""};
    std::string text;
    char block[65536];
    while (const size_t got = std::fread(block, 1, sizeof block, file.get())) text.append(block, got);
    if (text.empty()) return Error{"read", path, 0, "no bytes", packed ? "is xz installed?" : ""};
    return text;
}

template <typename Each>
void each_line(const std::string& text, Each each) {
    for (size_t at = 0; at < text.size();) {
        size_t end = text.find('\n', at);
        if (end == std::string::npos) end = text.size();
        std::string line = text.substr(at, end - at);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (!line.empty() && line[0] != '#') each(line);
        at = end + 1;
    }
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

using Names = std::unordered_set<std::string>;

// The names of one source, chosen and in order.
class Collector {
  public:
    Collector(const Suffixes& suffixes, Names doubtful, Corpus& corpus)
        : suffixes_(suffixes), doubtful_(std::move(doubtful)), corpus_(corpus) {}

    void add(const std::string& name) {
        std::string domain = suffixes_.registrable(lower(name));
        DgaName parts;
        if (dga_name_of(domain, parts)) found_.insert(std::move(domain));
    }

    // Benign sources come first: what they have is in no generated one.
    void finish(const std::string& name, bool generated, size_t most) {
        const auto number = static_cast<uint32_t>(corpus_.sources.size());
        std::vector<Sample> samples;
        for (const std::string& domain : found_) {
            if (generated && benign_.contains(domain)) continue;
            samples.push_back({domain, number, hash_bytes(domain, draw_seed)});
            samples.back().doubtful = !generated && doubtful_.contains(domain);
            if (!generated) benign_.insert(domain);
        }
        found_.clear();
        if (samples.empty()) return;
        std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
            return a.draw != b.draw ? a.draw < b.draw : a.domain < b.domain;
        });
        for (size_t i = most; i < samples.size(); ++i) samples[i].to_learn = false;
        corpus_.sources.push_back({name, number, generated, samples.size(), 1});
        corpus_.samples.insert(corpus_.samples.end(), samples.begin(), samples.end());
    }

  private:
    const Suffixes& suffixes_;
    const Names doubtful_;
    Corpus& corpus_;
    Names found_, benign_;
};

Result<Names> read_doubtful(const std::string& path) {
    Names names;
    if (path.empty()) return names;
    auto text = read_text(path);
    if (!text) return text.error();
    each_line(*text, [&](const std::string& line) { names.insert(line); });
    return names;
}

Status read_benign(const CorpusFiles& files, Collector& collector, size_t most) {
    for (const std::string& entry : files.benign) {
        const size_t equals = entry.find('=');
        if (equals == std::string::npos) return Error{"read list", entry, 0, "is not NAME=PATH", ""};
        auto text = read_text(entry.substr(equals + 1));
        if (!text) return text.error();
        each_line(*text, [&](const std::string& line) { collector.add(line.substr(0, line.find(','))); });
        collector.finish(entry.substr(0, equals), false, most);
    }
    return ok();
}

Status read_generated(const CorpusFiles& files, Collector& collector, size_t most) {
    auto text = read_text(files.generated);
    if (!text) return text.error();
    std::string family;
    each_line(*text, [&](const std::string& line) {
        const size_t comma = line.find(',');
        if (comma == std::string::npos || line == "domain,family") return;
        if (line.substr(comma + 1) != family) {
            collector.finish(family, true, most);
            family = line.substr(comma + 1);
        }
        collector.add(line.substr(0, comma));
    });
    collector.finish(family, true, most);
    return ok();
}

}  // namespace

Result<Corpus> read_corpus(const CorpusFiles& files, size_t most_generated, size_t most_benign) {
    auto rules = read_text(files.suffixes);
    if (!rules) return rules.error();
    Suffixes suffixes;
    const std::unique_ptr<FILE, int (*)(FILE*)> memory(fmemopen(rules->data(), rules->size(), "r"),
                                                       std::fclose);
    if (memory) suffixes.list.reset(psl_load_fp(memory.get()));
    if (!suffixes.list) return Error{"read public suffix list", files.suffixes, 0, "no rules", ""};
    auto doubtful = read_doubtful(files.doubtful);
    if (!doubtful) return doubtful.error();
    Corpus corpus;
    Collector collector(suffixes, std::move(*doubtful), corpus);
    if (auto status = read_benign(files, collector, most_benign); !status) return status.error();
    if (auto status = read_generated(files, collector, most_generated); !status) return status.error();
    return corpus;
}

Result<Corpus> read_labelled(const std::string& path) {
    auto text = read_text(path);
    if (!text) return text.error();
    Corpus corpus;
    each_line(*text, [&](const std::string& line) {
        const size_t comma = line.find(',');
        if (comma == std::string::npos || line == "domain,family") return;
        const std::string name = line.substr(comma + 1);
        if (corpus.sources.empty() || corpus.sources.back().name != name)
            corpus.sources.push_back(
                {name, static_cast<uint32_t>(corpus.sources.size()), name != "benign", 0, 1});
        ++corpus.sources.back().names;
        corpus.samples.push_back(
            {line.substr(0, comma), static_cast<uint32_t>(corpus.sources.size() - 1), 0});
    });
    return corpus;
}

Corpus chosen(const Corpus& corpus, const std::function<bool(size_t)>& use) {
    Corpus result{corpus.sources, {}};
    for (Source& source : result.sources) source.names = 0;
    for (size_t i = 0; i < corpus.samples.size(); ++i) {
        if (!use(i)) continue;
        result.samples.push_back(corpus.samples[i]);
        ++result.sources[corpus.samples[i].source].names;
    }
    return result;
}

}  // namespace dnsexp::training
