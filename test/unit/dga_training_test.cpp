#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "exporter/fold/hash.h"
#include "exporter/security/dga_model.h"
#include "train/dga/blob_writer.h"
#include "train/dga/exact_math.h"
#include "train/dga/random.h"

using namespace dnsexp;
using namespace dnsexp::training;

namespace {

void add_source(Corpus& corpus, const std::string& name, bool generated) {
    corpus.sources.push_back({name, static_cast<uint32_t>(corpus.sources.size()), generated, 0, 1});
}

void add_name(Corpus& corpus, const std::string& domain) {
    const auto source = static_cast<uint32_t>(corpus.sources.size() - 1);
    corpus.samples.push_back({domain, source, hash_bytes(domain, 1)});
    ++corpus.sources[source].names;
}

// Two lists of names from a few words, and three families of letters drawn by chance, of different lengths.
Corpus small_corpus() {
    const std::vector<std::string> words = {"water", "stone", "river",  "market", "garden", "silver",
                                            "house", "light", "forest", "bridge", "summer", "paper"};
    Random random(4);
    Corpus corpus;
    for (const std::string list : {"top", "many"}) {
        add_source(corpus, list, false);
        for (int i = 0; i < 300; ++i)
            add_name(corpus,
                     words[random.below(12)] + words[random.below(12)] + std::to_string(i % 9) + ".com");
    }
    for (const size_t length : {10, 13, 16}) {
        add_source(corpus, "letters " + std::to_string(length), true);
        for (int i = 0; i < 200; ++i) {
            std::string label;
            while (label.size() < length) label += static_cast<char>('a' + random.below(26));
            add_name(corpus, label + ".net");
        }
    }
    return corpus;
}

TrainingOptions small_options() {
    TrainingOptions options;
    options.boosting.trees = 12;
    options.breeding.names = 50;
    return options;
}

}  // namespace

TEST_CASE("The training's logarithm and exponential are the library's, but for rounding") {
    for (double x = 1e-9; x < 1e9; x *= 1.7)
        CHECK(exact_log2(x) == Approx(std::log2(x)).epsilon(1e-11).margin(1e-11));
    for (double x = -40; x <= 40; x += 0.37) CHECK(exact_exp(x) == Approx(std::exp(x)).epsilon(1e-11));
    CHECK(exact_exp(1000) == exact_exp(40));
    CHECK(exact_exp(-1000) == exact_exp(-40));
}

TEST_CASE("What may follow two characters sums to certainty, seen together or not") {
    const Corpus corpus = small_corpus();
    const OwnTables tables = build_tables(corpus, sample_weights(corpus), [](size_t) { return true; });
    for (const auto& logarithms : tables.trigrams)
        for (size_t context = 0; context < dga_symbols * dga_symbols; ++context) {
            double sum = 0;
            for (size_t now = 0; now < dga_symbols; ++now)
                sum += std::exp2(static_cast<double>(logarithms[context * dga_symbols + now]) / dga_log_unit);
            // A logarithm is off by 1/32 at most, and never below -127/16.
            REQUIRE(sum > 0.97);
            REQUIRE(sum < 1.03 + dga_symbols * std::exp2(-127.0 / dga_log_unit));
        }
}

TEST_CASE("A top-level domain that only generators use speaks for them, one that only people use against") {
    const Corpus corpus = small_corpus();  // benign .com, generated .net
    const OwnTables tables = build_tables(corpus, sample_weights(corpus), [](size_t) { return true; });
    CHECK(tables.tlds[dga_tld_slot("net")] > 4 * dga_log_unit);
    CHECK(tables.tlds[dga_tld_slot("com")] < -4 * dga_log_unit);
    CHECK(tables.tlds[dga_tld_slot("example")] == 0);
}

