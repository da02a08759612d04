// The registrable domain (public suffix plus one label, publicsuffix.org) of names from the wire.
#pragma once

#include <libpsl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/fold/wire_name.h"

namespace dnsexp {

// Uses the system's public suffix list, or the one built into libpsl where that is newer or the only one:
// ICANN and private rules. Fixed memory beside the list: 128 KiB of cache. Not thread-safe.
class RegistrableDomains {
  public:
    RegistrableDomains();

    // Presentation format (names.h), lower case, valid until the next call. A public suffix and a single
    // label stand for themselves; the root is "."; what lies under in-addr.arpa or ip6.arpa is that domain;
    // IDNs stay A-labels. Empty where the bytes are no complete name.
    std::string_view of(std::span<const uint8_t> wire_name);

    // The same as a number of labels, for those who have the name's text already.
    struct Share {
        size_t labels = 0;  // at the name's end; 0 for the root
        // A rule of the list names the public suffix; without one the last label is taken for it. True for
        // the reverse trees.
        bool has_known_suffix = false;
    };
    Share share(const WireLabels& labels);

  private:
    [[nodiscard]] Share ask_list(size_t labels) const;

    struct FreeList {
        void operator()(psl_ctx_t* list) const { psl_free(list); }
    };

    std::unique_ptr<psl_ctx_t, FreeList> list_;
    uint64_t seed_;
    std::vector<uint64_t> cache_;  // direct-mapped: hash of the tail, its low byte replaced by the answer
    std::string tail_;             // the last labels in a form that the list can't misread
    std::string domain_;
};

}  // namespace dnsexp
