#include "exporter/api/parameters.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

constexpr size_t kShownOctets = 40;

Error refused(std::string_view parameter, std::string detail) {
    return {"use parameter", "\"" + printable_text(parameter.substr(0, kShownOctets)) + "\"", 0,
            std::move(detail), ""};
}

Status set(WorkloadFilter& filter, std::string_view name, std::string_view value) {
    if (name == "limit") {
        const char* const end = value.data() + value.size();
        const auto [at, error] = std::from_chars(value.data(), end, filter.limit);
        if (error != std::errc() || at != end || filter.limit < 1 || filter.limit > workload_limit_max)
            return refused(name, "it must be a whole number, 1.." + std::to_string(workload_limit_max));
        return ok();
    }
    if (name == "role") {
        if (value != "client" && value != "server") return refused(name, "it must be client or server");
        filter.role = value;
        return ok();
    }
    return refused(name, "there are limit and role");
}

}  // namespace

Result<WorkloadFilter> parse_workload_filter(std::string_view query) {
    WorkloadFilter filter;
    std::set<std::string_view> seen;
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        if (part.empty()) continue;
        const size_t name_end = std::min(part.find('='), part.size());
        const std::string_view name = part.substr(0, name_end);
        const std::string_view value = part.substr(std::min(part.size(), name_end + 1));
        if (!seen.insert(name).second) return refused(name, "it is there twice");
        if (auto status = set(filter, name, value); !status) return status.error();
    }
    return filter;
}

Status check_no_parameters(std::string_view query) {
    if (query.empty()) return ok();
    return refused(query.substr(0, query.find('=')), "this path has no parameters");
}

}  // namespace dnsexp
