// From a YAML node to a typed value, or the words for what is wrong with it. Strict: a quoted "53" is text,
// not a number, and `yes` is no truth value.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace dnsexp {

// What is wrong, and where.
struct ConfigProblem {
    int line = 0;  // from 1; 0: nowhere in particular
    std::string what;
};

// A value, or what is wrong.
template <typename T>
using Parsed = std::variant<T, std::string>;

struct WholeRange {
    uint64_t least = 0;
    uint64_t most = 0;
    bool power_of_two = false;
};

// Decimal digits only.
Parsed<uint64_t> parse_whole(const YAML::Node& node, const WholeRange& range);
std::string allowed_whole(const WholeRange& range);

// Finite decimal number above 0.
Parsed<double> parse_positive(const YAML::Node& node);

// `true` or `false`.
Parsed<bool> parse_truth(const YAML::Node& node);

// Text that is not empty; quoted or not.
Parsed<std::string> parse_text(const YAML::Node& node);

// A domain name of letters, digits, hyphens and underscores, with a final dot or without, or empty text.
Parsed<std::string> parse_domain(const YAML::Node& node);

// What a node is, for "it is ...": a number, text "abc", a list, a mapping, empty.
std::string description(const YAML::Node& node);

// Text of the file for a message: in quotes, cut after 40 octets, printable ASCII only.
std::string shown(std::string_view text);

// Line of a node, from 1; 0 where it has none.
int line_of(const YAML::Node& node);

}  // namespace dnsexp
