#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exporter/alerts/syslog_address.h"
#include "exporter/alerts/syslog_message.h"
#include "exporter/config/config_file.h"
#include "test/support/config_errors.h"

using namespace dnsexp;

namespace {

std::string list(const std::string& item) {
    return "security:\n  blocklists:\n    - {name: ok, path: /ok}\n    - " + item + "\n";
}

std::string destination(const std::string& item) {
    return "alerting: {destinations: [" + item + "]}";
}

}  // namespace

TEST_CASE("Blocklists of a file reach their fields") {
    const ConfigLoad load = parse_config(R"(
security:
  blocklists:
    - {name: a-1, path: /etc/a.txt}
    - name: b.feed_2
      url: "https://lists.example.net/b?key=1"
      format: rpz
      severity: 1
)",
                                         "f.yaml");
    for (const ConfigError& error : load.errors) FAIL_CHECK(error.text());
    const auto& lists = load.config.security.blocklists;
    REQUIRE(lists.size() == 2);
    CHECK(lists[0].name == "a-1");
    CHECK(lists[0].path == "/etc/a.txt");
    CHECK(lists[0].url.empty());
    CHECK(lists[0].format == BlocklistFormat::automatic);
    CHECK(lists[0].severity == 3);
    CHECK(lists[1].name == "b.feed_2");
    CHECK(lists[1].path.empty());
    CHECK(lists[1].url == "https://lists.example.net/b?key=1");
    CHECK(lists[1].format == BlocklistFormat::rpz);
    CHECK(lists[1].severity == 1);
}

TEST_CASE("A blocklist that can't be is refused, with its line and its reason") {
    const auto wrong = [](const std::string& item, const std::string& why) {
        const std::string message = error_of(list(item));
        INFO(message);
        CHECK(message.starts_with("f.yaml:4: security.blocklists: item: "));
        CHECK(contains(message, why));
    };
    wrong("{path: /x}", "has no name");
    wrong("{name: x}", "must have a path or a url, and not both");
    wrong("{name: x, path: /x, url: \"http://h/\"}", "must have a path or a url, and not both");
    wrong("{name: ok, path: /x}", "the name ok is there twice");
    wrong("{name: \"a b\", path: /x}", "name: is \"a b\" (1..64 of letters");
    wrong("{name: " + std::string(65, 'a') + ", path: /x}", "1..64 of letters");
    wrong("{name: x, path: lists/x}", "path: is \"lists/x\", which is no absolute path");
    wrong("{name: x, path: \"/a\\0b\"}", "path: holds an octet of value 0");
    wrong("{name: x, path: /x, format: bind}", "format: is the text \"bind\" (auto, hosts, plain");
    wrong("{name: x, path: /x, severity: 4}", "severity: 4 is out of range");
    wrong("{name: x, path: /x, sevrity: 1}", "\"sevrity\" is no key of an item, did you mean severity?");
    wrong("{name: x, path: /x, path: /y}", "path is there twice");
    wrong("/etc/a.txt", "must be a mapping, is the text");
    for (const char* url : {"ftp://h/x", "http://", "https:///x", "h/x", "http://h/a b"}) {
        INFO(url);
        wrong(std::string("{name: x, url: \"") + url + "\"}", "url: is no such URL");
    }
    std::string many = "security:\n  blocklists:\n";
    for (int i = 0; i < 33; ++i) many += "    - {name: n" + std::to_string(i) + ", path: /x}\n";
    CHECK(contains(error_of(many), "has 33 items"));
}

TEST_CASE("Destinations of every type reach their fields") {
    const ConfigLoad load = parse_config(R"(
alerting:
  destinations:
    - type: syslog
      facility: local0
    - {type: syslog, address: "udp://[::1]:514"}
    - type: webhook
      url: https://alerts.example.com/dns
      headers: ["X-Key: a:b", "Accept: */*"]
      ca_file: /etc/ca.pem
      bearer_token_file: /run/token
    - {type: file, path: /var/log/dns_security.log}
    - {type: alertmanager, url: "http://localhost:9093"}
)",
                                         "f.yaml");
    for (const ConfigError& error : load.errors) FAIL_CHECK(error.text());
    const auto& all = load.config.alerting.destinations;
    REQUIRE(all.size() == 5);
    CHECK(all[0].type == DestinationType::syslog);
    CHECK(all[0].facility == "local0");
    CHECK(all[0].address == "/dev/log");
    CHECK(all[1].facility == "daemon");
    CHECK(all[1].address == "udp://[::1]:514");
    CHECK(all[2].type == DestinationType::webhook);
    CHECK(all[2].url == "https://alerts.example.com/dns");
    CHECK(all[2].headers == std::vector<std::string>{"X-Key: a:b", "Accept: */*"});
    CHECK(all[2].ca_file == "/etc/ca.pem");
    CHECK(all[2].bearer_token_file == "/run/token");
    CHECK(all[3].type == DestinationType::file);
    CHECK(all[3].path == "/var/log/dns_security.log");
    CHECK(all[4].type == DestinationType::alertmanager);
    CHECK(all[4].url == "http://localhost:9093");
}

