#include "exporter/api/parameters.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "exporter/fold/names.h"

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

Status set(ChainRange& range, std::string_view name, std::string_view value) {
    if (name == "limit") return set_number(range.limit, name, value, uint32_t{0}, chain_limit_max);
    if (name == "after")
        return set_number(range.after, name, value, uint64_t{0}, std::numeric_limits<uint64_t>::max());
    return refused(name, "there are after and limit");
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

Result<ChainRange> parse_chain_range(std::string_view query) {
    return parse<ChainRange>(query);
}

Status check_no_parameters(std::string_view query) {
    if (query.empty()) return ok();
    return refused(query.substr(0, query.find('=')), "this path has no parameters");
}

}  // namespace dnsexp
