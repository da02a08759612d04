#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "test/support/temporary_folder.h"
#include "train/dga/corpus.h"

using namespace dnsexp;
using namespace dnsexp::training;

namespace {

struct Lists {
    test::TemporaryFolder folder;
    CorpusFiles files;

    Lists() {
        folder.write("suffixes", "com\nnet\nuk\nco.uk\n");
        folder.write("top", "www.Google.com\nqzxkw.com\nbbc.co.uk\nco.uk\nxn--bcher-kva.com\n");
        folder.write("many", "a.com,1\nb.com,2\nc.com,3\nd.com,4\nbbc.co.uk,5\n");
        folder.write("generated", "domain,family\nwqpfz.net,one\nqzxkw.com,one\nd.com,one\nlkjhg.net,two\n");
        folder.write("doubtful", "# a comment\nqzxkw.com\nwqpfz.net\n");
        files.suffixes = folder.path("suffixes");
        files.benign = {"top=" + folder.path("top"), "many=" + folder.path("many")};
        files.generated = folder.path("generated");
        files.doubtful = folder.path("doubtful");
    }
};

// Samples by source and domain.
std::map<std::string, Sample> by_name(const Corpus& corpus) {
    std::map<std::string, Sample> samples;
    for (const Sample& sample : corpus.samples)
        samples[corpus.sources[sample.source].name + " " + sample.domain] = sample;
    return samples;
}

}  // namespace

TEST_CASE("A corpus has each registrable domain of a source that can be judged") {
    const Lists lists;
    auto corpus = read_corpus(lists.files, 100, 100);
    REQUIRE(corpus);
    const auto samples = by_name(*corpus);
    CHECK(corpus->sources.size() == 4);
    CHECK(samples.size() == 10);
    CHECK(samples.contains("top google.com"));
    CHECK(samples.contains("top bbc.co.uk"));
    CHECK(samples.contains("many bbc.co.uk"));
    CHECK_FALSE(corpus->sources[1].generated);
    CHECK(corpus->sources[2].generated);
}

TEST_CASE("What a benign list has is no generated name, learned from or not, doubtful or not") {
    const Lists lists;
    auto corpus = read_corpus(lists.files, 100, 1);
    REQUIRE(corpus);
    const auto samples = by_name(*corpus);
    CHECK(samples.contains("one wqpfz.net"));
    CHECK_FALSE(samples.contains("one qzxkw.com"));
    CHECK_FALSE(samples.contains("one d.com"));
}

TEST_CASE("Doubtful are the listed names of benign lists alone, and none is lost for that") {
    const Lists lists;
    auto corpus = read_corpus(lists.files, 100, 100);
    REQUIRE(corpus);
    for (const auto& [name, sample] : by_name(*corpus)) {
        CAPTURE(name);
        CHECK(sample.doubtful == (name == "top qzxkw.com"));
    }
}

TEST_CASE("Of a large source a fixed choice is learned from, and all names are there to be judged") {
    const Lists lists;
    auto corpus = read_corpus(lists.files, 100, 2);
    REQUIRE(corpus);
    std::map<std::string, int> learned;
    for (const Sample& sample : corpus->samples)
        learned[corpus->sources[sample.source].name] += sample.to_learn ? 1 : 0;
    CHECK(learned == std::map<std::string, int>{{"top", 2}, {"many", 2}, {"one", 1}, {"two", 1}});
    CHECK(corpus->sources[1].names == 5);
}

TEST_CASE("A list that can't be read is named") {
    Lists lists;
    lists.files.doubtful = lists.folder.path("missing");
    auto corpus = read_corpus(lists.files, 100, 100);
    REQUIRE_FALSE(corpus);
    CHECK(corpus.error().message().find("missing") != std::string::npos);
}
