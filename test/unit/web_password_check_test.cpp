#include "exporter/web/password_check.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

using namespace dnsexp;

namespace {

// Of "U*U" at cost 5, by Openwall; and of no known password at a cost that takes a good part of a second.
const char* const kQuick = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const char* const kSlow = "$2a$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

WebUsers users() {
    return {{"quick", *parse_bcrypt(kQuick)}, {"slow", *parse_bcrypt(kSlow)}};
}

}  // namespace

TEST_CASE("The right password of a user is right, also a second time, and all else is wrong") {
    PasswordCheck check;
    REQUIRE(check.make_secret());
    for (int i = 0; i < 2; ++i) {
        CHECK(check.check(users(), "quick", "U*U", "127.0.0.1") == PasswordVerdict::right);
        CHECK(check.check(users(), "quick", "U*U*", "127.0.0.1") == PasswordVerdict::wrong);
    }
    // Nobody's password is held against a user's hash and is wrong all the same.
    const WebUsers one = {{"quick", *parse_bcrypt(kQuick)}};
    CHECK(check.check(one, "nobody", "U*U", "127.0.0.1") == PasswordVerdict::wrong);
    // Another hash of the same user is another question.
    const WebUsers changed = {
        {"quick", *parse_bcrypt("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK")}};
    CHECK(check.check(changed, "quick", "U*U", "127.0.0.1") == PasswordVerdict::wrong);
}

TEST_CASE("The name of nobody takes as long as that of somebody") {
    PasswordCheck check;
    REQUIRE(check.make_secret());
    const WebUsers slow = {{"slow", *parse_bcrypt(kSlow)}};
    const auto time_of = [&](const char* user) {
        const auto start = std::chrono::steady_clock::now();
        CHECK(check.check(slow, user, "x", "127.0.0.1") == PasswordVerdict::wrong);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const double known = time_of("slow");
    const double unknown = time_of("nobody");
    CHECK(unknown > known / 5);  // without a hash to compute it is 10,000 times faster
}

TEST_CASE("In a flood of wrong passwords few threads wait, and who is known gets his answer") {
    PasswordCheck check;
    REQUIRE(check.make_secret());
    const WebUsers all = users();
    REQUIRE(check.check(all, "quick", "U*U", "192.0.2.1") == PasswordVerdict::right);
    std::atomic<int> inside{0};
    std::atomic<int> busy{0};
    std::vector<std::thread> flood;
    for (int i = 0; i < 8; ++i)
        flood.emplace_back([&, i] {
            ++inside;
            const std::string peer = "192.0.2." + std::to_string(10 + i % 4);
            if (check.check(all, "slow", std::to_string(i), peer) == PasswordVerdict::busy) ++busy;
            --inside;
        });
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (busy < 4 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    CHECK(busy == 4);
    CHECK(inside > 0);  // the others wait still
    CHECK(check.check(all, "quick", "U*U", "192.0.2.10") == PasswordVerdict::right);
    for (std::thread& one : flood) one.join();
    CHECK(busy == 8 - static_cast<int>(PasswordCheck::kMostWaiting));
}

TEST_CASE("One peer takes not all places") {
    PasswordCheck check;
    REQUIRE(check.make_secret());
    const WebUsers all = users();
    std::atomic<int> busy{0};
    std::vector<std::thread> flood;
    for (int i = 0; i < 4; ++i)
        flood.emplace_back([&, i] {
            if (check.check(all, "slow", std::to_string(i), "192.0.2.66") == PasswordVerdict::busy) ++busy;
        });
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (busy < 2 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    CHECK(check.check(all, "quick", "U*U", "192.0.2.1") == PasswordVerdict::right);
    for (std::thread& one : flood) one.join();
    CHECK(busy == 2);
}
