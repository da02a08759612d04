#include "exporter/security/dga_model.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exporter/security/dga_blob.h"

using namespace dnsexp;

namespace {

std::vector<uint8_t> shipped() {
    const auto blob = built_in_dga_blob();
    return {blob.begin(), blob.end()};
}

void sign(std::vector<uint8_t>& blob) {
    const uint32_t sum = dga_checksum(std::span(blob).first(blob.size() - dga_blob_sum));
    for (size_t i = 0; i < dga_blob_sum; ++i)
        blob[blob.size() - dga_blob_sum + i] = static_cast<uint8_t>(sum >> 8 * i);
}

std::string refusal(const std::vector<uint8_t>& blob) {
    const auto model = DgaModel::from_bytes(blob);
    return model ? "" : model.error().message();
}

}  // namespace

TEST_CASE("The model in the binary is whole and under 2 MB") {
    CHECK(refusal(shipped()).empty());
    CHECK(built_in_dga_blob().size() < 2'000'000);
}

TEST_CASE("The checksum is FNV-1a") {  // test vectors of draft-eastlake-fnv, appendix C
    const std::string foobar = "foobar";
    CHECK(dga_checksum({}) == 0x811c9dc5);
    CHECK(dga_checksum({reinterpret_cast<const uint8_t*>(foobar.data()), foobar.size()}) == 0xbf9cf968);
}

TEST_CASE("A damaged model is refused, and the message says what is wrong and what to do") {
    for (const size_t at : {size_t{0}, size_t{4}, size_t{20}, size_t{100'000}, shipped().size() - 1}) {
        auto blob = shipped();
        blob[at] ^= 1;
        CHECK_FALSE(refusal(blob).empty());
    }
    auto other = shipped();
    ++other[4];
    sign(other);
    CHECK(refusal(other).find("another version") != std::string::npos);
    CHECK(refusal(other).find("train/dga") != std::string::npos);
    CHECK(refusal({}).find("too short") != std::string::npos);
}

TEST_CASE("A model cut anywhere is refused") {
    const auto blob = shipped();
    for (size_t size = 0; size < blob.size(); size += 997)
        CHECK_FALSE(refusal({blob.begin(), blob.begin() + static_cast<std::ptrdiff_t>(size)}).empty());
    CHECK_FALSE(refusal({blob.begin(), blob.end() - 1}).empty());
}

TEST_CASE("A model whose tree asks for a feature that isn't there is refused, checksum or not") {
    auto blob = shipped();
    blob[dga_blob_header + dga_blob_tables] = dga_features;
    sign(blob);
    CHECK(refusal(blob).find("no feature") != std::string::npos);
}

TEST_CASE("Sites that everybody knows are not generated") {
    for (const std::string domain :
         {"google.com", "wikipedia.org", "debian.org", "github.com", "bbc.co.uk", "spiegel.de", "lemonde.fr",
          "baidu.com", "taobao.com", "deutschebahn.com", "nationalgeographic.com", "t.co", "163.com",
          "g.co"}) {
        const DgaVerdict verdict = DgaModel::built_in().judge(domain);
        CAPTURE(domain, verdict.log_odds);
        CHECK_FALSE(verdict.is_generated);
    }
}

TEST_CASE("Letters and digits drawn by chance are generated") {
    for (const std::string domain :
         {"xkqzjvwpbtrmh.com", "qwjfhzkxvbnplrtd.net", "7g2kq9x4zv1m8tb3.org", "vq8z1kd7xw0p3jt5h.biz",
          "f3a9c07be41d825f6a0b.info", "hjqxwzvkprtbnm.ru"}) {
        const DgaVerdict verdict = DgaModel::built_in().judge(domain);
        CAPTURE(domain, verdict.log_odds);
        CHECK(verdict.is_generated);
        CHECK(verdict.log_odds > DgaModel::built_in().threshold());
    }
}

TEST_CASE("What can't be judged is neither way") {
    for (const std::string domain : {"", ".", "localhost", "xn--bcher-kva.de", "a\\000b.com", "qz xw.com",
                                     "d111111abcdef8.cloudfront.net", "10.in-addr.arpa."}) {
        const DgaVerdict verdict = DgaModel::built_in().judge(domain);
        CHECK(verdict.log_odds == 0);
        CHECK_FALSE(verdict.is_generated);
    }
}

TEST_CASE("Every octet at every place of a name, and every length, gets a verdict") {
    const std::string name = "exampleexample.com";
    for (size_t at = 0; at < name.size(); ++at)
        for (int octet = 0; octet < 256; ++octet) {
            std::string odd = name;
            odd[at] = static_cast<char>(octet);
            const DgaVerdict verdict = DgaModel::built_in().judge(odd);
            REQUIRE(verdict.is_generated == (verdict.log_odds > DgaModel::built_in().threshold()));
        }
    for (size_t length = 0; length < 300; ++length)
        for (const char c : {'a', 'q', '0', '_'}) {
            const DgaVerdict verdict = DgaModel::built_in().judge(std::string(length, c) + ".com");
            REQUIRE(verdict.is_generated == (verdict.log_odds > DgaModel::built_in().threshold()));
            if (length == 0 || length > 63) REQUIRE(verdict.log_odds == 0);
        }
}
