// The files of the landing page that a browser loads besides it, as they lie in exporter/http/assets/, built
// into the program.
#pragma once

#include <string>
#include <string_view>

#include "exporter/http/message.h"

namespace dnsexp {

inline constexpr std::string_view kAssetRoot = "/assets/";

struct Asset {
    std::string path;  // begins with kAssetRoot
    const char* content_type;
    std::string_view body;  // for ever
    std::string etag;       // a strong one (RFC 9110, 8.8.3), with its quotes
};

// Null: there is none at this path. Thread-safe.
const Asset* find_asset(std::string_view path);

// The asset for GET and HEAD; 304 without a body where the client has it already (RFC 9110, 13.1.2). Browsers
// keep it and ask each time whether it is still the same, so that a new version of the exporter never meets
// old scripts.
HttpResponse asset_response(const Asset& asset, std::string_view if_none_match);

// The page at `/`, in UTF-8, with placeholders: see landing_page().
std::string_view page_template();

}  // namespace dnsexp
