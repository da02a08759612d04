// The page at `/`: what this is, where its endpoints are, and room for the live view, which assets/live.js
// fills.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dnsexp {

// HTML text with &, <, >, " and ' escaped.
std::string html_escape(std::string_view text);

// The page as UTF-8. An empty telemetry path leaves the link to the metrics out.
std::string landing_page(std::string_view telemetry_path, const std::vector<std::string>& api_paths = {});

// The Content-Security-Policy that the page needs: nothing inline, and nothing from elsewhere (CSP Level 3).
extern const char* const kContentSecurityPolicy;

}  // namespace dnsexp
