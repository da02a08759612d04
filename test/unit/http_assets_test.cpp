#include "exporter/http/assets.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace dnsexp;

namespace {

const std::vector<std::string> names = {"live.css",  "live.js",   "history.js", "format.js",
                                        "tables.js", "charts.js", "icon.svg"};

std::string source_of(const std::string& name) {
    std::ifstream file(DNSEXP_SOURCE_DIR "/exporter/http/assets/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

const Asset& asset(const std::string& name) {
    const Asset* const found = find_asset("/assets/" + name);
    REQUIRE(found != nullptr);
    return *found;
}

std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return "(none)";
}

}  // namespace

TEST_CASE("The files in the program are those of the source tree, octet for octet") {
    for (const std::string& name : names) {
        INFO(name);
        CHECK_FALSE(source_of(name).empty());
        CHECK(asset(name).body == source_of(name));
    }
    CHECK(page_template() == source_of("page.html"));
    CHECK(find_asset("/assets/") == nullptr);
    CHECK(find_asset("/assets/LIVE.JS") == nullptr);
    CHECK(find_asset("live.js") == nullptr);
}

TEST_CASE("Each file has the type by which a browser that must not guess takes it") {
    CHECK(asset_response(asset("live.js"), "").headers[0].second == "text/javascript; charset=utf-8");
    CHECK(asset_response(asset("live.css"), "").headers[0].second == "text/css; charset=utf-8");
    CHECK(asset_response(asset("icon.svg"), "").headers[0].second == "image/svg+xml");
}

TEST_CASE("A file has a strong tag of its own, and is asked for anew each time") {
    std::set<std::string> tags;
    for (const std::string& name : names) {
        const HttpResponse response = asset_response(asset(name), "");
        CHECK(std::regex_match(header(response, "ETag"), std::regex("\"[0-9a-f]{16}\"")));
        CHECK(header(response, "Cache-Control") == "no-cache");
        tags.insert(header(response, "ETag"));
    }
    CHECK(tags.size() == names.size());
}

TEST_CASE("Who has the file gets 304, however he lists its tag") {
    const Asset& file = asset("live.css");
    const std::string tag = file.etag;
    for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, tag + ",\"y\"", std::string("*")}) {
        INFO(known);
        const HttpResponse response = asset_response(file, known);
        CHECK(response.status == 304);
        CHECK(response.body.empty());
        CHECK(header(response, "ETag") == tag);
        CHECK(header(response, "Cache-Control") == "no-cache");
    }
    for (const std::string& other :
         {std::string(), std::string("\"x\""), tag.substr(1), "w/" + tag, tag + "x"}) {
        INFO(other);
        CHECK(asset_response(file, other).status == 200);
    }
}

TEST_CASE("Scripts set no HTML and no code, and load nothing from elsewhere") {
    const std::regex forbidden(
        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function|setTimeout\\(['\"]|"
        "createContextualFragment|setHTML|DOMParser|\\.srcdoc|import\\(");
    const std::regex elsewhere("['\"(](https?:)?//");
    for (const std::string& name : names) {
        if (!name.ends_with(".js") && !name.ends_with(".css")) continue;
        const std::string text = source_of(name);
        INFO(name);
        CHECK_FALSE(std::regex_search(text, forbidden));
        CHECK_FALSE(std::regex_search(
            std::regex_replace(text, std::regex("http://www\\.w3\\.org/2000/svg"), ""), elsewhere));
    }
}
