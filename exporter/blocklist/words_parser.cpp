// Lists of words: hosts (hosts(5)), plain (a name a line) and wildcard (`*.name` a line).
#include "exporter/blocklist/address_text.h"
#include "exporter/blocklist/line_parser.h"
#include "exporter/blocklist/name_table.h"
#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

constexpr uint8_t kWithBelow = LISTED_ITSELF | LISTED_BELOW;
constexpr std::string_view kSingleLabel = "a name of one label";

// Lists of other programs' users begin comments with `!` and `;`, too.
std::string_view content_of(std::string_view line) {
    line = trimmed(without_hash_comment(line));
    return line.starts_with('!') || line.starts_with(';') ? std::string_view() : line;
}

class HostsParser : public LineParser {
  public:
    LineVerdict take(std::string_view line, EntrySink& entries) override {
        line = content_of(line);
        if (line.empty()) return {};
        if (!is_address(take_word(line))) return {LineKind::bad, "no address at its begin"};
        if (line.empty()) return {LineKind::bad, "an address without a name"};
        LineVerdict verdict;
        while (!line.empty()) verdict = joined(verdict, take_name(take_word(line), entries));
        return verdict;
    }

  private:
    static LineVerdict take_name(std::string_view word, EntrySink& entries) {
        if (is_own_name(word)) return {LineKind::skipped, "a name of the own host"};
        ListName name;
        if (const auto why = read_name(word, NameSyntax::host, name); !why.empty())
            return {LineKind::bad, why};
        entries.add(name, LISTED_ITSELF);
        return {LineKind::taken};
    }

    // What hosts files have besides names of others: localhost, ip6-allnodes, broadcasthost, and 0.0.0.0.
    static bool is_own_name(std::string_view word) {
        return word.find('.') == std::string_view::npos ||
               equals_ignoring_case(word, "localhost.localdomain") || is_address(word);
    }
};

// A word of a plain or wildcard list: `*.name` and, as some write it, `.name` are the name and all below.
LineVerdict take_pattern(std::string_view line, bool wildcard, EntrySink& entries) {
    line = content_of(line);
    if (line.empty()) return {};
    std::string_view word = take_word(line);
    if (!line.empty()) return {LineKind::bad, "more than a name"};
    const bool marked = word.starts_with("*.") || word.starts_with('.');
    if (marked) word.remove_prefix(word.starts_with('*') ? 2 : 1);
    if (!marked && is_address(word)) return {LineKind::skipped, "an address"};
    ListName name;
    if (const auto why = read_name(word, NameSyntax::host, name); !why.empty()) return {LineKind::bad, why};
    // A word is no sign of a list: pages that say why there is none have some. A marked top-level domain is.
    if (!marked && name.labels == 1) return {LineKind::bad, kSingleLabel};
    entries.add(name, marked || wildcard ? kWithBelow : uint8_t{LISTED_ITSELF});
    return {LineKind::taken};
}

// Lists of `*.name` are made of lists of names, of which those below others were left out: so the name itself
// is meant, too.
class PatternParser : public LineParser {
  public:
    explicit PatternParser(bool wildcard) : wildcard_(wildcard) {}
    LineVerdict take(std::string_view line, EntrySink& entries) override {
        return take_pattern(line, wildcard_, entries);
    }

  private:
    bool wildcard_;
};

}  // namespace

std::unique_ptr<LineParser> make_hosts_parser() {
    return std::make_unique<HostsParser>();
}

std::unique_ptr<LineParser> make_plain_parser() {
    return std::make_unique<PatternParser>(false);
}

std::unique_ptr<LineParser> make_wildcard_parser() {
    return std::make_unique<PatternParser>(true);
}

}  // namespace dnsexp
