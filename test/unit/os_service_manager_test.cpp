#include "exporter/os/service_manager.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "exporter/base/clock.h"
#include "test/support/temporary_folder.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

// The manager's end.
class Manager {
  public:
    // `name` as in NOTIFY_SOCKET.
    explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.c_str(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        const size_t length = offsetof(sockaddr_un, sun_path) + name.size();
        REQUIRE(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(length)) == 0);
    }
    // "" where nothing is there.
    std::string next() {
        char text[1024];
        const ssize_t size = recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
        return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
    }

  private:
    UniqueFd fd_;
};

// Variables of the test alone.
class Environment {
  public:
    Environment(std::initializer_list<std::pair<const char*, std::string>> variables) {
        for (const auto& [name, value] : variables) setenv(name, value.c_str(), 1);
    }
    ~Environment() {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
};

using Watchdog = std::optional<std::chrono::microseconds>;

}  // namespace

TEST_CASE("The manager is told what sd_notify(3) says, a message a datagram") {
    const test::TemporaryFolder folder;
    Manager manager(folder.path("notify"));
    auto service = ServiceManager::make(folder.path("notify"), {});
    REQUIRE(service);
    service->ready("Watching DNS\nMAINPID=1");
    CHECK(manager.next() == "READY=1\nSTATUS=Watching DNS MAINPID=1");
    const uint64_t before = monotonic_ns() / 1000;
    service->reloading();
    const std::string reloading = manager.next(), head = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(reloading.starts_with(head));
    const uint64_t told = std::stoull(reloading.substr(head.size()));
    CHECK((before <= told && told <= monotonic_ns() / 1000));
    service->stopping();
    CHECK(manager.next() == "STOPPING=1");
    CHECK(manager.next().empty());
}

TEST_CASE("An abstract socket is one too") {
    const std::string name = "@dnsexp-test-" + std::to_string(getpid());
    Manager manager(name);
    auto service = ServiceManager::make(name, {});
    REQUIRE(service);
    service->stopping();
    CHECK(manager.next() == "STOPPING=1");
}

TEST_CASE("A sign of life comes at half of the watchdog's time, and only while all is well") {
    const test::TemporaryFolder folder;
    Manager manager(folder.path("notify"));
    auto service = ServiceManager::make(folder.path("notify"), 10s);
    REQUIRE(service);
    const auto start = ServiceManager::Clock::now();
    const auto beats = [&](std::chrono::milliseconds when, bool healthy) {
        service->beat(healthy, start + when);
        return manager.next();
    };
    CHECK(beats(0ms, true) == "WATCHDOG=1");
    CHECK(beats(4'999ms, true).empty());
    CHECK(beats(5'000ms, true) == "WATCHDOG=1");
    CHECK(beats(10'000ms, false).empty());
    CHECK(beats(19'000ms, false).empty());
    CHECK(beats(19'010ms, true) == "WATCHDOG=1");
    CHECK(beats(19'020ms, true).empty());
}

TEST_CASE("Without a watchdog there are no signs of life, and without a manager nothing at all") {
    const test::TemporaryFolder folder;
    Manager manager(folder.path("notify"));
    auto service = ServiceManager::make(folder.path("notify"), {});
    REQUIRE(service);
    service->beat(true);
    CHECK(manager.next().empty());
    ServiceManager nobody;
    nobody.ready("x");
    nobody.reloading();
    nobody.beat(true);
    nobody.stopping();
}

TEST_CASE("A sign of life that the manager has no room for holds nobody up and is tried again") {
    const test::TemporaryFolder folder;
    Manager manager(folder.path("notify"));
    auto service = ServiceManager::make(folder.path("notify"), 2us);
    REQUIRE(service);
    const auto start = ServiceManager::Clock::now();
    for (int i = 0; i < 10'000; ++i) service->beat(true, start + std::chrono::microseconds(i));
    CHECK(ServiceManager::Clock::now() - start < 5s);
    while (!manager.next().empty()) {
    }
    service->beat(true, start + 1s);
    CHECK(manager.next() == "WATCHDOG=1");
}

TEST_CASE("The environment says who is told, and keeps nothing of it") {
    const test::TemporaryFolder folder;
    Manager manager(folder.path("notify"));
    const Environment set{{"NOTIFY_SOCKET", folder.path("notify")},
                          {"WATCHDOG_USEC", "30000000"},
                          {"WATCHDOG_PID", std::to_string(getpid())}};
    auto service = ServiceManager::from_environment();
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        CHECK(std::getenv(name) == nullptr);
    service.beat(true);
    CHECK(manager.next() == "WATCHDOG=1");
    ServiceManager::from_environment().ready("nobody");
    CHECK(manager.next().empty());
}

TEST_CASE("A socket that can't be used is an error, and the service goes on without") {
    for (const std::string& name :
         {std::string("relative"), std::string("/"), std::string("vsock:2:1234"), std::string(""),
          "/" + std::string(200, 'x'), std::string("/nowhere/notify")}) {
        INFO(name);
        CHECK_FALSE(ServiceManager::make(name, {}));
        const Environment set{{"NOTIFY_SOCKET", name}};
        ServiceManager::from_environment().ready("nobody");
    }
}

TEST_CASE("The watchdog's time is read as sd_watchdog_enabled(3) does") {
    const auto parsed = [](const char* microseconds, const char* pid) {
        return parse_watchdog(microseconds, pid, 42).value();
    };
    CHECK(parsed("30000000", "42") == Watchdog(30s));
    CHECK(parsed("30000000", nullptr) == Watchdog(30s));
    CHECK(parsed("30000000", "43") == Watchdog());
    CHECK(parsed(nullptr, "42") == Watchdog());
    CHECK(parsed(nullptr, nullptr) == Watchdog());
    for (const char* wrong :
         {"", "0", "-1", "3s", " 3", "0x10", "18446744073709551615", "99999999999999999999"}) {
        INFO(wrong);
        CHECK_FALSE(parse_watchdog(wrong, nullptr, 42));
    }
    for (const char* wrong : {"", "0", "-42", "42 ", "x"}) CHECK_FALSE(parse_watchdog("1000", wrong, 42));
}
