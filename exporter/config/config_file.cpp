#include "exporter/config/config_file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "exporter/base/comma_list.h"
#include "exporter/config/config_export.h"
#include "exporter/config/config_keys.h"
#include "exporter/config/environment.h"
#include "exporter/config/suggest.h"
#include "exporter/config/yaml_document.h"
#include "exporter/config/yaml_walk.h"
#include "exporter/os/read_file.h"

namespace dnsexp {
namespace {

const std::string kTooLong = "is too long; allowed: up to 1 MiB";

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_keys())
        if (names.empty() || names.back() != key.section) names.push_back(key.section);
    return names;
}

std::vector<std::string> key_names(const std::string& section) {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_keys())
        if (key.section == section) names.push_back(key.name);
    return names;
}

// A key of that name in whichever section has it, as "section.name", or "".
std::string elsewhere(const std::string& name) {
    for (const ConfigKey& key : config_keys())
        if (key.name == name) return key.section + "." + key.name;
    return "";
}

// Walks the document, two levels deep, and gathers the errors.
class Walk : public YamlWalk {
  public:
    Walk(std::string file, ConfigLoad& load)
        : YamlWalk(std::move(file), load.errors, Values::shown), load_(load) {}

    void document(const YAML::Node& root) {
        each_entry(root, "", "sections " + comma_list(section_names()),
                   [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                       const auto known = section_names();
                       if (std::find(known.begin(), known.end(), name) != known.end())
                           section(name, value);
                       else
                           unknown(line_of(key), "", name, meant(name, known), known);
                   });
    }

  private:
    void section(const std::string& section_name, const YAML::Node& node) {
        const auto known = key_names(section_name);
        each_entry(node, section_name, "keys " + comma_list(known),
                   [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                       const auto& keys = config_keys();
                       const auto found = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& one) {
                           return one.section == section_name && one.name == name;
                       });
                       if (found != keys.end())
                           apply(*found, value);
                       else
                           unknown(line_of(key), section_name, name, meant(name, known), known);
                   });
    }

    void apply(const ConfigKey& key, const YAML::Node& value) {
        const std::string path = key.section + "." + key.name;
        const Expansion expansion = expand_environment(value);
        for (const ConfigProblem& problem : expansion.problems) add(problem.line, path, problem.what);
        if (!expansion.problems.empty()) return;
        for (const ConfigProblem& problem : key.rule.apply(value, load_.config))
            add(problem.line, path, told(problem, expansion) + "; allowed: " + key.rule.allowed);
    }

    // A message quotes what is wrong, which a secret may be part of.
    static std::string told(const ConfigProblem& problem, const Expansion& expansion) {
        if (expansion.variables.empty()) return problem.what;
        return "is not right with the environment's " + comma_list(expansion.variables) +
               ", which is not shown here";
    }

    // The name of a key elsewhere is more likely meant than one that looks like it here.
    static std::string meant(const std::string& name, const std::vector<std::string>& known) {
        const std::string other = elsewhere(name);
        return other.empty() ? nearest(name, known) : other;
    }

    ConfigLoad& load_;
};

}  // namespace

std::string ConfigError::text() const {
    std::string out = file;
    if (line > 0) out += ":" + std::to_string(line);
    if (!key.empty()) out += ": " + key;
    return out + ": " + message;
}

ConfigLoad parse_config(std::string_view text, const std::string& file) {
    ConfigLoad load;
    Walk walk(file, load);
    if (text.size() > kConfigOctetsMax) {
        walk.add(0, "", kTooLong);
        return load;
    }
    try {
        const auto parsed = parse_document(std::string(text));
        if (const auto* problem = std::get_if<ConfigProblem>(&parsed))
            walk.add(problem->line, "", problem->what);
        else
            walk.document(std::get<YAML::Node>(parsed));
        if (const std::string wrong = apply_stats_buckets(load.config); !wrong.empty())
            walk.add(0, "performance.stats_buckets", wrong);
    } catch (const std::exception& error) {
        walk.add(0, "", std::string("can't be parsed: ") + error.what());
    }
    return load;
}

ConfigLoad load_config(const std::string& path) {
    const auto text = read_file(path);
    if (text) return parse_config(text.value(), path);
    ConfigLoad load;
    const int errnum = text.error().errnum;
    load.errors.push_back(
        {path, 0, "",
         errnum == EFBIG ? kTooLong : "can't be read: " + std::generic_category().message(errnum)});
    return load;
}

}  // namespace dnsexp
