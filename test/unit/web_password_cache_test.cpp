#include "exporter/web/password_cache.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

PasswordKey key_of(const PasswordCache& cache, std::string_view user, std::string_view password) {
    const auto key = cache.key(user, {10, "salt", "digest"}, password);
    REQUIRE(key);
    return *key;
}

}  // namespace

TEST_CASE("A key depends on user, hash, password and the process") {
    PasswordCache cache;
    PasswordCache other;
    REQUIRE(cache.make_secret());
    REQUIRE(other.make_secret());
    const PasswordKey key = key_of(cache, "ab", "c");
    CHECK(key == key_of(cache, "ab", "c"));
    CHECK(key != key_of(cache, "a", "bc"));
    CHECK(key != key_of(cache, "ab", "d"));
    CHECK(key != *cache.key("ab", {11, "salt", "digest"}, "c"));
    CHECK(key != *cache.key("ab", {10, "salt", "other"}, "c"));
    CHECK(key != key_of(other, "ab", "c"));
}

TEST_CASE("Verdicts are kept, the oldest of its kind gives way, and wrong ones push no right one out") {
    PasswordCache cache;
    REQUIRE(cache.make_secret());
    const PasswordKey right = key_of(cache, "a", "right");
    CHECK_FALSE(cache.find(right));
    cache.keep(right, true);
    const auto wrong = [&](size_t i) { return key_of(cache, "a", std::to_string(i)); };
    for (size_t i = 0; i <= PasswordCache::kMost; ++i) cache.keep(wrong(i), false);
    CHECK(cache.find(right) == true);
    CHECK_FALSE(cache.find(wrong(0)));
    CHECK(cache.find(wrong(1)) == false);
    CHECK(cache.find(wrong(PasswordCache::kMost)) == false);
}
