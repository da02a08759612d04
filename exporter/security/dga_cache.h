// Verdicts of the DGA model that were lately given: hosts ask for the same domains again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/security/dga_model.h"

namespace dnsexp {

// Direct-mapped, of fixed size (96 KiB). Not thread-safe.
class DgaCache {
  public:
    static constexpr size_t entries = 4096;  // a power of two

    explicit DgaCache(const DgaModel& model = DgaModel::built_in()) : model_(model), table_(entries) {}

    // `domain_hash` is a seeded hash of `domain` (JudgedQuery has it): two domains that share all 64 bits
    // share a verdict, and without the seed nobody can find such.
    DgaVerdict judge(std::string_view domain, uint64_t domain_hash) {
        Entry& entry = table_[domain_hash >> 32 & (entries - 1)];
        if (!entry.used || entry.hash != domain_hash) entry = {domain_hash, model_.judge(domain), true};
        return entry.verdict;
    }

  private:
    struct Entry {
        uint64_t hash = 0;
        DgaVerdict verdict;
        bool used = false;
    };

    const DgaModel& model_;
    std::vector<Entry> table_;
};

}  // namespace dnsexp
