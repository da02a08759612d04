// A second reading of the CNAME records of an answer section (RFC 1035, 3.3.1 and 4.1.4), slow and plain: it
// has the whole message in memory. To hold dns_alias.h against.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dnsexp::test {

struct NaiveAlias {
    std::vector<uint8_t> name;  // uncompressed, with the root
    size_t looks;               // at labels, pointers and records' fields until it was complete
};

class NaiveAliasParser {
  public:
    // A message of `length` octets, of which `octets` are in hand. Pointers are refused where its beginning
    // is not.
    NaiveAliasParser(std::span<const uint8_t> octets, size_t length, bool has_beginning)
        : octets_(octets), length_(length), has_beginning_(has_beginning) {}

    // The targets of the first 16 records from `at` on, 11 at most, up to what can't be read.
    std::vector<NaiveAlias> find(size_t at, size_t count) {
        std::vector<NaiveAlias> found;
        for (size_t i = 0; i < count && i < 16 && found.size() < 11; ++i) {
            if (!pass_owner(at) || at + 10 > octets_.size()) break;
            const size_t type = number(at), data = at + 10, next = data + number(at + 8);
            if (next > length_) break;
            at = next;
            if (type != 5) continue;
            auto name = expand(data, next);
            if (!name) break;
            found.push_back({std::move(*name), looks_});
        }
        return found;
    }

    // All of them so far, but for the one that found the end, where there was one.
    [[nodiscard]] size_t looks() const { return looks_; }

  private:
    [[nodiscard]] size_t number(size_t at) const { return octets_[at] * size_t{256} + octets_[at + 1]; }

    // Goes behind a name as it stands: labels up to the root or a pointer.
    bool pass_owner(size_t& at) {
        for (size_t sum = 1; at < octets_.size(); ++looks_) {
            const size_t label = octets_[at];
            if (label == 0 || label >= 0xc0) {
                at += label == 0 ? 1 : 2;
                ++looks_;
                return true;
            }
            sum += label + 1;
            if (label >= 0x40 || sum > 255) return false;
            at += label + 1;
        }
        return false;
    }

    // The name at `at`, whose uncompressed part ends by `limit`.
    std::optional<std::vector<uint8_t>> expand(size_t at, size_t limit) {
        std::vector<uint8_t> name;
        std::vector<size_t> visited;  // each octet that was read
        while (true) {
            ++looks_;
            const size_t edge = std::min(limit, octets_.size());
            if (at >= edge) return {};
            const size_t label = octets_[at];
            visited.push_back(at);
            if (label >= 0xc0) {
                if (at + 2 > edge || !has_beginning_) return {};
                const size_t target = number(at) - 0xc000;
                if (target < 12 || target >= *std::ranges::min_element(visited)) return {};
                at = target;
                limit = length_;
                continue;
            }
            if (label >= 0x40 || at + 1 + label > edge) return {};
            name.insert(name.end(), octets_.begin() + static_cast<ptrdiff_t>(at),
                        octets_.begin() + static_cast<ptrdiff_t>(at + 1 + label));
            // what does not end here has at least the root to come
            if (name.size() + (label != 0 ? 1 : 0) > 255) return {};
            if (label == 0) return name;
            at += 1 + label;
        }
    }

    std::span<const uint8_t> octets_;
    size_t length_;
    bool has_beginning_;
    size_t looks_ = 0;
};

}  // namespace dnsexp::test
