// Calls of getaddrinfo() in this process: what is told of them, and that every one is.
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>

#include "exporter/base/clock.h"
#include "exporter/bpf/cgroup_root.h"
#include "test/kernel/calls.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

// What getaddrinfo() returns.
int ask(const char* node, int flags = 0, const char* service = "53") {
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = flags;
    const int returned = getaddrinfo(node, service, &hints, &found);
    if (returned == 0) freeaddrinfo(found);
    return returned;
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// Of this process in version 2, by its inode; its line in /proc/self/cgroup is the one that begins with 0::.
uint64_t own_cgroup() {
    std::ifstream file("/proc/self/cgroup");
    const auto root = open_cgroup_root();
    REQUIRE(root);
    for (std::string line; std::getline(file, line);) {
        struct stat info {};
        if (line.starts_with("0::") && stat((root.value().path + line.substr(3)).c_str(), &info) == 0)
            return info.st_ino;
    }
    return 0;
}

}  // namespace

TEST_CASE("A call makes two records: who calls, for what name, and what comes of it", "[calls]") {
    Calls calls;
    const struct {
        const char* name;
        int flags;
    } cases[] = {{"127.0.0.1", 0},
                 {"localhost", AI_NUMERICHOST},  // no address: EAI_NONAME
                 {"name.invalid", 0}};           // no server answers here
    for (const auto& one : cases) {
        INFO(one.name);
        const uint64_t before = monotonic_ns();
        const int returned = ask(one.name, one.flags);
        const uint64_t after = monotonic_ns();
        const auto records = calls.take();
        REQUIRE(records.size() == 2);
        CHECK(records[0].begins());
        CHECK_FALSE(records[1].begins());
        for (const CallRecord& record : records) {
            CHECK(record.event.lane == DNS_EVENT_CALL);
            CHECK(record.name() == one.name);
            CHECK(record.octets == DNS_EVENT_FIXED + std::strlen(one.name));
            CHECK(record.event.asker.known == 1);
            CHECK(record.event.asker.tid == static_cast<uint32_t>(gettid()));
            CHECK(record.event.asker.uid == getuid());
            CHECK(record.event.asker.workload == 0);
            CHECK(record.comm() == first_line("/proc/self/comm"));
            CHECK(record.event.caller.cgroup == own_cgroup());
            CHECK(record.event.query_time_ns >= before);
            CHECK(record.event.query_time_ns == records[0].event.query_time_ns);
        }
        CHECK(records[0].event.latency_ns == 0);
        CHECK(records[0].event.outcome == 0);
        CHECK(records[1].event.latency_ns > 0);
        CHECK(records[1].event.query_time_ns + records[1].event.latency_ns <= after);
        CHECK(records[1].event.outcome == -returned);
    }
    CHECK(ask("localhost", AI_NUMERICHOST) == EAI_NONAME);
}

TEST_CASE("A call without a name is not told of, nor forgotten", "[calls]") {
    Calls calls;
    const dns_call_stats before = calls.counts();
    CHECK(ask(nullptr, AI_PASSIVE) == 0);
    CHECK(calls.take().empty());
    CHECK(calls.counts().forgotten == before.forgotten);
    CHECK(ask("127.0.0.1") == 0);
    CHECK(calls.take().size() == 2);
}

TEST_CASE("A name is told up to 255 octets, as it was given", "[calls]") {
    Calls calls;
    const std::string letters = "abcdefghij";
    std::string longest;
    while (longest.size() < 300) longest += letters;
    for (const size_t octets : {size_t{1}, size_t{254}, size_t{255}, size_t{256}, size_t{300}}) {
        const std::string name = longest.substr(0, octets);
        ask(name.c_str(), AI_NUMERICHOST);
        const auto records = calls.take();
        REQUIRE(records.size() == 2);
        for (const CallRecord& record : records) CHECK(record.name() == name.substr(0, 255));
    }
    ask("", AI_NUMERICHOST);
    CHECK(calls.take().size() == 2);
    ask("\x1b[31m\xff\n", AI_NUMERICHOST);
    const auto odd = calls.take();
    REQUIRE(odd.size() == 2);
    CHECK(odd[1].name() == "\x1b[31m\xff\n");
}

TEST_CASE("Threads that call at once have each call told, with their own number and name", "[calls]") {
    constexpr int threads = 8, rounds = 200;
    Calls calls;
    std::mutex mutex;
    std::map<uint32_t, int> number_of;  // by tid
    {
        std::vector<std::jthread> all;
        for (int number = 0; number < threads; ++number)
            all.emplace_back([&, number] {
                {
                    const std::lock_guard lock(mutex);
                    number_of[static_cast<uint32_t>(gettid())] = number;
                }
                for (int round = 0; round < rounds; ++round)
                    ask(("127." + std::to_string(number) + ".0." + std::to_string(round)).c_str());
            });
    }
    std::map<uint32_t, std::vector<CallRecord>> by_thread;
    for (const CallRecord& record : calls.take()) by_thread[record.event.asker.tid].push_back(record);
    REQUIRE(by_thread.size() == threads);
    for (const auto& [tid, records] : by_thread) {
        REQUIRE(records.size() == 2 * rounds);
        REQUIRE(number_of.contains(tid));
        bool right = true;
        for (int i = 0; i < 2 * rounds; ++i) {
            const CallRecord& record = records[static_cast<size_t>(i)];
            right = right && record.begins() == (i % 2 == 0) && record.event.outcome == 0 &&
                    record.name() == "127." + std::to_string(number_of[tid]) + ".0." + std::to_string(i / 2);
        }
        CHECK(right);
    }
    CHECK(calls.counts().forgotten == 0);
}

TEST_CASE("A program that is started later is known by its name", "[calls]") {
    Calls calls;
    REQUIRE(std::system("getent ahosts 127.0.0.1 >/dev/null") == 0);
    const auto records = calls.take_named("getent");
    REQUIRE(records.size() == 2);
    CHECK(records[1].name() == "127.0.0.1");
    CHECK(records[1].event.outcome == 0);
}
