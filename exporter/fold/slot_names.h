// The slots of one snapshot -> label text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exporter/source/source.h"

namespace dnsexp {

// Keeps a reference to the snapshot. A slot that the snapshot does not name is `other`.
class SlotNames {
  public:
    explicit SlotNames(const RawSnapshot& snapshot);

    [[nodiscard]] std::string server(uint32_t slot) const;
    [[nodiscard]] std::string interface(uint32_t slot) const;
    [[nodiscard]] std::string type(uint32_t slot) const;  // see dns_classify.h

  private:
    std::map<uint32_t, std::string> servers_;
    std::map<uint32_t, std::string> interfaces_;
    const std::vector<uint16_t>& extra_types_;
};

}  // namespace dnsexp
