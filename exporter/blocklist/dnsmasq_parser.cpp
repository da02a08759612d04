// The configuration of dnsmasq (dnsmasq(8)): names that are answered with an address that leads nowhere, or
// that are asked of no server.
#include <optional>

#include "exporter/blocklist/address_text.h"
#include "exporter/blocklist/line_parser.h"
#include "exporter/blocklist/name_table.h"
#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

constexpr uint8_t kListed = LISTED_ITSELF | LISTED_BELOW;
constexpr uint8_t kExempt = EXEMPT_ITSELF | EXEMPT_BELOW;

// What the text behind the names makes of them; nothing where they are no matter of a blocklist.
std::optional<uint8_t> meaning(bool is_address_option, std::string_view target) {
    if (is_address_option) {
        // "#" and nothing are the null address and NXDOMAIN; another address may be a host of the user's own.
        if (target.empty() || target == "#" || is_null_address(target)) return kListed;
        return std::nullopt;
    }
    return target.empty() ? kListed : kExempt;  // a server that answers, or "#": those for all other names
}

class DnsmasqParser : public LineParser {
  public:
    LineVerdict take(std::string_view line, EntrySink& entries) override {
        line = trimmed(without_hash_comment(line));
        if (line.empty()) return {};
        const size_t equals = line.find('=');
        const std::string_view option = trimmed(line.substr(0, equals));
        if (option.empty() || option.find_first_of(" \t/") != std::string_view::npos)
            return {LineKind::bad, "no option of dnsmasq's"};
        const bool address = option == "address";
        if (!address && option != "server" && option != "local")
            return {LineKind::skipped, "an option that is not about names"};
        if (equals == std::string_view::npos) return {LineKind::bad, "an option without a value"};
        return take_value(trimmed(line.substr(equals + 1)), address, entries);
    }

  private:
    // `/name/name/target`.
    static LineVerdict take_value(std::string_view value, bool address, EntrySink& entries) {
        const size_t end = value.rfind('/');
        if (!value.starts_with('/') || end == 0)
            return address || value.starts_with('/') || value.empty()
                       ? LineVerdict{LineKind::bad, "names are not between slashes"}
                       : LineVerdict{LineKind::skipped, "a server for all names"};
        const auto flags = meaning(address, value.substr(end + 1));
        if (!flags) return {LineKind::skipped, "an address that leads somewhere"};
        std::string_view names = value.substr(1, end - 1);
        LineVerdict verdict;
        do {
            verdict = joined(verdict, take_name(take_until(names, '/'), *flags, entries));
        } while (!names.empty());
        return verdict;
    }

    static LineVerdict take_name(std::string_view text, uint8_t flags, EntrySink& entries) {
        if (text.empty() || text == "#") return {LineKind::skipped, "it would list every name"};
        if (text.find('*') != std::string_view::npos) return {LineKind::skipped, "a pattern, not a name"};
        if (text.starts_with('.')) text.remove_prefix(1);  // older configurations have it, without a meaning
        ListName name;
        if (const auto why = read_name(text, NameSyntax::host, name); !why.empty())
            return {LineKind::bad, why};
        entries.add(name, flags);
        return {LineKind::taken};
    }
};

}  // namespace

std::unique_ptr<LineParser> make_dnsmasq_parser() {
    return std::make_unique<DnsmasqParser>();
}

}  // namespace dnsexp
