#include "exporter/config/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "exporter/base/unique_fd.h"
#include "exporter/config/config_export.h"
#include "exporter/config/config_keys.h"
#include "exporter/config/environment.h"
#include "exporter/config/suggest.h"
#include "exporter/config/yaml_document.h"

namespace dnsexp {
namespace {

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

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

// A key of that name in whichever section has it, as "section.name", or "".
std::string elsewhere(const std::string& name) {
    for (const ConfigKey& key : config_keys())
        if (key.name == name) return key.section + "." + key.name;
    return "";
}

// Walks the document, two levels deep, and gathers the errors. Aliases are not expanded by yaml-cpp but
// shared, and nothing here recurses, so they cost no more than they are long.
class Walk {
  public:
    Walk(std::string file, ConfigLoad& load) : file_(std::move(file)), load_(load) {}

    void document(const YAML::Node& root) {
        each_entry(root, "", "sections " + joined(section_names()),
                   [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                       const auto known = section_names();
                       if (std::find(known.begin(), known.end(), name) != known.end())
                           section(name, value);
                       else
                           unknown(line_of(key), "", name, "section", known);
                   });
    }

    void add(int line, const std::string& key, const std::string& message) {
        load_.errors.push_back({file_, line, key, message});
    }

  private:
    void section(const std::string& section_name, const YAML::Node& node) {
        const auto known = key_names(section_name);
        each_entry(node, section_name, "keys " + joined(known),
                   [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                       const auto& keys = config_keys();
                       const auto found = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& one) {
                           return one.section == section_name && one.name == name;
                       });
                       if (found != keys.end())
                           apply(*found, value);
                       else
                           unknown(line_of(key), section_name, name, "key", known);
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
        std::string names;
        for (const std::string& name : expansion.variables) names += (names.empty() ? "" : ", ") + name;
        return "is not right with the environment's " + names + ", which is not shown here";
    }

    // Calls `visit` with each entry of a mapping, but for repeated ones. Nothing at all stands for an empty
    // mapping.
    void each_entry(const YAML::Node& node, const std::string& path, const std::string& allowed, auto visit) {
        if (node.IsNull()) return;
        if (!node.IsMap()) {
            add(line_of(node), path, "must be a mapping, is " + description(node) + "; allowed: " + allowed);
            return;
        }
        std::map<std::string, int> lines;
        for (const auto& entry : node) {
            if (!entry.first.IsScalar()) {
                add(line_of(entry.first), path,
                    "has a key that is " + description(entry.first) + "; allowed: " + allowed);
                continue;
            }
            const std::string name = entry.first.Scalar();
            const auto [first, fresh] = lines.emplace(name, line_of(entry.first));
            if (fresh)
                visit(name, entry.first, entry.second);
            else
                add(line_of(entry.first), path.empty() ? printable(name) : path + "." + printable(name),
                    "is there twice, first on line " + std::to_string(first->second) + "; allowed: once");
        }
    }

    void unknown(int line, const std::string& section_name, const std::string& name, const std::string& what,
                 const std::vector<std::string>& known) {
        std::string suggestion = nearest(name, known);
        if (const std::string other = elsewhere(name); suggestion.empty() || !other.empty())
            suggestion = other;
        std::string message = "unknown " + what;
        if (!suggestion.empty()) message += ", did you mean " + suggestion + "?";
        add(line, section_name.empty() ? printable(name) : section_name + "." + printable(name),
            message + "; allowed: " + joined(known));
    }

    // A name from the file as part of a key: as it is if it is plain, else quoted and escaped.
    static std::string printable(const std::string& name) {
        const bool plain =
            name.size() <= 40 && !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
            });
        return plain ? name : shown(name);
    }

    std::string file_;
    ConfigLoad& load_;
};

// What is wrong, or "". Reads one octet more than is allowed, for parse_config to refuse.
std::string read_file(const std::string& path, std::string& text) {
    const auto because = [](int error) { return "can't be read: " + std::generic_category().message(error); };
    UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return because(errno);
    text.resize(kConfigOctetsMax + 1);
    size_t length = 0;
    while (length < text.size()) {
        const ssize_t count = read(file.get(), text.data() + length, text.size() - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return because(errno);
        if (count == 0) break;
        length += static_cast<size_t>(count);
    }
    text.resize(length);
    return "";
}

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
        walk.add(0, "", "is too long; allowed: up to 1 MiB");
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
    std::string text;
    if (const std::string wrong = read_file(path, text); !wrong.empty()) {
        ConfigLoad load;
        load.errors.push_back({path, 0, "", wrong});
        return load;
    }
    return parse_config(text, path);
}

}  // namespace dnsexp
