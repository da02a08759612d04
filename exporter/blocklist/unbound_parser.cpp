// The configuration of unbound (unbound.conf(5)): local zones that are not resolved, and local data that
// leads nowhere.
#include <array>

#include "exporter/blocklist/address_text.h"
#include "exporter/blocklist/line_parser.h"
#include "exporter/blocklist/name_table.h"
#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

// Types of local-zone that keep a name from being resolved, and those that leave it as it is. `nodefault`,
// `noview`, `ipset` and `block_a` are neither.
constexpr std::array<std::string_view, 11> kBlocking = {
    "deny",          "refuse",      "static",      "redirect",    "always_nxdomain", "always_refuse",
    "always_nodata", "always_deny", "always_null", "inform_deny", "inform_redirect"};
constexpr std::array<std::string_view, 4> kOpen = {"transparent", "typetransparent", "always_transparent",
                                                   "inform"};

// A value that may be in quotes, at the front of the text; takes it away.
std::string_view take_value(std::string_view& text) {
    if (!text.starts_with('"') && !text.starts_with('\'')) return take_word(text);
    const char quote = text[0];
    text.remove_prefix(1);
    const std::string_view value = take_until(text, quote);
    text = trimmed(text);
    return value;
}

class UnboundParser : public LineParser {
  public:
    LineVerdict take(std::string_view line, EntrySink& entries) override {
        line = trimmed(without_hash_comment(line));
        if (line.empty()) return {};
        const size_t colon = line.find(':');
        const std::string_view key = line.substr(0, colon);
        if (colon == std::string_view::npos || key.find_first_of(" \t\"'") != std::string_view::npos)
            return {LineKind::bad, "no option of unbound's"};
        std::string_view value = trimmed(line.substr(colon + 1));
        if (key == "local-zone") return take_zone(value, entries);
        if (key == "local-data") return take_data(take_value(value), entries);
        return {LineKind::skipped, "an option that is not about names"};
    }

  private:
    static LineVerdict take_zone(std::string_view value, EntrySink& entries) {
        const std::string_view zone = take_value(value);
        const std::string_view type = take_value(value);
        const bool blocking = is_one_of(type, kBlocking);
        if (!blocking && !is_one_of(type, kOpen)) {
            if (zone.empty() || type.empty()) return {LineKind::bad, "a zone's name or its type is missing"};
            return {LineKind::skipped, "a type of zone that blocks nothing"};
        }
        if (zone == ".") return {LineKind::skipped, "it would list every name"};
        ListName name;
        if (const auto why = read_name(zone, NameSyntax::host, name); !why.empty())
            return {LineKind::bad, why};
        entries.add(name, blocking ? LISTED_ITSELF | LISTED_BELOW : EXEMPT_ITSELF | EXEMPT_BELOW);
        return {LineKind::taken};
    }

    // A resource record: name, TTL, class and type, and the data at the end.
    static LineVerdict take_data(std::string_view record, EntrySink& entries) {
        const std::string_view owner = take_word(record);
        std::string_view type, data;
        while (!record.empty()) {
            type = data;
            data = take_word(record);
        }
        if (owner.empty() || type.empty()) return {LineKind::bad, "not a whole record"};
        const bool address = equals_ignoring_case(type, "a") || equals_ignoring_case(type, "aaaa");
        if (!address || !is_null_address(data)) return {LineKind::skipped, "local data that leads somewhere"};
        ListName name;
        if (const auto why = read_name(owner, NameSyntax::host, name); !why.empty())
            return {LineKind::bad, why};
        entries.add(name, LISTED_ITSELF);
        return {LineKind::taken};
    }
};

}  // namespace

std::unique_ptr<LineParser> make_unbound_parser() {
    return std::make_unique<UnboundParser>();
}

}  // namespace dnsexp
