#include "exporter/config/environment.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace dnsexp {
namespace {

constexpr std::string_view kOpening = "${";
constexpr std::string_view kLiteral = "$${";

// POSIX.1-2017, 8.1: letters, digits and underscores, no digit first.
bool is_variable_name(std::string_view name) {
    const auto is_fit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), is_fit);
}

class Expander {
  public:
    Expansion take() { return std::move(result_); }

    void visit(const YAML::Node& node) {
        // A node's place in the text is its identity: aliases lead to one node many times.
        if (!seen_.emplace(node.Mark().pos, node.Type()).second) return;
        if (node.IsScalar()) scalar(node);  // a copy is the same node
        if (node.IsSequence())
            for (const auto& child : node) visit(child);
        if (node.IsMap())
            for (const auto& entry : node) visit(entry.second);
    }

  private:
    void scalar(YAML::Node node) {
        if (node.Scalar().find(kOpening) == std::string::npos) return;
        std::string text;
        if (!expand(node.Scalar(), line_of(node), text)) return;
        node = text;
        // As if it stood there without quotes, which a flow list needs around the braces: it may be a number.
        node.SetTag("?");
    }

    bool expand(std::string_view rest, int line, std::string& text) {
        while (!rest.empty()) {
            const size_t at = rest.find(kOpening);
            text += rest.substr(0, at);
            if (at == std::string_view::npos) break;
            rest.remove_prefix(at);
            if (text.ends_with('$')) {  // of $${
                text.pop_back();
                text += kOpening;
                rest.remove_prefix(kOpening.size());
            } else if (!variable(rest, line, text)) {
                return false;
            }
        }
        return true;
    }

    // Takes ${NAME} off the front of `rest`.
    bool variable(std::string_view& rest, int line, std::string& text) {
        const size_t end = rest.find('}');
        const std::string name(
            end == std::string_view::npos ? "" : rest.substr(kOpening.size(), end - kOpening.size()));
        if (!is_variable_name(name)) {
            result_.problems.push_back({line,
                                        "holds ${ without the name of an environment variable and }; "
                                        "write " +
                                            std::string(kLiteral) + " for the two characters"});
            return false;
        }
        // Nothing here changes the environment once threads run.
        const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
        if (value == nullptr) {
            result_.problems.push_back({line, "the environment variable " + name + " is not set"});
            return false;
        }
        if (std::find(result_.variables.begin(), result_.variables.end(), name) == result_.variables.end())
            result_.variables.push_back(name);
        text += value;
        rest.remove_prefix(end + 1);
        return true;
    }

    Expansion result_;
    std::set<std::pair<int, YAML::NodeType::value>> seen_;  // a list and its first item begin at one place
};

}  // namespace

Expansion expand_environment(const YAML::Node& value) {
    Expander expander;
    expander.visit(value);
    return expander.take();
}

}  // namespace dnsexp
