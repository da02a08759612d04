#include "exporter/config/yaml_walk.h"

#include <algorithm>

#include "exporter/base/comma_list.h"

namespace dnsexp {
namespace {

constexpr size_t kLongestPlain = 40;  // longer than any known key

bool is_plain(const std::string& name) {
    return !name.empty() && name.size() <= kLongestPlain && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

}  // namespace

std::string YamlWalk::below(const std::string& path, const std::string& name) {
    return (path.empty() ? "" : path + ".") + (is_plain(name) ? name : shown(name));
}

bool YamlWalk::is_mapping(const YAML::Node& node, const std::string& path, const std::string& allowed) {
    if (node.IsNull()) return false;
    if (node.IsMap()) return true;
    add(line_of(node), path,
        "must be a mapping" + (values_ == Values::shown ? ", is " + description(node) : "") +
            "; allowed: " + allowed);
    return false;
}

bool YamlWalk::is_fresh(const YAML::Node& key, const std::string& path, const std::string& allowed,
                        std::map<std::string, int>& lines) {
    const int line = line_of(key);
    if (!key.IsScalar()) {
        add(line, path,
            "has a key that is " + (values_ == Values::shown ? description(key) : "no text") +
                "; allowed: " + allowed);
        return false;
    }
    const auto [first, fresh] = lines.emplace(key.Scalar(), line);
    if (!fresh)
        add(line, below(path, key.Scalar()),
            "is there twice, first on line " + std::to_string(first->second) + "; allowed: once");
    return fresh;
}

void YamlWalk::unknown(int line, const std::string& path, const std::string& name, const std::string& meant,
                       const std::vector<std::string>& known) {
    add(line, below(path, name),
        std::string("unknown ") + (path.empty() ? "section" : "key") +
            (meant.empty() ? "" : ", did you mean " + meant + "?") + "; allowed: " + comma_list(known));
}

}  // namespace dnsexp
