#include "exporter/http/landing_page.h"

#include "exporter/http/assets.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

std::string link(std::string_view path, std::string_view text) {
    const std::string escaped = html_escape(path);
    return "<li><a href=\"" + escaped + "\" title=\"" + std::string(text) + "\">" + escaped + "</a></li>\n";
}

// The template is our own: each placeholder is there once.
void replace(std::string& page, std::string_view placeholder, std::string_view text) {
    page.replace(page.find(placeholder), placeholder.size(), text);
}

}  // namespace

// Scripts, styles and pictures are files of our own; the scripts ask our own endpoints.
const char* const kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string html_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string landing_page(std::string_view telemetry_path, const std::vector<std::string>& api_paths) {
    std::string links;
    if (!telemetry_path.empty()) links += link(telemetry_path, "the metrics");
    for (const std::string& path : api_paths) links += link(path, "JSON, for this host alone");
    links += link("/-/healthy", "whether the process works");
    links += link("/-/ready", "whether DNS is being watched");
    std::string page(page_template());
    replace(page, "{{version}}", html_escape(DNSEXP_VERSION) + ", revision " + html_escape(DNSEXP_REVISION));
    replace(page, "{{links}}", links);
    return page;
}

}  // namespace dnsexp
