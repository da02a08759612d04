// One line of a zone file as a record (RFC 1035, 5.1).
#pragma once

#include <optional>
#include <string_view>

namespace dnsexp {

struct ZoneRecord {
    std::string_view owner;  // empty: that of the record before
    std::string_view type;
    std::string_view target;  // first word of the data
};

// `line`: without a comment. Nothing where there is no data, the type is none that zones have, or that of an
// address has none: so prose is no record.
std::optional<ZoneRecord> split_record(std::string_view line);

}  // namespace dnsexp
