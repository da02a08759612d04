// Takes an input of the fuzzer apart, number by number. Behind its end there are zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace dnsexp::test {

class FuzzInput {
  public:
    explicit FuzzInput(std::span<const uint8_t> octets) : octets_(octets) {}

    [[nodiscard]] bool empty() const { return octets_.empty(); }
    uint8_t octet() {
        if (octets_.empty()) return 0;
        const uint8_t value = octets_.front();
        octets_ = octets_.subspan(1);
        return value;
    }
    uint16_t number() {
        const uint8_t high = octet();
        return static_cast<uint16_t>(high << 8 | octet());
    }
    [[nodiscard]] std::span<const uint8_t> rest() const { return octets_; }

  private:
    std::span<const uint8_t> octets_;
};

}  // namespace dnsexp::test