TEST_CASE("A fragment is known when two benign names share it, and as common as the names are many") {
    Corpus corpus;
    add_source(corpus, "top", false);
    for (int i = 0; i < 30; ++i)
        add_name(corpus, std::string(1, static_cast<char>('a' + i % 26)) + "bank.com");
    add_name(corpus, "twin.com");
    add_name(corpus, "twins.com");
    add_name(corpus, "single.com");
    const OwnTables tables = build_tables(corpus, sample_weights(corpus), [](size_t) { return true; });
    const auto level = [&](const std::string& text) {
        uint64_t fragment = 0;
        for (const char c : text) fragment = fragment << 5 | static_cast<uint64_t>(c - 'a');
        const DgaFragmentSlot slot = dga_fragment_slot(fragment);
        const uint8_t value = tables.fragments[0][slot.slot];
        return (value & 0xfc) == slot.mark ? value & 3 : 0;
    };
    CHECK(level("bank") == 3);
    CHECK(level("twin") == 1);
    CHECK(level("sing") == 0);
}

TEST_CASE("Families that the training has not seen are told from benign names that it has not seen") {
    const Corpus corpus = small_corpus();
    const auto scores = held_out_scores(corpus, small_options(), 5);
    const double threshold = operating_threshold(corpus, scores);
    CHECK(threshold == -1e9);  // no list is large enough to set one
    for (uint32_t source = 0; source < corpus.sources.size(); ++source)
        CHECK(share_above(scores_of(corpus, scores, source), 0) ==
              Approx(corpus.sources[source].generated ? 1 : 0).margin(0.05));
}

TEST_CASE("The same names give the same model to the bit, and a model in memory judges as its bytes do") {
    const Corpus corpus = small_corpus();
    const Trained trained = train(corpus, small_options());
    const Calibration calibration{1.5, -0.25};
    const auto blob = write_blob(trained, calibration, 0.5);
    CHECK(blob == write_blob(train(corpus, small_options()), calibration, 0.5));
    auto model = DgaModel::from_bytes(blob);
    REQUIRE(model);
    CHECK(model->threshold() == Approx(1.5 * 0.5 - 0.25).margin(0.001));
    // A leaf's rounding is half a unit of 1/1024, of twelve trees.
    for (size_t i = 0; i < corpus.samples.size(); i += 7) {
        const std::string& domain = corpus.samples[i].domain;
        CHECK(model->judge(domain).log_odds == Approx(1.5 * score(trained, domain) - 0.25).margin(0.008));
    }
}

TEST_CASE("Calibrated scores are the log-odds of a coin that falls as often") {
    Corpus corpus;
    std::vector<double> scores;
    add_source(corpus, "benign", false);
    for (int i = 0; i < 1000; ++i) {
        add_name(corpus, std::to_string(i) + ".com");
        scores.push_back(i < 250 ? 3 : -1);
    }
    add_source(corpus, "generated", true);
    for (int i = 0; i < 1000; ++i) {
        add_name(corpus, std::to_string(i) + ".net");
        scores.push_back(i < 750 ? 3 : -1);
    }
    const Calibration fit = calibrate(corpus, scores);  // odds 3:1 at score 3, 1:3 at score -1
    CHECK(fit.slope * 3 + fit.offset == Approx(std::log(3.0)).margin(0.001));
    CHECK(fit.slope * -1 + fit.offset == Approx(-std::log(3.0)).margin(0.001));
}

TEST_CASE("The score that a share lies above is taken from above") {
    std::vector<double> scores;
    for (int i = 0; i < 1000; ++i) scores.push_back(i);
    CHECK(score_above(scores, 0.005) == 994);
    CHECK(share_above(scores, score_above(scores, 0.005)) == 0.005);
    CHECK(score_above({7}, 0.005) == 7);
}

