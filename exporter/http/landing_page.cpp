#include "exporter/http/landing_page.h"

#include "exporter/version.h"

namespace dnsexp {
namespace {

// Its SHA-256 stands in the policy below: a change here needs a new hash, and the unit test says which.
constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;margin-bottom:0}"
    "p{margin-top:.25rem}"
    "small{opacity:.75}";

std::string link(std::string_view path, std::string_view text) {
    const std::string escaped = html_escape(path);
    return "<li><a href=\"" + escaped + "\">" + escaped + "</a> " + std::string(text) + "</li>\n";
}

}  // namespace

const char* const kContentSecurityPolicy =
    "default-src 'none'; style-src 'sha256-Iwcore6dfNxWEZJ2IH8bKLWpEsISw9dMHt5IvcZ3Ra4='; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

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
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>ebpf_dns_exporter</title>\n<style>";
    page += kStyle;
    page +=
        "</style>\n</head>\n<body>\n<h1>ebpf_dns_exporter</h1>\n<p>Counts DNS with eBPF, for "
        "Prometheus.</p>\n<ul>\n";
    if (!telemetry_path.empty()) page += link(telemetry_path, "the metrics");
    for (const std::string& path : api_paths) page += link(path, "JSON, for this host alone");
    page += link("/-/healthy", "whether the process works");
    page += link("/-/ready", "whether DNS is being watched");
    page += "</ul>\n<p><small>Version " + html_escape(DNSEXP_VERSION) + ", revision " +
            html_escape(DNSEXP_REVISION) + "</small></p>\n</body>\n</html>\n";
    return page;
}

}  // namespace dnsexp