TEST_CASE("A destination that can't be is refused with its reason") {
    const auto wrong = [](const std::string& item, const std::string& why) {
        const std::string message = error_of(destination(item));
        INFO(message);
        CHECK(contains(message, "f.yaml:1: alerting.destinations: item: "));
        CHECK(contains(message, why));
    };
    wrong("{path: /x}", "has no type");
    wrong("{type: email}", "type: is the text \"email\" (file, syslog, webhook, alertmanager)");
    wrong("{type: file}", "type file must have a path");
    wrong("{type: file, path: x.log}", "no absolute path");
    wrong("{type: webhook}", "type webhook must have a url");
    wrong("{type: alertmanager}", "type alertmanager must have a url");
    wrong("{type: file, path: /x, url: \"http://h\"}", "url is not for type file");
    wrong("{type: file, path: /x, facility: local0}", "facility is not for type file");
    wrong("{type: webhook, url: \"http://h\", address: /dev/log2}", "address is not for type webhook");
    wrong("{type: syslog, path: /x}", "path is not for type syslog");
    wrong("{type: syslog, headers: [\"A: b\"]}", "headers is not for type syslog");
    wrong("{type: syslog, ca_file: /x}", "ca_file is not for type syslog");
    wrong("{type: syslog, bearer_token_file: /x}", "bearer_token_file is not for type syslog");
    wrong("{type: syslog, facility: local8}", "facility: is \"local8\"");
    for (const char* address :
         {"udp://h", "tcp://h:", "tcp://h:0", "tcp://h:65536", "udp://:514", "log", "tls://h:1"}) {
        INFO(address);
        wrong(std::string("{type: syslog, address: \"") + address + "\"}", "address: is ");
    }
}

TEST_CASE("Errors quote neither URLs nor headers, which may hold secrets") {
    const std::string secret = "s3cret";
    for (const std::string& item :
         {"{type: webhook, url: \"htp://u:" + secret + "@h/\"}",
          "{type: webhook, url: \"http://h\", headers: [\"" + secret + "\"]}",
          "{type: webhook, url: \"http://h\", headers: [\"A: b\\n" + secret + "\"]}"}) {
        const std::string message = error_of(destination(item));
        INFO(message);
        CHECK_FALSE(contains(message, secret));
    }
}

TEST_CASE("Domains of the lists are names, told once, and compared in lower case") {
    CHECK(errors_of("security: {allowed_domains: [Example.COM., a.b]}").empty());
    CHECK(parse_config("security: {allowed_domains: [Example.COM.]}", "f").config.security.allowed_domains ==
          std::vector<std::string>{"example.com"});
    CHECK(contains(error_of("security: {allowed_domains: [a.b, A.B.]}"), "a.b is there twice"));
    CHECK(contains(error_of("security: {allowed_domains: [\"\"]}"), "item: is empty text"));
    CHECK(contains(error_of("security: {suspicious_tlds: [\".tk\"]}"), "no domain name"));
    CHECK(contains(error_of("security: {entropy_threshold: 101}"), "out of range"));
    CHECK(contains(error_of("security: {max_label_length: 64}"), "out of range"));
    CHECK(contains(error_of("security: {max_unique_subdomains: 9}"), "out of range"));
    CHECK(contains(error_of("alerting: {min_severity: 0}"), "out of range"));
    CHECK(contains(error_of("alerting: {window_seconds: 9}"), "out of range"));
}

TEST_CASE("Every facility and address that a file may name is one that the destination knows") {
    for (const char* facility : {"kern",   "user",   "mail",   "daemon",   "auth",   "syslog", "lpr",
                                 "news",   "uucp",   "cron",   "authpriv", "ftp",    "local0", "local1",
                                 "local2", "local3", "local4", "local5",   "local6", "local7"}) {
        INFO(facility);
        CHECK(errors_of(destination(std::string("{type: syslog, facility: ") + facility + "}")).empty());
        CHECK(syslog_facility(facility));
    }
    for (const char* address :
         {"/run/log", "udp://h:514", "tcp://[2001:db8::1]:65535", "udp://192.0.2.1:1"}) {
        INFO(address);
        CHECK(errors_of(destination(std::string("{type: syslog, address: \"") + address + "\"}")).empty());
        CHECK(parse_syslog_address(address));
    }
}
