#include "exporter/http/content_coding.h"

#include <zlib.h>

#include <cerrno>
#include <limits>
#include <optional>

#include "exporter/http/token.h"

namespace dnsexp {
namespace {

constexpr int kGzipWindowBits =
    15 + 16;                       // zlib's deflateInit2: largest window, and gzip's header and trailer
constexpr int kGzipLevel = 1;      // exposition text shrinks to a tenth already; higher levels cost CPU only
constexpr int kMemoryLevel = 8;    // zlib's default
constexpr int kFullWeight = 1000;  // weights are counted in thousandths: RFC 9110 allows three decimals

// qvalue of RFC 9110, 12.4.2: "0" or "1", then at most three decimals; not above 1.
std::optional<int> parse_qvalue(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int weight = (text[0] - '0') * kFullWeight;
    int digit_value = kFullWeight / 10;
    for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        weight += (c - '0') * digit_value;
        digit_value /= 10;
    }
    return weight <= kFullWeight ? std::optional(weight) : std::nullopt;
}

// The weight that the parameters after a coding give it; nothing when they are malformed.
std::optional<int> weight_of(std::string_view parameters) {
    if (parameters.empty()) return kFullWeight;
    const size_t equals = parameters.find('=');
    if (equals == std::string_view::npos || !same_token(parameters.substr(0, equals), "q"))
        return std::nullopt;
    return parse_qvalue(parameters.substr(equals + 1));
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<int> gzip_weight, any_weight;
    int identity_weight = 0;
    while (!accept_encoding.empty()) {
        std::string_view element = next_part(accept_encoding, ',');
        const std::string_view coding = next_part(element, ';');
        const auto weight = weight_of(trim(element));
        if (!weight) continue;
        // "x-gzip" is the same coding by its old name (RFC 9110, 8.4.1.3).
        if (same_token(coding, "gzip") || same_token(coding, "x-gzip")) gzip_weight = weight;
        if (same_token(coding, "identity")) identity_weight = *weight;
        if (coding == "*") any_weight = weight;
    }
    const int effective = gzip_weight.value_or(any_weight.value_or(0));
    return effective > 0 && effective >= identity_weight;
}

Result<std::string> gzip(std::string_view text) {
    const Error no_memory{"compress response", "", ENOMEM, "", ""};
    if (text.size() > std::numeric_limits<uInt>::max())
        return Error{"compress response", "", EFBIG, "more than zlib takes in one call", ""};
    z_stream stream{};
    if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return no_memory;
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    // zlib reads next_in only; the member lacks a const for historical reasons.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int status = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (status != Z_STREAM_END) return no_memory;
    return out;
}

}  // namespace dnsexp
