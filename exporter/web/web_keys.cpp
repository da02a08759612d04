#include "exporter/web/web_keys.h"

#include <algorithm>

#include "exporter/base/comma_list.h"
#include "exporter/config/suggest.h"
#include "exporter/web/go_values.h"

namespace dnsexp {
namespace {

using Problems = std::vector<ConfigProblem>;
using Apply = std::function<Problems(const YAML::Node&, WebSettings&)>;

// A value that `parse` reads and `store` takes.
template <typename Parse, typename Store>
Apply value(Parse parse, Store store) {
    return [parse, store](const YAML::Node& node, WebSettings& config) -> Problems {
        auto parsed = parse(node);
        if (parsed.index() == 1) return {{line_of(node), std::get<1>(parsed)}};
        store(config, std::get<0>(std::move(parsed)));
        return {};
    };
}

Apply tls_text(std::string TlsSettings::*field) {
    return value(go_text,
                 [field](WebSettings& config, std::string text) { config.tls.*field = std::move(text); });
}

template <typename Names>
std::vector<std::string> words(const Names& names) {
    std::vector<std::string> list;
    for (const auto& one : names) list.emplace_back(one.first);
    return list;
}

std::string suggestion(const std::string& name, const std::vector<std::string>& known) {
    const std::string meant = nearest(name, known);
    return meant.empty() ? "" : ", did you mean " + meant + "?";
}

std::string not_among(const std::string& name, const std::vector<std::string>& known) {
    return "is " + shown(name) + suggestion(name, known);
}

// One of the names as what it stands for.
template <typename Value>
auto named(const TlsNames<Value>& names) {
    return [&names](const YAML::Node& node) -> std::variant<Value, std::string> {
        const auto text = go_text(node);
        if (text.index() == 1)
            return std::variant<Value, std::string>(std::in_place_index<1>, std::get<1>(text));
        for (const auto& [name, stands_for] : names)
            if (name == std::get<0>(text)) return stands_for;
        return std::variant<Value, std::string>(std::in_place_index<1>,
                                                not_among(std::get<0>(text), words(names)));
    };
}

Apply version(int TlsSettings::*field) {
    const Apply apply = value(named(tls_versions()),
                              [field](WebSettings& config, int number) { config.tls.*field = number; });
    return [apply](const YAML::Node& node, WebSettings& config) {
        return node.IsNull() ? Problems{} : apply(node, config);
    };
}

// Empty text is as good as no value.
Problems apply_client_auth(const YAML::Node& node, WebSettings& config) {
    if (node.IsNull() || (node.IsScalar() && node.Scalar().empty())) return {};
    return value(named(client_auth_types()),
                 [](WebSettings& to, ClientAuth type) { to.tls.client_auth = type; })(node, config);
}

// Calls `item` with each node of a list and gathers the problems. Null is an empty list.
template <typename Item>
Problems each_item(const YAML::Node& node, Item item) {
    if (node.IsNull()) return {};
    if (!node.IsSequence()) return {{line_of(node), "must be a list"}};
    Problems problems;
    for (const YAML::Node& child : node)
        if (const std::string wrong = item(child); !wrong.empty())
            problems.push_back({line_of(child), "item: " + wrong});
    return problems;
}

std::vector<std::string> suite_names() {
    std::vector<std::string> names;
    for (const CipherSuite& suite : cipher_suites()) names.emplace_back(suite.name);
    return names;
}

Problems apply_suites(const YAML::Node& node, WebSettings& config) {
    std::vector<std::string> wanted;
    const auto take = [&](const YAML::Node& child) -> std::string {
        const auto text = go_text(child);
        if (text.index() == 1) return std::get<1>(text);
        wanted.push_back(std::get<0>(text));
        const auto known = suite_names();
        const bool is_known = std::find(known.begin(), known.end(), wanted.back()) != known.end();
        return is_known ? "" : not_among(wanted.back(), known);
    };
    Problems problems = each_item(node, take);
    for (const CipherSuite& suite : cipher_suites())
        if (std::find(wanted.begin(), wanted.end(), suite.name) != wanted.end())
            config.tls.suites.push_back(suite);
    return problems;
}

Problems apply_curves(const YAML::Node& node, WebSettings& config) {
    return each_item(node, [&](const YAML::Node& child) -> std::string {
        const auto curve = named(tls_curves())(child);
        if (curve.index() == 1) return std::get<1>(curve);
        auto& curves = config.tls.curves;
        if (std::find(curves.begin(), curves.end(), std::get<0>(curve)) == curves.end())
            curves.push_back(std::get<0>(curve));
        return "";
    });
}

Problems apply_sans(const YAML::Node& node, WebSettings& config) {
    if (node.IsNull()) return {};
    auto& sans = config.tls.client_allowed_sans.emplace();
    return each_item(node, [&](const YAML::Node& child) -> std::string {
        const auto text = go_text(child);
        if (text.index() == 1) return std::get<1>(text);
        sans.push_back(std::get<0>(text));
        return "";
    });
}

struct Header {
    std::string name;
    std::vector<std::string> values;  // empty: any
};

const std::vector<Header>& headers() {
    static const std::vector<Header> known = {{"Strict-Transport-Security", {}},
                                              {"X-Content-Type-Options", {"nosniff"}},
                                              {"X-Frame-Options", {"deny", "sameorigin"}},
                                              {"X-XSS-Protection", {}},
                                              {"Content-Security-Policy", {}}};
    return known;
}

std::vector<std::string> header_names() {
    std::vector<std::string> names;
    for (const Header& header : headers()) names.push_back(header.name);
    return names;
}

// A value as Go's net/http sends it: no line breaks, no blanks around; other control characters go too.
std::string header_value(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    const size_t first = text.find_first_not_of(' ');
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string apply_header(const std::string& name, const YAML::Node& node, WebSettings& config) {
    const auto found = std::find_if(headers().begin(), headers().end(),
                                    [&](const Header& header) { return header.name == name; });
    if (found == headers().end()) return shown(name) + " can't be set" + suggestion(name, header_names());
    if (std::any_of(config.headers.begin(), config.headers.end(),
                    [&](const auto& before) { return before.first == name; }))
        return name + " is there twice";
    const auto text = go_text(node);
    if (text.index() == 1) return name + " " + std::get<1>(text);
    const auto& values = found->values;
    if (!values.empty() && std::find(values.begin(), values.end(), std::get<0>(text)) == values.end())
        return name + " " + not_among(std::get<0>(text), values) + " (" + comma_list(values) + ")";
    config.headers.emplace_back(name, header_value(std::get<0>(text)));
    return "";
}

Problems apply_headers(const YAML::Node& node, WebSettings& config) {
    if (node.IsNull()) return {};
    if (!node.IsMap()) return {{line_of(node), "must be a mapping"}};
    Problems problems;
    for (const auto& entry : node) {
        const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
        if (const std::string wrong = apply_header(name, entry.second, config); !wrong.empty())
            problems.push_back({line_of(entry.first), wrong});
    }
    return problems;
}

std::vector<WebKey> tls_keys() {
    const std::string section = "tls_server_config";
    const std::string path = "a path, relative to this file's folder";
    const std::string certificates = "certificates in PEM";
    const std::string versions = comma_list(words(tls_versions()));
    return {
        {section, "cert", certificates, tls_text(&TlsSettings::cert)},
        {section, "key", "a private key in PEM", tls_text(&TlsSettings::key)},
        {section, "client_ca", certificates, tls_text(&TlsSettings::client_ca)},
        {section, "cert_file", path, tls_text(&TlsSettings::cert_file)},
        {section, "key_file", path, tls_text(&TlsSettings::key_file)},
        {section, "client_ca_file", path, tls_text(&TlsSettings::client_ca_file)},
        {section, "client_auth_type", comma_list(words(client_auth_types())), apply_client_auth},
        {section, "client_allowed_sans", "a list of names, addresses and URIs", apply_sans},
        {section, "min_version", versions, version(&TlsSettings::min_version)},
        {section, "max_version", versions, version(&TlsSettings::max_version)},
        {section, "cipher_suites", "a list of any of " + comma_list(suite_names()), apply_suites},
        {section, "curve_preferences", "a list of any of " + comma_list(words(tls_curves())), apply_curves},
        // Go has chosen the order itself since 1.17, and so does this server.
        {section, "prefer_server_cipher_suites", "true or false", value(go_truth, [](WebSettings&, bool) {})},
    };
}

}  // namespace

const char* const kAllowedHash = "a bcrypt hash of cost 4..31, as htpasswd -nBC 10 \"\" makes it";

Problems apply_user(const std::string& user, const YAML::Node& node, WebSettings& config) {
    const auto text = go_text(node);
    if (text.index() == 1) return {{line_of(node), std::get<1>(text)}};
    auto hash = parse_bcrypt(std::get<0>(text));
    if (!hash) return {{line_of(node), "is no bcrypt hash"}};
    config.users.insert_or_assign(user, *std::move(hash));
    return {};
}

const std::vector<WebKey>& web_keys() {
    static const std::vector<WebKey> keys = [] {
        std::vector<WebKey> all = tls_keys();
        const std::string http = "http_server_config";
        const std::string limit = "rate_limit";
        all.push_back({http, "http2", "true or false",
                       value(go_truth, [](WebSettings& config, bool on) { config.http2 = on; })});
        all.push_back({http, "headers", "a mapping of any of " + comma_list(header_names()), apply_headers});
        all.push_back({limit, "interval", "a duration, such as 100ms; 0: no limit",
                       value(go_duration, [](WebSettings& config, std::chrono::nanoseconds time) {
                           config.rate_limit.interval = time;
                       })});
        all.push_back({limit, "burst", "a whole number",
                       value(go_whole, [](WebSettings& config, int64_t n) { config.rate_limit.burst = n; })});
        return all;
    }();
    return keys;
}

}  // namespace dnsexp
