// A second reading of resource records (RFC 1035, 3.2.1 and 4.1.4), OPT (RFC 6891, 6.1) and Extended DNS
// Errors (RFC 8914, 2), slow and plain: it has the whole message in memory. To hold dns_edns.h against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {

struct NaiveEdns {
    uint32_t result = DNS_EDNS_ABSENT;  // enum dns_edns_result
    size_t looks = 0;                   // at labels, records and options, the last one included
    uint32_t payload_size = 0, extended_rcode = 0, version = 0;
    bool dnssec_ok = false;
    std::vector<uint32_t> info_codes;  // of all Extended DNS Errors
};

class NaiveEdnsParser {
  public:
    // A message of `length` octets, of which `octets` are in hand.
    NaiveEdnsParser(std::span<const uint8_t> octets, size_t length) : octets_(octets), length_(length) {}

    // The OPT record behind `before` records of answer and authority, among `additional` others; `at` is
    // where the first record begins.
    NaiveEdns find(size_t at, size_t before, size_t additional) {
        for (size_t i = 0; i < before + additional; ++i) {
            const size_t owner = at;
            if (!pass_name(at)) return edns_;
            if (!has(at, 10)) return edns_;
            const size_t type = number(at), data_length = number(at + 8), data = at + 10;
            if (data + data_length > length_) return ended(DNS_EDNS_MALFORMED);
            if (i >= before && type == 41 && octets_[owner] == 0)
                return read_opt(at, data, data + data_length);
            at = data + data_length;
        }
        ++edns_.looks;
        return edns_;
    }

  private:
    NaiveEdns ended(uint32_t result) {
        edns_.result = result;
        return edns_;
    }
    [[nodiscard]] size_t number(size_t at) const { return octets_[at] * size_t{256} + octets_[at + 1]; }

    // Whether so many octets are in hand; if not, says why.
    bool has(size_t at, size_t count) {
        if (at + count <= octets_.size()) return true;
        edns_.result = at + count > length_ ? DNS_EDNS_MALFORMED : DNS_EDNS_CUT;
        return false;
    }

    // Goes behind a name: labels up to the root or a pointer, 255 octets in all (RFC 1035, 2.3.4).
    bool pass_name(size_t& at) {
        size_t used = 0;
        while (true) {
            ++edns_.looks;
            if (!has(at, 1)) return false;
            const uint8_t label = octets_[at];
            if (label == 0) {
                at += 1;
                return true;
            }
            if (label / 64 == 3) {
                at += 2;
                return true;
            }
            used += 1U + label;
            if (label / 64 != 0 || used + 1 > 255) {
                edns_.result = DNS_EDNS_MALFORMED;
                return false;
            }
            at += 1U + label;
        }
    }

    NaiveEdns read_opt(size_t fixed, size_t at, size_t end) {
        edns_.payload_size = static_cast<uint32_t>(number(fixed + 2));
        edns_.extended_rcode = octets_[fixed + 4];
        edns_.version = octets_[fixed + 5];
        edns_.dnssec_ok = octets_[fixed + 6] >= 128;
        for (++edns_.looks; at < end; ++edns_.looks) {
            if (at + 4 > end) return ended(DNS_EDNS_MALFORMED);
            if (!has(at, 4)) return edns_;
            const size_t code = number(at), data_length = number(at + 2), data = at + 4;
            if (data + data_length > end) return ended(DNS_EDNS_MALFORMED);
            if (code == 15 && data_length >= 2) {
                if (!has(data, 2)) return edns_;
                edns_.info_codes.push_back(static_cast<uint32_t>(number(data)));
            }
            at = data + data_length;
        }
        return ended(DNS_EDNS_FOUND);
    }

    std::span<const uint8_t> octets_;
    size_t length_;
    NaiveEdns edns_;
};

}  // namespace dnsexp::test
