#include "exporter/workload/pod_owner.h"

#include <charconv>
#include <cstdint>

namespace dnsexp {
namespace {

// The CronJob controller names a Job by its scheduled time: minutes since 1970 from Kubernetes 1.21 on,
// seconds before. The bounds tell those from what people write there: 20240101 as minutes would be the year
// 2008.
constexpr uint64_t kFirstMinute = 25'245'000;     // January 2018
constexpr uint64_t kLastMinute = 99'999'999;      // eight digits, the year 2160
constexpr uint64_t kFirstSecond = 1'514'700'000;  // January 2018
constexpr uint64_t kLastSecond = 4'294'967'295;   // the year 2106

bool is_schedule(std::string_view digits) {
    uint64_t time = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
    return (digits.size() == 8 && time >= kFirstMinute && time <= kLastMinute) ||
           (digits.size() == 10 && time >= kFirstSecond && time <= kLastSecond);
}

}  // namespace

PodOwner workload_of(std::string_view api_version, std::string_view kind, std::string_view name,
                     std::string_view template_hash) {
    if (kind == "Node") return {};
    const size_t dash = name.rfind('-');
    if (dash != std::string_view::npos && dash > 0) {
        const std::string_view before = name.substr(0, dash);
        const std::string_view after = name.substr(dash + 1);
        if (kind == "ReplicaSet" && api_version.starts_with("apps/") && !template_hash.empty() &&
            after == template_hash)
            return {"Deployment", std::string(before)};
        if (kind == "Job" && api_version.starts_with("batch/") && is_schedule(after))
            return {"CronJob", std::string(before)};
    }
    return {std::string(kind), std::string(name)};
}

}  // namespace dnsexp