TEST_CASE("Bred families have the characters of their own, and are kept out together with it") {
    Corpus corpus = small_corpus();
    add_source(corpus, "binary", true);
    for (int i = 0; i < 40; ++i) add_name(corpus, i % 2 != 0 ? "0101110.org" : "110010011.org");
    const auto binary = static_cast<uint32_t>(corpus.sources.size() - 1);
    add_bred_families(corpus, small_options().breeding);
    REQUIRE(corpus.sources.size() == binary + 1 + 4);
    size_t found = 0;
    for (size_t i = 0; i < corpus.samples.size(); ++i) {
        const Sample& sample = corpus.samples[i];
        if (sample.source <= binary || corpus.sources[sample.source].kept_out_with != binary) continue;
        ++found;
        const std::string label = sample.domain.substr(0, sample.domain.find('.'));
        CHECK(label.find_first_not_of("01") == std::string::npos);
        CHECK(label.size() >= 7);
        CHECK(part_of(corpus, i, 6) == binary % 6);
    }
    CHECK(found == small_options().breeding.names);
}

TEST_CASE("A name that is not to be learned from changes no bit of the model, and is scored all the same") {
    const Corpus corpus = small_corpus();
    Corpus larger = corpus;
    for (int i = 0; i < 50; ++i) {
        larger.samples.push_back({"extra" + std::to_string(i) + ".org", 0, static_cast<uint64_t>(i), false});
        ++larger.sources[0].names;
    }
    const auto blob = [](const Trained& trained) { return write_blob(trained, {}, 0); };
    CHECK(blob(train(larger, small_options())) == blob(train(corpus, small_options())));
    for (auto& sample : larger.samples) sample.to_learn = true;
    CHECK(blob(train(larger, small_options())) != blob(train(corpus, small_options())));
}

TEST_CASE(
    "A doubtful benign name of no weight is left out; the more it weighs the less its like are generated") {
    const Corpus corpus = small_corpus();
    Corpus doubted = corpus;
    Random random(9);
    for (int i = 0; i < 60; ++i) {
        std::string label;
        while (label.size() < 13) label += static_cast<char>('a' + random.below(26));
        doubted.samples.push_back({label + ".net", 0, random.next(), true, true});
        ++doubted.sources[0].names;
    }
    const auto trained_at = [&](double weight) {
        TrainingOptions options = small_options();
        options.doubtful_weight = weight;
        return train(doubted, options);
    };
    CHECK(write_blob(trained_at(0), {}, 0) == write_blob(train(corpus, small_options()), {}, 0));
    const std::string alike = "xkqzjvwpbtrmh.net";
    CHECK(score(trained_at(0.5), alike) < score(trained_at(0), alike) - 0.1);
    CHECK(score(trained_at(2), alike) < score(trained_at(0.5), alike) - 0.1);
}

TEST_CASE("The threshold lets 0.45 % of all benign names pass and 0.4 % of a large list's undoubted ones") {
    Corpus corpus;
    std::vector<double> scores;
    const auto add_list = [&](const std::string& name, int names, int top, int doubtful) {
        add_source(corpus, name, false);
        for (int i = 0; i < names; ++i) {
            add_name(corpus, name + std::to_string(i) + ".com");
            corpus.samples.back().doubtful = i < doubtful;
            scores.push_back(top - i);
        }
    };
    add_list("small", 1999, 900'000, 0);
    CHECK(operating_threshold(corpus, scores) == -1e9);
    add_list("large", 18'001, 100'000, 0);
    // Of 20,000 names 90 may lie above, which are all of the small list: so speaks the union.
    CHECK(operating_threshold(corpus, scores) == 900'000 - 90);
    // Of 30,000 names 135 may lie above, doubtful ones too; of the 9,000 others of this list only 36.
    add_list("doubted", 10'000, 2'000'000, 1000);
    CHECK(benign_scores(corpus, scores).size() == 30'000);
    CHECK(benign_scores(corpus, scores, Doubtful::without).size() == 29'000);
    CHECK(scores_of(corpus, scores, 2, Doubtful::without).front() == 2'000'000 - 1000);
    CHECK(operating_threshold(corpus, scores) == 2'000'000 - 135);
    for (size_t i = 0; i < scores.size(); ++i)
        if (corpus.samples[i].doubtful) scores[i] = -1;
    CHECK(operating_threshold(corpus, scores) == 2'000'000 - 1000 - 36);
}
