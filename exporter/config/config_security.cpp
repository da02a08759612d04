#include "exporter/config/config_security.h"

#include <algorithm>

#include "exporter/config/config_rules.h"

namespace dnsexp {
namespace {

constexpr size_t kListsMax = 32;         // a match names its lists by the bits of a word
constexpr size_t kListNameMax = 64;      // octets; it is a label's value
constexpr size_t kAllowedMax = 10'000;   // domains: what a file of 1 MiB can hold anyway
constexpr size_t kDestinationsMax = 16;  // each has a thread
constexpr size_t kHeadersMax = 32;

Parsed<std::string> refused(std::string why) {
    return Parsed<std::string>(std::in_place_index<1>, std::move(why));
}

// Lower case, without a final dot: as names are compared.
Parsed<std::string> parse_lower_domain(const YAML::Node& node) {
    auto parsed = parse_domain(node);
    if (parsed.index() == 1) return parsed;
    std::string& domain = std::get<0>(parsed);
    if (domain.empty()) return refused("is empty text");
    if (domain.ends_with('.')) domain.pop_back();
    std::transform(domain.begin(), domain.end(), domain.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return parsed;
}

Parsed<std::string> parse_list_name(const YAML::Node& node) {
    auto parsed = parse_text(node);
    if (parsed.index() == 1) return parsed;
    const std::string& name = std::get<0>(parsed);
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    });
    return plain && name.size() <= kListNameMax ? parsed : refused("is " + shown(name));
}

// Quotes no URL: it may hold a secret.
Parsed<std::string> parse_url(const YAML::Node& node) {
    auto parsed = parse_text(node);
    if (parsed.index() == 1) return parsed;
    const std::string& url = std::get<0>(parsed);
    const size_t host = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : url.size();
    const bool visible = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return host < url.size() && url[host] != '/' && visible ? parsed : refused("is no such URL");
}

Parsed<std::string> parse_path(const YAML::Node& node) {
    auto parsed = parse_text(node);
    if (parsed.index() == 1) return parsed;
    const std::string& path = std::get<0>(parsed);
    if (path.find('\0') != std::string::npos) return refused("holds an octet of value 0");
    return path.starts_with('/') ? parsed : refused("is " + shown(path) + ", which is no absolute path");
}

Parsed<std::string> parse_syslog_address(const YAML::Node& node) {
    auto parsed = parse_text(node);
    if (parsed.index() == 1) return parsed;
    const std::string& text = std::get<0>(parsed);
    if (text.starts_with('/')) return parse_path(node);
    const bool remote = text.starts_with("udp://") || text.starts_with("tcp://");
    const size_t colon = text.rfind(':');
    uint64_t port = 0;
    const bool has_port =
        remote && colon > 6 && colon + 1 < text.size() && text.size() - colon <= 6 &&
        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(colon) + 1, text.end(), [&port](char c) {
            port = port * 10 + static_cast<uint64_t>(c - '0');
            return c >= '0' && c <= '9';
        });
    return has_port && port >= 1 && port <= 65535 ? parsed : refused("is " + shown(text));
}

// Quotes no header: it may hold a secret.
Parsed<std::vector<std::string>> parse_headers(const YAML::Node& node) {
    using Headers = Parsed<std::vector<std::string>>;
    if (!node.IsSequence() || node.size() > kHeadersMax) return Headers("must be a list of up to 32 texts");
    std::vector<std::string> headers;
    for (const YAML::Node& child : node) {
        const std::string text = child.IsScalar() ? child.Scalar() : "";
        const size_t colon = text.find(':');
        const bool printable =
            std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
        if (colon == 0 || colon == std::string::npos || !printable || text.find(' ') < colon)
            return Headers("line " + std::to_string(line_of(child)) + " is no header");
        headers.push_back(text);
    }
    return headers;
}

// A member that takes one of a few words.
template <typename Item, typename Enum>
Member<Item> choice_member(std::string name, Enum Item::*field, Choices<Enum> choices) {
    return member(std::move(name), words_of(choices), field,
                  [choices](const YAML::Node& node) { return parse_choice(node, choices); });
}

std::vector<Member<BlocklistConfig>> blocklist_members() {
    using List = BlocklistConfig;
    const WholeRange severity = {1, 3};
    return {member("name", "1..64 of letters, digits, . _ -", &List::name, parse_list_name),
            member("path", "an absolute path", &List::path, parse_path),
            member("url", "http:// or https://, and a host", &List::url, parse_url),
            choice_member("format", &List::format,
                          Choices<BlocklistFormat>{{"auto", BlocklistFormat::automatic},
                                                   {"hosts", BlocklistFormat::hosts},
                                                   {"plain", BlocklistFormat::plain},
                                                   {"adblock", BlocklistFormat::adblock},
                                                   {"dnsmasq", BlocklistFormat::dnsmasq},
                                                   {"rpz", BlocklistFormat::rpz},
                                                   {"unbound", BlocklistFormat::unbound},
                                                   {"wildcard", BlocklistFormat::wildcard}}),
            member("severity", "1 low, 2 medium, 3 high", &List::severity,
                   [severity](const YAML::Node& node) { return parse_whole(node, severity); })};
}

std::string check_blocklist(const BlocklistConfig& list, const std::vector<BlocklistConfig>& before) {
    if (list.path.empty() == list.url.empty()) return "must have a path or a url, and not both";
    const bool twice = std::any_of(before.begin(), before.end(),
                                   [&](const BlocklistConfig& one) { return one.name == list.name; });
    return twice ? "the name " + list.name + " is there twice" : "";
}

