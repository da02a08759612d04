// What the table of configuration keys is made of: a rule says what a value may be, and how it is checked and
// stored.
#pragma once

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exporter/base/comma_list.h"
#include "exporter/config/config.h"
#include "exporter/config/config_values.h"
#include "exporter/config/suggest.h"

namespace dnsexp {

using Problems = std::vector<ConfigProblem>;

// When a changed value is in force.
enum class Applies { on_reload, at_restart };

// What a value may be, how it is checked and stored, and how two configurations are told apart by it.
struct Rule {
    std::string allowed;
    std::function<Problems(const YAML::Node&, Config&)> apply;
    std::function<bool(const Config&, const Config&)> is_same;
    std::function<void(const Config& from, Config& to)> copy;
    Applies applies = Applies::on_reload;
};

// The rule of a value that the programs or the threads are made with.
inline Rule at_restart(Rule rule) {
    rule.applies = Applies::at_restart;
    return rule;
}

// Where a value goes: a field of a section.
template <typename Section, typename Field>
struct Place {
    Section Config::*section;
    Field Section::*field;

    Field& in(Config& config) const { return config.*section.*field; }
    [[nodiscard]] const Field& in(const Config& config) const { return config.*section.*field; }
};
template <typename Section, typename Field>
Place(Section Config::*, Field Section::*) -> Place<Section, Field>;

template <typename Section, typename Field>
Rule rule_for(Place<Section, Field> place, std::string allowed,
              std::function<Problems(const YAML::Node&, Config&)> apply) {
    return {std::move(allowed), std::move(apply),
            [place](const Config& a, const Config& b) { return place.in(a) == place.in(b); },
            [place](const Config& from, Config& to) { place.in(to) = place.in(from); }};
}

// A rule for one value that `parse` reads.
template <typename Section, typename Field, typename Parse>
Rule single(Place<Section, Field> place, std::string allowed, Parse parse) {
    return rule_for(place, std::move(allowed),
                    [place, parse](const YAML::Node& node, Config& config) -> Problems {
                        const auto parsed = parse(node);
                        if (parsed.index() == 1) return {{line_of(node), std::get<1>(parsed)}};
                        place.in(config) = static_cast<Field>(std::get<0>(parsed));
                        return {};
                    });
}

template <typename Section, typename Field>
Rule whole(Place<Section, Field> place, WholeRange range) {
    return single(place, allowed_whole(range),
                  [range](const YAML::Node& node) { return parse_whole(node, range); });
}

template <typename Section>
Rule truth(Place<Section, bool> place) {
    return single(place, "true or false", parse_truth);
}

template <typename Section>
Rule text(Place<Section, std::string> place, std::string allowed) {
    return single(place, std::move(allowed), [](const YAML::Node& node) {
        if (node.IsScalar() && node.Scalar().empty()) return Parsed<std::string>(std::in_place_index<0>);
        return parse_text(node);
    });
}

// The words of a setting that takes one of a few, and what each stands for.
template <typename Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

template <typename Enum>
std::string words_of(const Choices<Enum>& choices) {
    std::string words;
    for (const auto& one : choices) words += (words.empty() ? "" : ", ") + one.first;
    return words;
}

template <typename Enum>
Parsed<Enum> parse_choice(const YAML::Node& node, const Choices<Enum>& choices) {
    for (const auto& [name, value] : choices)
        if (node.IsScalar() && node.Scalar() == name) return value;
    return "is " + description(node);
}

template <typename Section, typename Enum>
Rule choice(Place<Section, Enum> place, Choices<Enum> choices) {
    return single(place, words_of(choices),
                  [choices](const YAML::Node& node) { return parse_choice(node, choices); });
}

// A rule for a list whose items `parse` reads. `check` then judges an item against the ones before it: what
// is wrong, or nothing.
template <typename Section, typename Item, typename Parse, typename Check>
Rule list(Place<Section, std::vector<Item>> place, std::string allowed, size_t least, size_t most,
          Parse parse, Check check) {
    const auto apply = [=](const YAML::Node& node, Config& config) -> Problems {
        if (!node.IsSequence()) return {{line_of(node), "must be a list, is " + description(node)}};
        if (node.size() < least || node.size() > most)
            return {{line_of(node), "has " + std::to_string(node.size()) + " items"}};
        Problems problems;
        std::vector<Item> items;
        for (const YAML::Node& child : node) {
            const auto parsed = parse(child);
            std::string wrong;
            if (parsed.index() == 1)
                wrong = std::get<1>(parsed);
            else
                wrong = check(static_cast<Item>(std::get<0>(parsed)), items);
            if (!wrong.empty())
                problems.push_back({line_of(child), "item: " + wrong});
            else
                items.push_back(static_cast<Item>(std::get<0>(parsed)));
        }
        if (problems.empty()) place.in(config) = items;
        return problems;
    };
    return rule_for(place, std::move(allowed), apply);
}

template <typename Item>
bool is_among(const Item& item, const std::vector<Item>& before) {
    return std::find(before.begin(), before.end(), item) != before.end();
}

// A list of any of the choices, each at most once.
template <typename Section, typename Enum>
Rule choice_list(Place<Section, std::vector<Enum>> place, Choices<Enum> choices) {
    return list(
        place, "a list of distinct ones of " + words_of(choices), 0, choices.size(),
        [choices](const YAML::Node& node) { return parse_choice(node, choices); },
        [choices](Enum value, const std::vector<Enum>& before) {
            const auto chosen = std::find_if(choices.begin(), choices.end(),
                                             [value](const auto& one) { return one.second == value; });
            return is_among(value, before) ? chosen->first + " is there twice" : std::string();
        });
}

// One member of the mappings that are a list's items.
template <typename Item>
struct Member {
    std::string name;
    std::string allowed;
    std::function<std::string(const YAML::Node&, Item&)> apply;  // what is wrong, or nothing
};

template <typename Item, typename Field, typename Parse>
Member<Item> member(std::string name, std::string allowed, Field Item::*field, Parse parse) {
    return {std::move(name), std::move(allowed),
            [field, parse](const YAML::Node& node, Item& item) -> std::string {
                const auto parsed = parse(node);
                if (parsed.index() == 1) return std::get<1>(parsed);
                item.*field = static_cast<Field>(std::get<0>(parsed));
                return "";
            }};
}

template <typename Item>
std::string unknown_member(const std::string& name, const std::vector<Member<Item>>& members) {
    std::vector<std::string> known;
    for (const auto& one : members) known.push_back(one.name);
    const std::string meant = nearest(name, known);
    return shown(name) + " is no key of an item" + (meant.empty() ? "" : ", did you mean " + meant + "?") +
           "; its keys are " + comma_list(known);
}

// Reads one mapping into `item` and gathers what is wrong with it.
template <typename Item>
Problems parse_members(const YAML::Node& node, const std::vector<Member<Item>>& members,
                       const std::vector<std::string>& required, Item& item) {
    if (!node.IsMap()) return {{line_of(node), "item: must be a mapping, is " + description(node)}};
    Problems problems;
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
        const auto found =
            std::find_if(members.begin(), members.end(), [&](const auto& one) { return one.name == name; });
        std::string wrong;
        if (found == members.end())
            wrong = unknown_member(name, members);
        else if (!seen.insert(name).second)
            wrong = name + " is there twice";
        else if (wrong = found->apply(entry.second, item); !wrong.empty())
            wrong.insert(0, name + ": ").append(" (" + found->allowed + ")");
        if (!wrong.empty()) problems.push_back({line_of(entry.first), "item: " + wrong});
    }
    for (const std::string& name : required)
        if (!seen.contains(name)) problems.push_back({line_of(node), "item: has no " + name});
    return problems;
}

// A rule for a list of mappings. `check` judges an item against the ones before it: what is wrong, or
// nothing.
template <typename Section, typename Item, typename Check>
Rule mapping_list(Place<Section, std::vector<Item>> place, std::string allowed, size_t most,
                  std::vector<Member<Item>> members, std::vector<std::string> required, Check check) {
    const auto apply = [=](const YAML::Node& node, Config& config) -> Problems {
        if (!node.IsSequence()) return {{line_of(node), "must be a list, is " + description(node)}};
        if (node.size() > most) return {{line_of(node), "has " + std::to_string(node.size()) + " items"}};
        Problems problems;
        std::vector<Item> items;
        for (const YAML::Node& child : node) {
            Item item;
            Problems wrong = parse_members(child, members, required, item);
            if (wrong.empty())
                if (const std::string why = check(item, items); !why.empty())
                    wrong.push_back({line_of(child), "item: " + why});
            problems.insert(problems.end(), wrong.begin(), wrong.end());
            items.push_back(std::move(item));
        }
        if (problems.empty()) place.in(config) = std::move(items);
        return problems;
    };
    return rule_for(place, std::move(allowed), apply);
}

}  // namespace dnsexp
