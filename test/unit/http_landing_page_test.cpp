#include <openssl/evp.h>

#include <array>
#include <catch2/catch.hpp>

#include "exporter/http/landing_page.h"
#include "exporter/version.h"

using namespace dnsexp;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string base64_sha256(std::string_view text) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    REQUIRE(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    std::array<unsigned char, 48> encoded{};
    EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
    return reinterpret_cast<const char*>(encoded.data());
}

}  // namespace

TEST_CASE("The landing page names the program and its version and links its endpoints") {
    const std::string page = landing_page("/metrics");
    CHECK(contains(page, "<title>ebpf_dns_exporter</title>"));
    CHECK(contains(page, DNSEXP_VERSION));
    for (const char* path : {"/metrics", "/-/healthy", "/-/ready"})
        CHECK(contains(page, "<a href=\"" + std::string(path) + "\">"));
    CHECK(contains(page, "color-scheme:light dark"));
}

TEST_CASE("The landing page has no script and no link to metrics where there are none") {
    CHECK_FALSE(contains(landing_page("/metrics"), "<script"));
    CHECK_FALSE(contains(landing_page(""), "metrics"));
    CHECK_FALSE(contains(landing_page("/metrics"), "/api/"));
    CHECK(contains(landing_page("", {"/api/v1/slow"}), "<a href=\"/api/v1/slow\">"));
}

TEST_CASE("The policy holds the hash of the very style sheet that the page carries") {
    const std::string page = landing_page("/metrics");
    const size_t start = page.find("<style>") + 7;
    const std::string style = page.substr(start, page.find("</style>") - start);
    CHECK(contains(kContentSecurityPolicy, "'sha256-" + base64_sha256(style) + "'"));
    CHECK(contains(kContentSecurityPolicy, "default-src 'none'"));
    CHECK_FALSE(contains(kContentSecurityPolicy, "unsafe"));
}

TEST_CASE("Characters that mean something in HTML are escaped") {
    CHECK(html_escape("<a href=\"x\" id='y'>&") == "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    CHECK(contains(landing_page("/a\"><b>"), "/a&quot;&gt;&lt;b&gt;"));
}
