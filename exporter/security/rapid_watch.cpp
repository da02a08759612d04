#include "exporter/security/rapid_watch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

namespace dnsexp {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kMinute = 60;  // seconds that are remembered
constexpr uint64_t kMinuteMask = (uint64_t{1} << kMinute) - 1;
constexpr uint64_t kFar = 100;  // times the limit: more than an office behind one address asks
constexpr int kFarSeconds = 10;

// Scores: so much at the limit, so much more for each power of ten above it; the rest for how long it lasts.
constexpr double kScoreAtLimit = 20, kScorePerDecade = 30, kScoreOfRate = 80, kScoreOfMinute = 20;

// "1,234,567"
std::string grouped(uint32_t number) {
    std::string text = std::to_string(number);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

}  // namespace

void RapidWatch::forget(uint64_t now_ns) {
    std::erase_if(histories_, [now_ns](const auto& entry) {
        return entry.second.time_ns + kMinute * kNsPerSecond < now_ns;
    });
}

RapidWatch::History& RapidWatch::history_of(const BusyClient& client, History& without) {
    const Key key = {client.address.high, client.address.low, client.role};
    const auto found = histories_.find(key);
    if (found != histories_.end()) return found->second;
    return histories_.size() < capacity ? histories_[key] : without;
}

void RapidWatch::note(History& history, const BusyClient& client) const {
    // Seconds begin at whole milliseconds or so: the number of them between two is the nearest.
    const uint64_t passed = client.time_ns > history.time_ns
                                ? (client.time_ns - history.time_ns + kNsPerSecond / 2) / kNsPerSecond
                                : 0;
    const bool gone = passed >= kMinute;
    history.over = gone ? 1 : (history.over << passed | 1) & kMinuteMask;
    history.far_over = gone ? 0 : history.far_over << passed & kMinuteMask;
    if (client.queries >= kFar * limit_qps_) history.far_over |= 1;
    history.time_ns = std::max(history.time_ns, client.time_ns);
}

Finding RapidWatch::finding_of(const BusyClient& client, const History& history) const {
    const int seconds = std::popcount(history.over);
    const double decades = std::log10(static_cast<double>(client.queries) / limit_qps_);
    const double rate = std::clamp(kScoreAtLimit + kScorePerDecade * decades, 0.0, kScoreOfRate);
    Finding finding;
    finding.type = EventType::rapid_queries;
    const bool is_far = std::popcount(history.far_over) >= kFarSeconds && client.role == DNS_ROLE_SERVER;
    finding.severity = is_far ? Severity::medium : Severity::low;
    finding.score = static_cast<uint32_t>(rate + kScoreOfMinute * seconds / double{kMinute});
    finding.time_ns = client.time_ns;
    finding.client.address = client.address;
    finding.role = client.role;
    return finding;
}

void RapidWatch::judge(const std::vector<BusyClient>& busy, uint64_t now_ns, FindingSink& sink) {
    forget(now_ns);
    for (const BusyClient& client : busy) {
        History alone;
        History& history = history_of(client, alone);
        note(history, client);
        Finding finding = finding_of(client, history);
        if (!sink.admit(finding.type, finding.severity, finding.client, finding.domain, finding.time_ns))
            continue;
        finding.details = grouped(client.queries) + " queries in one second, limit " + grouped(limit_qps_);
        const int seconds = std::popcount(history.over);
        if (seconds > 1)
            finding.details += "; over it in " + std::to_string(seconds) + " of the last 60 seconds";
        sink.raise(std::move(finding));
    }
}

}  // namespace dnsexp
