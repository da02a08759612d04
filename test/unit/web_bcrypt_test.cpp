#include "exporter/web/bcrypt.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

bool matches(std::string_view hash, std::string_view password) {
    const auto parsed = parse_bcrypt(hash);
    REQUIRE(parsed);
    return bcrypt_matches(*parsed, password);
}

const std::string kTail(53, 'a');

}  // namespace

// The vectors that Openwall publishes with crypt_blowfish.
TEST_CASE("Published bcrypt hashes match their passwords and no others") {
    CHECK(matches("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"));
    CHECK(matches("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"));
    CHECK(matches("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"));
    CHECK_FALSE(matches("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U*"));
    CHECK_FALSE(matches("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", ""));
}

TEST_CASE("The minor version does not matter, nor what follows 72 octets of a password") {
    for (const char* version : {"$2b", "$2y", "$2a", "$2x", "$2"})
        CHECK(matches(version + std::string("$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                      "U*U"));
    const std::string hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    const std::string password = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    CHECK(matches(hash, password + "chars after 72 are ignored"));
    CHECK(matches(hash, password + std::string(1000, 'x')));  // beyond libcrypt's limit of 512
    CHECK_FALSE(matches(hash, password.substr(1)));
}

TEST_CASE("A password with a zero octet matches nothing") {
    CHECK_FALSE(matches("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                        std::string_view("U*U\0x", 5)));
}

TEST_CASE("What has not the form of a bcrypt hash is none") {
    CHECK(parse_bcrypt("$2y$10$" + kTail)->cost == 10);
    CHECK(parse_bcrypt("$2y$04$" + kTail));
    CHECK(parse_bcrypt("$2y$31$" + kTail));
    for (const std::string& wrong :
         {std::string(), std::string("password"), "$2y$03$" + kTail, "$2y$32$" + kTail, "$2y$1x$" + kTail,
          "$3y$10$" + kTail, "x2y$10$" + kTail, "$\xffy$10$" + kTail, "$2y$10$" + kTail.substr(2)}) {
        INFO(wrong);
        CHECK_FALSE(parse_bcrypt(wrong));
    }
}

TEST_CASE("A hash whose salt or digest is no base 64 matches nothing") {
    CHECK_FALSE(matches("$2y$04$!!!!!!!!!!!!!!!!!!!!!!" + kTail.substr(22), "x"));
    CHECK_FALSE(matches("$2$04$" + kTail, "x"));  // its digest lacks nothing, and is another's
    CHECK_FALSE(matches("$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", "U*U"));
}
