// Logarithm and exponential from the four operations alone, which IEEE 754 rounds alike everywhere:
// libraries' differ in the last bit, and a model that is to be repeated to the bit can't use them.
#pragma once

#include <cstdint>
#include <cstring>

namespace dnsexp::training {

// Base 2, of a positive normal number; good to 1e-12.
inline double exact_log2(double x) {
    uint64_t bits = 0;
    std::memcpy(&bits, &x, sizeof bits);
    int exponent = static_cast<int>(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffff) | 0x3ff0000000000000;
    double m = 0;  // 1 <= m < 2
    std::memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        ++exponent;
    }
    const double z = (m - 1) / (m + 1);  // ln m = 2 artanh z, |z| < 0.172
    double term = z, sum = 0;
    for (int i = 1; i < 20; i += 2) {
        sum += term / i;
        term *= z * z;
    }
    return exponent + sum * 2.8853900817779268;  // 2 / ln 2
}

// e^x for |x| <= 40; beyond, that of 40 or -40. Good to 1e-12 of the value.
inline double exact_exp(double x) {
    if (x > 40) x = 40;
    if (x < -40) x = -40;
    double term = 1, sum = 1;
    const double y = x / 1024;
    for (int i = 1; i < 10; ++i) {
        term *= y / i;
        sum += term;
    }
    for (int i = 0; i < 10; ++i) sum *= sum;
    return sum;
}

}  // namespace dnsexp::training
