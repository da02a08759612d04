#include "test/kernel/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace dnsexp::test {
namespace {

// By the number that the kernel goes by, and not by trying: a variant that ceases to load must not pass for
// one that is not meant for this kernel.
bool is_at_least(int major, int minor) {
    utsname name{};
    int has_major = 0, has_minor = 0;
    REQUIRE(uname(&name) == 0);
    REQUIRE(std::sscanf(name.release, "%d.%d", &has_major, &has_minor) == 2);
    return has_major > major || (has_major == major && has_minor >= minor);
}

}  // namespace

const std::vector<Variant>& variants() {
    static const std::vector<Variant> known =
        is_at_least(5, 18) ? std::vector{Variant::current, Variant::old} : std::vector{Variant::old};
    static bool said = false;
    if (known.size() == 1 && !std::exchange(said, true))
        WARN("not tested: the variant current, whose instructions and helpers are newer (Linux 5.18)");
    return known;
}

bool runs_socket_programs() {
    if (is_at_least(6, 18)) return true;
    static bool said = false;
    if (!std::exchange(said, true)) WARN("not tested: programs of sockets by test_run (Linux 6.18)");
    return false;
}

uint32_t slow() {
    const char* text = std::getenv("DNSEXP_SLOW");
    const long value = text == nullptr ? 1 : std::strtol(text, nullptr, 10);
    return static_cast<uint32_t>(std::clamp(value, 1L, 100L));
}

}  // namespace dnsexp::test
