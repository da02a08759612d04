// Signs of single names: LONG_LABEL, DEEP_SUBDOMAIN, HIGH_ENTROPY, TXT_QUERY, NULL_QUERY, SUSPICIOUS_TLD.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/security/finding.h"
#include "exporter/security/finding_budget.h"
#include "exporter/security/judged_query.h"
#include "exporter/security/known_shapes.h"
#include "exporter/security/name_shape.h"

namespace dnsexp {

// One sign is low; where several come together in a name, all of them are medium. The score is that of the
// name, but HIGH_ENTROPY's is its own, which security.entropy_threshold is about. Forgets each name.
class NameSignals {
  public:
    // From when on something is a sign.
    struct Limits {
        explicit Limits(const SecurityConfig& config);
        KnownShapes shapes;
        std::vector<std::string> tlds;  // sorted
        size_t longest_label, deepest;
        uint32_t entropy_threshold;
    };

    explicit NameSignals(const SecurityConfig& config) : limits_(config) {}

    // The old ones are in `limits` then. Allocates nothing.
    void exchange(Limits& limits) { std::swap(limits_, limits); }

    // A finding's domain is the registrable one, its details the name. Names of known shape have no signs.
    void judge(const JudgedQuery& query, FindingSink& sink);

  private:
    struct Signs;

    [[nodiscard]] Signs signs_of(const JudgedQuery& query, const NameShape& shape) const;
    [[nodiscard]] bool has_suspicious_tld(std::string_view name) const;

    Limits limits_;
    FindingBudget budget_;
};

}  // namespace dnsexp
