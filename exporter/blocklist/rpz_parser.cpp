// Response policy zones as zone files (RFC 1035, 5; draft-vixie-dnsop-dns-rpz): policies by name of the
// query. The other triggers (rpz-ip and so on) are about answers and clients.
#include <algorithm>
#include <array>
#include <optional>

#include "exporter/blocklist/line_parser.h"
#include "exporter/blocklist/name_table.h"
#include "exporter/blocklist/text.h"
#include "exporter/blocklist/zone_record.h"

namespace dnsexp {
namespace {

// A zone file writes a record over several lines in parentheses; its SOA has some ten.
constexpr size_t kMostLines = 32;

// Cuts a comment off, which `;` begins outside of quotes, and counts parentheses.
std::string_view without_comment(std::string_view line, int& depth) {
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\\')
            ++i;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == ';')
            return line.substr(0, i);
        else if (!quoted && (c == '(' || c == ')'))
            depth += c == '(' ? 1 : -1;
    }
    return line;
}

// Types that say how the zone itself is kept and signed.
constexpr std::array<std::string_view, 7> kOfTheZone = {"ns",    "ds",         "rrsig", "nsec",
                                                        "nsec3", "nsec3param", "dnskey"};
// The last label of triggers that are not names.
constexpr std::array<std::string_view, 4> kOtherTriggers = {"rpz-client-ip", "rpz-ip", "rpz-nsip",
                                                            "rpz-nsdname"};

class RpzParser : public LineParser {
  public:
    LineVerdict take(std::string_view line, EntrySink& entries) override {
        int depth = depth_;
        line = without_comment(line, depth);
        const bool continued = depth_ > 0;
        depth_ = std::max(depth, 0);
        lines_ = continued ? lines_ + 1 : 1;
        if (depth_ > 0 && lines_ > kMostLines) {
            depth_ = 0;
            return {LineKind::bad, "a parenthesis that is not closed"};
        }
        if (continued || trimmed(line).empty()) return {};
        if (line.starts_with('$')) return take_directive(line);
        return take_record(line, entries);
    }

  private:
    LineVerdict take_directive(std::string_view line) {
        const std::string_view word = take_word(line);
        if (equals_ignoring_case(word, "$ttl")) return {};
        if (!equals_ignoring_case(word, "$origin"))  // $INCLUDE and $GENERATE: nothing else is opened or made
            return {LineKind::skipped, "a directive that is not followed"};
        ListName origin;
        const auto why = read_name(take_word(line), NameSyntax::master_file, origin);
        if (!why.empty()) return {LineKind::bad, why};
        if (!origin.absolute && (!origin_ || !append_tail(origin, *origin_)))
            return {LineKind::bad, "an origin that is not absolute"};
        origin_ = origin;
        return {};
    }

    LineVerdict take_record(std::string_view line, EntrySink& entries) {
        const auto record = split_record(line);
        if (!record) {
            owner_ = {};  // lines without an owner must not get an older one
            return {LineKind::bad, "not a whole record of a known type"};
        }
        if (!record->owner.empty()) owner_ = read_owner(record->owner);
        if (!owner_.why.empty()) return {LineKind::bad, owner_.why};
        if (equals_ignoring_case(record->type, "soa")) return take_soa(owner_.name);
        if (is_one_of(record->type, kOfTheZone)) return {};
        return take_policy(record->type, record->target, entries);
    }

    // The zone's own name, which owners have behind their trigger.
    LineVerdict take_soa(ListName name) {
        if (!name.absolute && (!origin_ || !append_tail(name, *origin_))) return {};
        zone_ = name;
        if (!origin_) origin_ = zone_;
        return {};
    }

    struct Owner {
        std::string_view why = "a record without an owner";  // empty: there is one
        ListName name;                                       // without labels: `@`, or `*` alone
        bool wildcard = false;                               // `*.name`
    };

    static Owner read_owner(std::string_view word) {
        Owner owner;
        owner.why = {};
        if (word == "@") return owner;
        owner.wildcard = word == "*" || word.starts_with("*.");
        if (owner.wildcard) word.remove_prefix(std::min<size_t>(word.size(), 2));
        if (!word.empty()) owner.why = read_name(word, NameSyntax::master_file, owner.name);
        return owner;
    }

    // The owner without the zone's name; nothing where it does not lie in the zone.
    [[nodiscard]] std::optional<ListName> trigger() const {
        ListName name = owner_.name;
        if (!name.absolute) {
            // Below an origin that is the zone itself, the relative name is the trigger.
            if (!origin_ || !zone_ || (ends_in(*origin_, *zone_) && origin_->labels == zone_->labels))
                return name;
            if (!append_tail(name, *origin_)) return std::nullopt;
        }
        if (!zone_ || !ends_in(name, *zone_)) return std::nullopt;
        drop_tail(name, zone_->labels);
        return name;
    }

    LineVerdict take_policy(std::string_view type, std::string_view target, EntrySink& entries) const {
        const auto name = trigger();
        if (!name) return {LineKind::bad, "the name does not lie in the zone"};
        if (name->labels == 0) {
            if (owner_.wildcard) return {LineKind::skipped, "it would list every name"};
            return {};
        }
        if (is_one_of(last_label(*name), kOtherTriggers))
            return {LineKind::skipped, "a trigger that is not the query's name"};
        const bool exempt = equals_ignoring_case(type, "cname") && passes_through(target, *name);
        const uint8_t itself = exempt ? EXEMPT_ITSELF : LISTED_ITSELF;
        const uint8_t below = exempt ? EXEMPT_BELOW : LISTED_BELOW;
        entries.add(*name, owner_.wildcard ? below : itself);
        return {LineKind::taken};
    }

    // rpz-passthru, or as in older zones the trigger's own name.
    static bool passes_through(std::string_view target, const ListName& trigger) {
        if (equals_ignoring_case(target, "rpz-passthru.")) return true;
        ListName name;
        return read_name(target, NameSyntax::master_file, name).empty() && name.absolute &&
               name.labels == trigger.labels && ends_in(name, trigger);
    }

    std::optional<ListName> origin_, zone_;
    Owner owner_;
    int depth_ = 0;     // parentheses that are open
    size_t lines_ = 0;  // of the record that is read
};

}  // namespace

std::unique_ptr<LineParser> make_rpz_parser() {
    return std::make_unique<RpzParser>();
}

}  // namespace dnsexp
