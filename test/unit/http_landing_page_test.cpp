#include <catch2/catch.hpp>

#include "exporter/http/assets.h"
#include "exporter/http/landing_page.h"
#include "exporter/version.h"

using namespace dnsexp;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("The landing page names the program and its version and links its endpoints") {
    const std::string page = landing_page("/metrics");
    CHECK(contains(page, "<title>ebpf_dns_exporter</title>"));
    CHECK(contains(page, DNSEXP_VERSION));
    for (const char* path : {"/metrics", "/-/healthy", "/-/ready"})
        CHECK(contains(page, "<a href=\"" + std::string(path) + "\""));
    CHECK(contains(page, "<meta name=\"color-scheme\" content=\"light dark\">"));
    CHECK_FALSE(contains(page, "{{"));
}

TEST_CASE("The landing page links the metrics and the API where they are, and only there") {
    CHECK(contains(landing_page("/metrics"), "<a href=\"/metrics\""));
    CHECK_FALSE(contains(landing_page(""), "\"/metrics\""));
    CHECK_FALSE(contains(landing_page("/metrics"), "/api/"));
    CHECK(contains(landing_page("", {"/api/v1/slow"}), "<a href=\"/api/v1/slow\""));
}

TEST_CASE("The landing page has nothing inline that its policy would refuse, and nothing from elsewhere") {
    const std::string page = landing_page("/metrics", {"/api/v1/slow"});
    CHECK(contains(page, "<script type=\"module\" src=\"/assets/live.js\"></script>"));
    CHECK(contains(page, "<noscript>"));
    size_t scripts = 0;
    for (size_t at = page.find("<script"); at != std::string::npos; at = page.find("<script", at + 1))
        ++scripts;
    CHECK(scripts == 1);
    for (const char* forbidden :
         {"<style", " style=", " onclick=", " onload=", " onerror=", "://", "javascript:"}) {
        INFO(forbidden);
        CHECK_FALSE(contains(page, forbidden));
    }
}

TEST_CASE("The policy allows the exporter's own files and nothing else") {
    CHECK(std::string(kContentSecurityPolicy) ==
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

TEST_CASE("Each file that the page names is there") {
    const std::string page = landing_page("/metrics");
    size_t found = 0;
    for (size_t at = page.find("\"/assets/"); at != std::string::npos; at = page.find("\"/assets/", at + 1)) {
        const std::string path = page.substr(at + 1, page.find('"', at + 1) - at - 1);
        INFO(path);
        CHECK(find_asset(path) != nullptr);
        ++found;
    }
    CHECK(found == 3);
}

TEST_CASE("Characters that mean something in HTML are escaped") {
    CHECK(html_escape("<a href=\"x\" id='y'>&") == "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    CHECK(contains(landing_page("/a\"><b>"), "/a&quot;&gt;&lt;b&gt;"));
}
