// Bounds what judges tell of in a minute, where an attacker can bring forth ever new clients and domains.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "exporter/security/finding.h"

namespace dnsexp {

// Whom and what a finding is about.
struct Subject {
    ClientId client;
    std::string_view domain;
};

// Beyond the budget of a type and severity, findings are about nobody in particular: the sink folds them into
// one, and none is lost from its count. Not thread-safe.
class FindingBudget {
  public:
    static constexpr uint32_t per_minute = 64;

    // FindingSink::admit, and `subject` becomes empty where the budget is spent.
    bool admit(FindingSink& sink, EventType type, Severity severity, Subject& subject, uint64_t time_ns) {
        constexpr uint64_t minute_ns = 60'000'000'000;
        if (time_ns >= start_ns_ + minute_ns) {
            start_ns_ = time_ns;
            told_ = {};
        }
        uint32_t& told = told_[static_cast<size_t>(type)][static_cast<size_t>(severity) - 1];
        const bool is_spent = told >= per_minute;
        if (is_spent) subject = {};
        if (!sink.admit(type, severity, subject.client, subject.domain, time_ns)) return false;
        if (!is_spent) ++told;
        return true;
    }

  private:
    uint64_t start_ns_ = 0;
    std::array<std::array<uint32_t, severities>, event_types> told_{};
};

}  // namespace dnsexp
