#include "exporter/web/web_config.h"

#include <algorithm>
#include <filesystem>

#include "exporter/base/comma_list.h"
#include "exporter/config/suggest.h"
#include "exporter/config/yaml_document.h"
#include "exporter/config/yaml_walk.h"
#include "exporter/os/read_file.h"
#include "exporter/web/web_keys.h"

namespace dnsexp {
namespace {

constexpr const char* kTls = "tls_server_config";
constexpr const char* kUsers = "basic_auth_users";

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const WebKey& key : web_keys())
        if (names.empty() || names.back() != key.section) names.push_back(key.section);
    names.emplace_back(kUsers);
    return names;
}

std::vector<std::string> key_names(const std::string& section) {
    std::vector<std::string> names;
    for (const WebKey& key : web_keys())
        if (key.section == section) names.push_back(key.name);
    return names;
}

// Walks the document, two levels deep, and gathers the errors.
class Walk : public YamlWalk {
  public:
    Walk(std::string file, WebSettingsLoad& load)
        : YamlWalk(std::move(file), load.errors, Values::hidden), load_(load) {}

    void document(const YAML::Node& root) {
        const auto known = section_names();
        each_entry(root, "", "sections " + comma_list(known),
                   [&](const std::string& name, const YAML::Node& key, const YAML::Node& node) {
                       if (name == kTls) tls_line_ = line_of(key);
                       if (name == kUsers)
                           users(node);
                       else if (std::find(known.begin(), known.end(), name) != known.end())
                           section(name, node);
                       else
                           unknown(line_of(key), "", name, nearest(name, known), known);
                   });
        if (load_ && load_.config.tls.enabled()) tls_as_a_whole();
    }

  private:
    void section(const std::string& name, const YAML::Node& node) {
        const auto known = key_names(name);
        each_entry(node, name, "keys " + comma_list(known),
                   [&](const std::string& key_name, const YAML::Node& key, const YAML::Node& value) {
                       for (const WebKey& one : web_keys())
                           if (one.section == name && one.name == key_name)
                               return report(one.apply(value, load_.config), name + "." + key_name,
                                             one.allowed);
                       unknown(line_of(key), name, key_name, nearest(key_name, known), known);
                   });
    }

    void users(const YAML::Node& node) {
        each_entry(node, kUsers, "names of users, each with a bcrypt hash",
                   [&](const std::string& user, const YAML::Node&, const YAML::Node& value) {
                       report(apply_user(user, value, load_.config), below(kUsers, user), kAllowedHash);
                   });
    }

    void report(const std::vector<ConfigProblem>& problems, const std::string& key,
                const std::string& allowed) {
        for (const ConfigProblem& problem : problems)
            add(problem.line, key, problem.what + "; allowed: " + allowed);
    }

    // What no key can tell alone.
    void tls_as_a_whole() {
        const TlsSettings& tls = load_.config.tls;
        const std::string section = kTls;
        if (tls.cert.empty() && tls.cert_file.empty())
            add(tls_line_, section, "has no certificate; allowed: one of cert_file and cert");
        if (tls.key.empty() && tls.key_file.empty())
            add(tls_line_, section, "has no private key; allowed: one of key_file and key");
        const bool has_ca = !tls.client_ca.empty() || !tls.client_ca_file.empty();
        if (has_ca && tls.client_auth.value_or(ClientAuth::none) == ClientAuth::none)
            add(tls_line_, section + ".client_auth_type",
                "asks for no client certificate, yet there is a client CA; allowed: another type, such as "
                "RequireAndVerifyClientCert");
        // The toolkit's HTTP/2 server does not start without one of the suites that RFC 9113, 9.2.2 asks for.
        const bool can_http2 = std::any_of(tls.suites.begin(), tls.suites.end(),
                                           [](const CipherSuite& suite) { return suite.for_http2; });
        if (load_.config.http2 && !tls.suites.empty() && !can_http2 && tls.min_version < kTls13)
            add(tls_line_, section + ".cipher_suites",
                "lacks what HTTP/2 needs; allowed: with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or "
                "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or with http_server_config.http2: false");
    }

    WebSettingsLoad& load_;
    int tls_line_ = 0;  // of the section's key
};

void make_relative_to(const std::string& file, std::string& path) {
    if (!path.empty()) path = (std::filesystem::path(file).parent_path() / path).string();
}

}  // namespace

bool TlsSettings::enabled() const {
    return !cert_file.empty() || !cert.empty() || !key_file.empty() || !key.empty() ||
           !client_ca_file.empty() || !client_ca.empty() || client_auth.has_value();
}

WebSettingsLoad parse_web_config(std::string_view text, const std::string& file) {
    WebSettingsLoad load;
    Walk walk(file, load);
    try {
        const auto parsed = parse_document(std::string(text));
        if (const auto* problem = std::get_if<ConfigProblem>(&parsed))
            walk.add(problem->line, "", problem->what);
        else
            walk.document(std::get<YAML::Node>(parsed));
        TlsSettings& tls = load.config.tls;
        for (std::string* path : {&tls.cert_file, &tls.key_file, &tls.client_ca_file})
            make_relative_to(file, *path);
    } catch (const std::exception& error) {
        walk.add(0, "", std::string("can't be parsed: ") + error.what());
    }
    return load;
}

WebSettingsLoad load_web_config(const std::string& path) {
    const auto text = read_file(path);
    if (text) return parse_web_config(text.value(), path);
    WebSettingsLoad load;
    load.errors.push_back({path, 0, "", text.error().message()});
    return load;
}

}  // namespace dnsexp
