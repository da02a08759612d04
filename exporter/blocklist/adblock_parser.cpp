// Rules of ad blockers (Adblock Plus, AdGuard), as far as they block or allow a whole name.
#include "exporter/blocklist/address_text.h"
#include "exporter/blocklist/line_parser.h"
#include "exporter/blocklist/name_table.h"
#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

constexpr std::string_view kPattern = "a pattern of addresses of pages, not a name";

// Options that leave a rule about all requests to a name. `important` puts a block over exceptions in ad
// blockers; here it does not, since a name that its list exempts is no finding.
bool keeps_whole_name(std::string_view options) {
    while (!options.empty()) {
        const std::string_view option = trimmed(take_until(options, ','));
        if (option != "important" && option != "all") return false;
    }
    return true;
}

bool is_cosmetic(std::string_view line) {
    for (const char* mark : {"##", "#@#", "#?#", "#$#", "#%#", "$$"})
        if (line.find(mark) != std::string_view::npos) return true;
    return false;
}

class AdblockParser : public LineParser {
  public:
    LineVerdict take(std::string_view line, EntrySink& entries) override {
        line = trimmed(line);
        if (line.empty() || line.starts_with('!') || line.starts_with('[')) return {};
        if (is_cosmetic(line)) return {LineKind::skipped, "a rule about elements of pages"};
        if (line.starts_with('#')) return {};
        const bool exception = line.starts_with("@@");
        if (exception) line.remove_prefix(2);
        if (!line.starts_with("||")) return {LineKind::skipped, kPattern};
        line.remove_prefix(2);
        std::string_view options = line;
        const std::string_view pattern = take_until(options, '$');
        if (!keeps_whole_name(options)) return {LineKind::skipped, "options narrow the rule"};
        return take_rule(pattern, exception, entries);
    }
    // Ad blockers ask for exceptions first.
    [[nodiscard]] bool exemptions_win() const override { return true; }

  private:
    // `name^`, where the caret stands for the name's end.
    static LineVerdict take_rule(std::string_view pattern, bool exception, EntrySink& entries) {
        if (pattern.ends_with("^|")) pattern.remove_suffix(1);
        if (!pattern.ends_with('^')) return {LineKind::skipped, kPattern};
        pattern.remove_suffix(1);
        const bool below_only = pattern.starts_with("*.");
        if (below_only) pattern.remove_prefix(2);
        if (pattern.find_first_of("*/|:?=&") != std::string_view::npos || is_address(pattern))
            return {LineKind::skipped, kPattern};
        ListName name;
        if (const auto why = read_name(pattern, NameSyntax::host, name); !why.empty())
            return {LineKind::bad, why};
        const uint8_t itself = exception ? EXEMPT_ITSELF : LISTED_ITSELF;
        const uint8_t below = exception ? EXEMPT_BELOW : LISTED_BELOW;
        entries.add(name, below_only ? below : static_cast<uint8_t>(itself | below));
        return {LineKind::taken};
    }
};

}  // namespace

std::unique_ptr<LineParser> make_adblock_parser() {
    return std::make_unique<AdblockParser>();
}

}  // namespace dnsexp