// RFC 5424, 6.2.1, by the names that syslog daemons use.
Parsed<std::string> parse_facility(const YAML::Node& node) {
    static const std::vector<std::string> names = {
        "kern",     "user", "mail",   "daemon", "auth",   "syslog", "lpr",    "news",   "uucp",   "cron",
        "authpriv", "ftp",  "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};
    auto parsed = parse_text(node);
    if (parsed.index() == 1 || is_among(std::get<0>(parsed), names)) return parsed;
    return refused("is " + shown(std::get<0>(parsed)));
}

const Choices<DestinationType>& destination_types() {
    static const Choices<DestinationType> types = {{"file", DestinationType::file},
                                                   {"syslog", DestinationType::syslog},
                                                   {"webhook", DestinationType::webhook},
                                                   {"alertmanager", DestinationType::alertmanager}};
    return types;
}

std::vector<Member<AlertDestination>> destination_members() {
    using Destination = AlertDestination;
    return {
        choice_member("type", &Destination::type, destination_types()),
        member("path", "an absolute path", &Destination::path, parse_path),
        member("facility", "a facility of syslog, such as daemon or local0", &Destination::facility,
               parse_facility),
        member("address", "the absolute path of a socket, udp://HOST:PORT or tcp://HOST:PORT",
               &Destination::address, parse_syslog_address),
        member("url", "http:// or https://, and a host", &Destination::url, parse_url),
        member("headers", "a list of up to 32 texts \"Name: value\"", &Destination::headers, parse_headers),
        member("ca_file", "an absolute path", &Destination::ca_file, parse_path),
        member("bearer_token_file", "an absolute path", &Destination::bearer_token_file, parse_path)};
}

std::string check_destination(const AlertDestination& one, const std::vector<AlertDestination>&) {
    const AlertDestination none;
    const auto type = std::find_if(destination_types().begin(), destination_types().end(),
                                   [&](const auto& choice) { return choice.second == one.type; });
    const std::string is_not = " is not for type " + type->first;
    const bool is_http = one.type == DestinationType::webhook || one.type == DestinationType::alertmanager;
    if (one.type == DestinationType::file && one.path.empty()) return "type file must have a path";
    if (is_http && one.url.empty()) return "type " + type->first + " must have a url";
    if (one.type != DestinationType::file && !one.path.empty()) return "path" + is_not;
    if (one.type != DestinationType::syslog && one.facility != none.facility) return "facility" + is_not;
    if (one.type != DestinationType::syslog && one.address != none.address) return "address" + is_not;
    if (!is_http && !one.url.empty()) return "url" + is_not;
    if (!is_http && !one.headers.empty()) return "headers" + is_not;
    if (!is_http && !one.ca_file.empty()) return "ca_file" + is_not;
    if (!is_http && !one.bearer_token_file.empty()) return "bearer_token_file" + is_not;
    return "";
}

std::string check_distinct(const std::string& domain, const std::vector<std::string>& before) {
    return is_among(domain, before) ? domain + " is there twice" : "";
}

std::vector<ConfigKey> keys_of_security() {
    using Security = SecurityConfig;
    constexpr auto security = &Config::security;
    std::vector<ConfigKey> keys;
    const auto add = [&](const char* name, Rule rule) {
        keys.push_back({"security", name, std::move(rule)});
    };
    add("enabled", at_restart(truth(Place{security, &Security::enabled})));
    add("entropy_threshold", whole(Place{security, &Security::entropy_threshold}, {0, 100}));
    add("max_subdomain_depth", whole(Place{security, &Security::max_subdomain_depth}, {1, 126}));
    add("max_label_length", whole(Place{security, &Security::max_label_length}, {1, 63}));
    add("rate_limit_qps", whole(Place{security, &Security::rate_limit_qps}, {1, 1'000'000}));
    add("max_unique_subdomains", whole(Place{security, &Security::max_unique_subdomains}, {10, 1'000'000}));
    add("suspicious_tlds", list(Place{security, &Security::suspicious_tlds}, "a list of distinct domains", 0,
                                kAllowedMax, parse_lower_domain, check_distinct));
    add("allowed_domains", list(Place{security, &Security::allowed_domains}, "a list of distinct domains", 0,
                                kAllowedMax, parse_lower_domain, check_distinct));
    add("threat_intel_enabled", truth(Place{security, &Security::threat_intel_enabled}));
    add("threat_feed_interval_hours",
        whole(Place{security, &Security::threat_feed_interval_hours}, {1, 720}));
    add("blocklists", mapping_list(Place{security, &Security::blocklists},
                                   "a list of up to 32 mappings of name, path or url, format, severity",
                                   kListsMax, blocklist_members(), {"name"}, check_blocklist));
    return keys;
}

}  // namespace

std::vector<ConfigKey> security_keys() {
    using Alerting = AlertingConfig;
    constexpr auto alerting = &Config::alerting;
    std::vector<ConfigKey> keys = keys_of_security();
    const auto add = [&](const char* name, Rule rule) {
        keys.push_back({"alerting", name, std::move(rule)});
    };
    add("min_severity", whole(Place{alerting, &Alerting::min_severity}, {1, 3}));
    add("window_seconds", whole(Place{alerting, &Alerting::window_seconds}, {10, 86400}));
    add("destinations", mapping_list(Place{alerting, &Alerting::destinations},
                                     "a list of up to 16 mappings of type, and what that type has",
                                     kDestinationsMax, destination_members(), {"type"}, check_destination));
    return keys;
}

}  // namespace dnsexp
