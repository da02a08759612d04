// How generated a registrable domain looks: the small model that ships in the binary. train/dga made it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/security/dga_features.h"

namespace dnsexp {

struct DgaVerdict {
    // Log-odds (natural) of "generated" against "benign", both equally likely beforehand; 0: not judged.
    float log_odds = 0;
    bool is_generated = false;  // above the operating threshold that the training chose
};

// Integer arithmetic on a fixed stack frame: the same verdict everywhere. Thread-safe, allocates nothing
// once made.
class DgaModel {
  public:
    // The model in the binary.
    static const DgaModel& built_in();

    // A model as train/dga writes it; the bytes must outlive it. Fails with what is wrong with them.
    static Result<DgaModel> from_bytes(std::span<const uint8_t> bytes);

    // `registrable_domain` in presentation format, lower case. Not judged (log-odds 0, not generated): IDNs,
    // what is no host name of at least two labels, and what dga_name_of (dga_features.h) leaves out besides.
    [[nodiscard]] DgaVerdict judge(std::string_view registrable_domain) const;

    // The log-odds from which a name counts as generated.
    [[nodiscard]] float threshold() const;

  private:
    DgaTables tables_;
    std::vector<DgaTree> trees_;
    int32_t bias_ = 0;
    int32_t threshold_ = 0;
};

}  // namespace dnsexp
