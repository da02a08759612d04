#include <catch2/catch.hpp>
#include <string>

#include "exporter/blocklist/address_text.h"

using namespace dnsexp;

TEST_CASE("Addresses are told from names, and those that lead nowhere from others") {
    for (const char* null : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "::", "::1",
                             "0000:0000:0000:0000:0000:0000:0000:0000"}) {
        INFO(null);
        CHECK(is_address(null));
        CHECK(is_null_address(null));
    }
    for (const char* other :
         {"192.0.2.1", "128.0.0.1", "::2", "::ffff:127.0.0.1", "2001:db8::", "fe80::1", "1::"}) {
        INFO(other);
        CHECK(is_address(other));
        CHECK_FALSE(is_null_address(other));
    }
    for (const char* none :
         {"", "1.2.3", "1.2.3.4.5", "256.0.0.0", "1.2.3.4/8", "::1%lo", "a.example", "#"}) {
        INFO(none);
        CHECK_FALSE(is_address(none));
        CHECK_FALSE(is_null_address(none));
    }
    CHECK_FALSE(is_address(std::string("::1\0x", 5)));
    CHECK_FALSE(is_address(std::string(100, '0')));
}
