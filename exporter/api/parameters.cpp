#include "exporter/api/parameters.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "exporter/fold/names.h"
#include "exporter/fold/wire_name.h"
#include "exporter/security/finding.h"

namespace dnsexp {
namespace {

constexpr size_t kShownOctets = 40;

Error refused(std::string_view parameter, std::string detail) {
    return {"use parameter", "\"" + printable_text(parameter.substr(0, kShownOctets)) + "\"", 0,
            std::move(detail), ""};
}

template <typename Number>
Status set_number(Number& number, std::string_view name, std::string_view value, Number least, Number most) {
    const char* const end = value.data() + value.size();
    Number read = 0;
    const auto [at, error] = std::from_chars(value.data(), end, read);
    if (error != std::errc() || at != end || read < least || read > most)
        return refused(name,
                       "it must be a whole number, " + std::to_string(least) + ".." + std::to_string(most));
    number = read;
    return ok();
}

Status set(WorkloadFilter& filter, std::string_view name, std::string_view value) {
    if (name == "limit") return set_number(filter.limit, name, value, uint32_t{1}, workload_limit_max);
    if (name == "role") {
        if (value != "client" && value != "server") return refused(name, "it must be client or server");
        filter.role = value;
        return ok();
    }
    return refused(name, "there are limit and role");
}

Status set(ServerFilter& filter, std::string_view name, std::string_view value) {
    if (name == "limit") return set_number(filter.limit, name, value, uint32_t{1}, server_limit_max);
    if (name == "role") {
        if (value != "client" && value != "server" && value != "local")
            return refused(name, "it must be client, server or local");
        filter.role = value;
        return ok();
    }
    return refused(name, "there are limit and role");
}

Status set(DomainFilter& filter, std::string_view name, std::string_view value) {
    if (name == "limit") return set_number(filter.limit, name, value, uint32_t{1}, domain_limit_max);
    return refused(name, "there is limit");
}

Status set(ChainRange& range, std::string_view name, std::string_view value) {
    if (name == "limit") return set_number(range.limit, name, value, uint32_t{0}, chain_limit_max);
    if (name == "after")
        return set_number(range.after, name, value, uint64_t{0}, std::numeric_limits<uint64_t>::max());
    return refused(name, "there are after and limit");
}

bool is_event_type(std::string_view name) {
    for (size_t i = 0; i < event_types; ++i)
        if (event_type_name(static_cast<EventType>(i)) == name) return true;
    return false;
}

std::string event_type_list() {
    std::string list;
    for (size_t i = 0; i < event_types; ++i)
        list += (list.empty() ? "" : ", ") + std::string(event_type_name(static_cast<EventType>(i)));
    return list;
}

Status set(AlertFilter& filter, std::string_view name, std::string_view value) {
    if (name == "limit") return set_number(filter.limit, name, value, size_t{1}, size_t{alert_limit_max});
    if (name == "after")
        return set_number(filter.after_sequence, name, value, uint64_t{0},
                          std::numeric_limits<uint64_t>::max());
    if (name == "severity") {
        constexpr std::string_view words[] = {"low", "medium", "high"};
        const auto found = std::find(std::begin(words), std::end(words), value);
        if (found == std::end(words)) return refused(name, "it must be low, medium or high");
        filter.min_severity = static_cast<uint32_t>(found - std::begin(words)) + 1;
        return ok();
    }
    if (name == "event_type") {
        if (!is_event_type(value)) return refused(name, "it must be one of " + event_type_list());
        filter.event_type = value;
        return ok();
    }
    return refused(name, "there are after, limit, severity and event_type");
}

// RFC 6891, 6.1.3: an RCODE has 12 bits.
constexpr uint16_t rcodes = 4096;

bool is_rcode(std::string_view word) {
    for (const uint16_t outcome : {DNS_OUTCOME_TIMEOUT, DNS_OUTCOME_UNTRACKED, DNS_OUTCOME_OTHER})
        if (outcome_name(outcome) == word) return true;
    for (uint16_t rcode = 0; rcode < rcodes; ++rcode)
        if (outcome_name(rcode) == word) return true;
    return false;
}

Status set_domain(std::string& domain, std::string_view name, std::string_view value) {
    if (value.ends_with('.')) value.remove_suffix(1);
    const auto is_letter = [](uint8_t c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    domain.clear();
    for (const char c : value) domain += static_cast<char>(ascii_lower(static_cast<uint8_t>(c)));
    if (domain.empty() || domain.size() >= DNS_NAME_MAX ||
        !std::all_of(domain.begin(), domain.end(), is_letter))
        return refused(name, "it must be a domain name of letters, digits, - and _");
    return ok();
}

Status set(StreamFilter& filter, std::string_view name, std::string_view value) {
    if (name == "sample") return set_number(filter.sample, name, value, uint32_t{1}, stream_sample_max);
    if (name == "slower_than_ms") {
        constexpr uint64_t ns_per_ms = 1'000'000;
        uint64_t milliseconds = 0;
        auto status = set_number(milliseconds, name, value, uint64_t{0}, uint64_t{stream_slower_than_max_ms});
        if (status) filter.slower_than_ns = milliseconds * ns_per_ms;
        return status;
    }
    if (name == "domain") return set_domain(filter.domain, name, value);
    if (name == "rcode") {
        if (!is_rcode(value)) return refused(name, "it must be a word such as NOERROR, NXDOMAIN or TIMEOUT");
        filter.rcode = value;
        return ok();
    }
    return refused(name, "there are domain, rcode, sample and slower_than_ms");
}

// Each parameter at most once.
template <typename Parameters>
Result<Parameters> parse(std::string_view query) {
    Parameters parameters;
    std::set<std::string_view> seen;
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        if (part.empty()) continue;
        const size_t name_end = std::min(part.find('='), part.size());
        const std::string_view name = part.substr(0, name_end);
        const std::string_view value = part.substr(std::min(part.size(), name_end + 1));
        if (!seen.insert(name).second) return refused(name, "it is there twice");
        if (auto status = set(parameters, name, value); !status) return status.error();
    }
    return parameters;
}

}  // namespace

Result<WorkloadFilter> parse_workload_filter(std::string_view query) {
    return parse<WorkloadFilter>(query);
}

Result<DomainFilter> parse_domain_filter(std::string_view query) {
    return parse<DomainFilter>(query);
}

Result<ServerFilter> parse_server_filter(std::string_view query) {
    return parse<ServerFilter>(query);
}

Result<ChainRange> parse_chain_range(std::string_view query) {
    return parse<ChainRange>(query);
}

Result<AlertFilter> parse_alert_filter(std::string_view query) {
    return parse<AlertFilter>(query);
}

Result<StreamFilter> parse_stream_filter(std::string_view query) {
    return parse<StreamFilter>(query);
}

Status check_no_parameters(std::string_view query) {
    if (query.empty()) return ok();
    return refused(query.substr(0, query.find('=')), "this path has no parameters");
}

}  // namespace dnsexp
