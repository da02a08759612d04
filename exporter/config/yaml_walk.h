// What walks of YAML documents of sections and keys have in common: entries told apart, errors gathered.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>
#include <vector>

#include "exporter/config/config_file.h"
#include "exporter/config/config_values.h"

namespace dnsexp {

// Aliases are not expanded by yaml-cpp but shared, and nothing here recurses, so they cost no more than they
// are long.
class YamlWalk {
  public:
    // What stands where a mapping should: shown in messages, or not as it may be a secret.
    enum class Values { shown, hidden };

    YamlWalk(std::string file, std::vector<ConfigError>& errors, Values values)
        : file_(std::move(file)), errors_(errors), values_(values) {}

    void add(int line, const std::string& key, const std::string& message) {
        errors_.push_back({file_, line, key, message});
    }

    // Calls `visit` with name, key and value of each entry of a mapping, but for repeated ones. Nothing at
    // all stands for an empty mapping.
    template <typename Visit>
    void each_entry(const YAML::Node& node, const std::string& path, const std::string& allowed,
                    Visit visit) {
        if (!is_mapping(node, path, allowed)) return;
        std::map<std::string, int> lines;
        for (const auto& entry : node)
            if (is_fresh(entry.first, path, allowed, lines))
                visit(entry.first.Scalar(), entry.first, entry.second);
    }

    // A name that is none of `known`; `meant` is the one to suggest, or "".
    void unknown(int line, const std::string& path, const std::string& name, const std::string& meant,
                 const std::vector<std::string>& known);

    // The key `name` of `path` in a message: as it is where it is plain, else quoted and escaped.
    static std::string below(const std::string& path, const std::string& name);

  private:
    bool is_mapping(const YAML::Node& node, const std::string& path, const std::string& allowed);
    bool is_fresh(const YAML::Node& key, const std::string& path, const std::string& allowed,
                  std::map<std::string, int>& lines);

    std::string file_;
    std::vector<ConfigError>& errors_;
    Values values_;
};

}  // namespace dnsexp
