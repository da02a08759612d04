#include "exporter/fetch/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace dnsexp {
namespace {

struct UrlCloser {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, UrlCloser>;

std::string part_of(CURLU* url, CURLUPart part, unsigned int flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return "";
    std::string copy(text);
    curl_free(text);
    return copy;
}

// Without flags that guess: a scheme must be there, and be one that libcurl knows.
CurlUrl parse(const std::string& text) {
    CurlUrl url(curl_url());
    if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) url.reset();
    return url;
}

}  // namespace

Result<UrlOrigin> url_origin(const std::string& url) {
    const auto refused = [&](const char* why) {
        return Error{"read URL", shown_url(url), 0, why, "write http://HOST/... or https://HOST/..."};
    };
    const bool spaced =
        std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f; });
    if (spaced) return refused("white space, control or other than ASCII characters");
    const CurlUrl parsed = parse(url);
    if (!parsed) return refused("it is no absolute URL");
    UrlOrigin origin{part_of(parsed.get(), CURLUPART_SCHEME), part_of(parsed.get(), CURLUPART_HOST),
                     part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
    if (origin.scheme != "http" && origin.scheme != "https")
        return refused("its scheme is not http or https");
    if (origin.host.empty()) return refused("it names no host");
    for (char& c : origin.host)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return origin;
}

std::string shown_url(const std::string& url) {
    const CurlUrl parsed = parse(url);
    if (!parsed) return "URL";
    for (const CURLUPart part :
         {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY, CURLUPART_FRAGMENT})
        curl_url_set(parsed.get(), part, nullptr, 0);
    const std::string shown = part_of(parsed.get(), CURLUPART_URL);
    return shown.empty() ? "URL" : shown;
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost") return true;
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string address(bracketed ? host.substr(1, host.size() - 2) : host);
    unsigned char octets[16];
    if (inet_pton(AF_INET, address.c_str(), octets) == 1) return octets[0] == 127;
    if (inet_pton(AF_INET6, address.c_str(), octets) != 1) return false;
    const bool zeros = std::all_of(octets, octets + 15, [](unsigned char octet) { return octet == 0; });
    return zeros && octets[15] == 1;
}

std::string url_encoded(std::string_view text) {
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (kUnreserved.find(c) != std::string_view::npos)
            out += c;
        else
            (((out += '%') += kHex[octet >> 4]) += kHex[octet & 15]);
    }
    return out;
}

}  // namespace dnsexp
