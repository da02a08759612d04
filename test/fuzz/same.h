// What differential targets hold the two sides to.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace dnsexp::test {

template <typename Left, typename Right>
void same(const char* what, Left dual, Right naive) {
    if (static_cast<uint64_t>(dual) == static_cast<uint64_t>(naive)) return;
    std::fprintf(stderr, "%s: dual %llu, naive %llu\n", what, static_cast<unsigned long long>(dual),
                 static_cast<unsigned long long>(naive));
    std::abort();
}

}  // namespace dnsexp::test
