#include "exporter/http/assets.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "exporter/http/token.h"

// The file's octets between two symbols. The assembler finds the file by the whole path that CMake gives.
#define DNSEXP_EMBED(symbol, file)                                                           \
    asm(".pushsection .rodata\n"                                                             \
        "dnsexp_asset_" #symbol                                                              \
        "_begin:\n"                                                                          \
        ".incbin \"" DNSEXP_ASSETS "/" file                                                  \
        "\"\n"                                                                               \
        "dnsexp_asset_" #symbol                                                              \
        "_end:\n"                                                                            \
        ".byte 0\n"                                                                          \
        ".popsection\n");                                                                    \
    extern "C" {                                                                             \
    extern const char dnsexp_asset_##symbol##_begin[] __attribute__((visibility("hidden"))); \
    extern const char dnsexp_asset_##symbol##_end[] __attribute__((visibility("hidden")));   \
    }

DNSEXP_EMBED(page, "page.html")
DNSEXP_EMBED(style, "live.css")
DNSEXP_EMBED(live, "live.js")
DNSEXP_EMBED(history, "history.js")
DNSEXP_EMBED(format, "format.js")
DNSEXP_EMBED(tables, "tables.js")
DNSEXP_EMBED(charts, "charts.js")
DNSEXP_EMBED(icon, "icon.svg")

#define DNSEXP_EMBEDDED(symbol) std::string_view(dnsexp_asset_##symbol##_begin, dnsexp_asset_##symbol##_end)

namespace dnsexp {
namespace {

constexpr const char* kScriptType = "text/javascript; charset=utf-8";  // RFC 9239
constexpr const char* kStyleType = "text/css; charset=utf-8";
constexpr const char* kImageType = "image/svg+xml";

// FNV-1a with 64 bits. The files are our own: nobody chooses them so that two have the same hash.
uint64_t fingerprint(std::string_view text) {
    constexpr uint64_t offset_basis = 0xcbf29ce484222325;
    constexpr uint64_t prime = 0x100000001b3;
    uint64_t hash = offset_basis;
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * prime;
    return hash;
}

Asset make_asset(std::string_view name, const char* content_type, std::string_view body) {
    std::array<char, 24> tag{};
    std::snprintf(tag.data(), tag.size(), "\"%016llx\"", static_cast<unsigned long long>(fingerprint(body)));
    return {std::string(kAssetRoot) + std::string(name), content_type, body, tag.data()};
}

// Whether If-None-Match names this tag. The comparison is the weak one (RFC 9110, 8.8.3.2): a proxy that
// compressed the body may have made the tag a weak one. No tag of ours has a comma in it.
bool has_tag(std::string_view if_none_match, std::string_view etag) {
    while (!if_none_match.empty()) {
        std::string_view tag = next_part(if_none_match, ',');
        if (tag == "*") return true;
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag) return true;
    }
    return false;
}

}  // namespace

const Asset* find_asset(std::string_view path) {
    static const std::array assets = {
        make_asset("live.css", kStyleType, DNSEXP_EMBEDDED(style)),
        make_asset("live.js", kScriptType, DNSEXP_EMBEDDED(live)),
        make_asset("history.js", kScriptType, DNSEXP_EMBEDDED(history)),
        make_asset("format.js", kScriptType, DNSEXP_EMBEDDED(format)),
        make_asset("tables.js", kScriptType, DNSEXP_EMBEDDED(tables)),
        make_asset("charts.js", kScriptType, DNSEXP_EMBEDDED(charts)),
        make_asset("icon.svg", kImageType, DNSEXP_EMBEDDED(icon)),
    };
    const auto found =
        std::find_if(assets.begin(), assets.end(), [&](const Asset& one) { return one.path == path; });
    return found != assets.end() ? &*found : nullptr;
}

HttpResponse asset_response(const Asset& asset, std::string_view if_none_match) {
    const bool known = has_tag(if_none_match, asset.etag);
    HttpResponse response =
        make_response(known ? 304 : 200, asset.content_type, known ? "" : std::string(asset.body));
    for (auto& [name, value] : response.headers)
        if (name == "Cache-Control") value = "no-cache";
    response.headers.emplace_back("ETag", asset.etag);
    return response;
}

std::string_view page_template() {
    return DNSEXP_EMBEDDED(page);
}

}  // namespace dnsexp
