#include "exporter/blocklist/zone_record.h"

#include "exporter/blocklist/address_text.h"
#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

constexpr std::array<std::string_view, 21> kTypes = {
    "a",  "aaaa",  "cname", "dname", "soa", "ns",         "txt",    "mx",    "ptr",  "srv",  "naptr",
    "ds", "rrsig", "nsec",  "nsec3", "caa", "nsec3param", "dnskey", "https", "svcb", "hinfo"};

bool is_ttl(std::string_view word) {  // 300, and as BIND has it 1h30m
    return is_digit(word.front()) && word.find_first_not_of("0123456789wdhmsWDHMS") == std::string_view::npos;
}

}  // namespace

std::optional<ZoneRecord> split_record(std::string_view line) {
    ZoneRecord record;
    if (line.empty()) return std::nullopt;
    if (!is_blank(line.front())) record.owner = take_word(line);
    record.type = take_word(line);
    while (!line.empty() && (is_ttl(record.type) || equals_ignoring_case(record.type, "in")))
        record.type = take_word(line);
    record.target = take_word(line);
    if (record.target.empty() || !is_one_of(record.type, kTypes)) return std::nullopt;
    const bool address = equals_ignoring_case(record.type, "a") || equals_ignoring_case(record.type, "aaaa");
    if (address && !is_address(record.target)) return std::nullopt;
    return record;
}

}  // namespace dnsexp
