#include "exporter/web/basic_credentials.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

// The examples of RFC 7617, 2 and 2.1.
TEST_CASE("The examples of RFC 7617 are read") {
    const auto aladdin = basic_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    REQUIRE(aladdin);
    CHECK(aladdin->user == "Aladdin");
    CHECK(aladdin->password == "open sesame");
    const auto test = basic_credentials("bASIC dGVzdDoxMjPCow==");
    REQUIRE(test);
    CHECK(test->user == "test");
    CHECK(test->password == "123\xc2\xa3");
}

TEST_CASE("The first colon ends the user, and both parts may be empty") {
    CHECK(basic_credentials("Basic YTpiOmM=")->password == "b:c");
    CHECK(basic_credentials("Basic Og==")->user.empty());
}

TEST_CASE("What is no basic authentication gives no credentials") {
    for (const char* wrong :
         {"", "Basic", "Basic ", "Bearer YTpi", "Basic YTpi====", "Basic YTp", "Basic YWJj", "Basic Y=pi",
          "Basic YTpi ", "Basic =", "Basic ====", "Basic YT-_"}) {
        INFO(wrong);
        CHECK_FALSE(basic_credentials(wrong));
    }
}
