#include "exporter/blocklist/format.h"

#include <array>

#include "exporter/blocklist/address_text.h"
#include "exporter/blocklist/text.h"
#include "exporter/blocklist/zone_record.h"

namespace dnsexp {
namespace {

bool starts_with_one_of(std::string_view line, std::initializer_list<std::string_view> marks) {
    return std::ranges::any_of(marks, [line](std::string_view mark) { return line.starts_with(mark); });
}

// Lines of one word, or of an address and words.
std::optional<BlocklistFormat> tell_words(std::string_view line) {
    line = trimmed(without_hash_comment(line));
    std::string_view word = take_word(line);
    if (!line.empty()) {
        if (is_address(word)) return BlocklistFormat::hosts;
        return std::nullopt;
    }
    const bool marked = word.starts_with("*.");
    if (marked) word.remove_prefix(2);
    ListName name;
    if (is_address(word) || !read_name(word, NameSyntax::host, name).empty()) return std::nullopt;
    if (marked) return BlocklistFormat::wildcard;
    // A single label may be anything.
    return name.labels > 1 ? std::optional(BlocklistFormat::plain) : std::nullopt;
}

}  // namespace

std::string_view format_name(BlocklistFormat format) {
    constexpr std::array<std::string_view, 8> names = {"auto",    "hosts", "plain",   "adblock",
                                                       "dnsmasq", "rpz",   "unbound", "wildcard"};
    return names[static_cast<size_t>(format)];
}

std::unique_ptr<LineParser> make_parser(BlocklistFormat format) {
    switch (format) {
        case BlocklistFormat::hosts:
            return make_hosts_parser();
        case BlocklistFormat::adblock:
            return make_adblock_parser();
        case BlocklistFormat::dnsmasq:
            return make_dnsmasq_parser();
        case BlocklistFormat::rpz:
            return make_rpz_parser();
        case BlocklistFormat::unbound:
            return make_unbound_parser();
        case BlocklistFormat::wildcard:
            return make_wildcard_parser();
        case BlocklistFormat::automatic:
        case BlocklistFormat::plain:
            break;
    }
    return make_plain_parser();
}

std::optional<BlocklistFormat> tell_format(std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.empty() || starts_with_one_of(text, {"#", "!", ";"})) return std::nullopt;
    if (starts_with_one_of(text, {"[Adblock", "||", "@@||"})) return BlocklistFormat::adblock;
    if (starts_with_one_of(text, {"address=", "server=", "local="})) return BlocklistFormat::dnsmasq;
    if (starts_with_one_of(text, {"server:", "local-zone:", "local-data:"})) return BlocklistFormat::unbound;
    if (starts_with_one_of(text, {"$TTL", "$ORIGIN"})) return BlocklistFormat::rpz;
    if (const auto format = tell_words(text)) return format;
    if (split_record(line)) return BlocklistFormat::rpz;
    return std::nullopt;
}

}  // namespace dnsexp
