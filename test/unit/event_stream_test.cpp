#include "exporter/event_stream/event_stream.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

using namespace dnsexp;

namespace {

TransactionRow row(std::string name, std::string outcome = "NOERROR", uint64_t latency_ms = 5) {
    TransactionRow made;
    made.name = std::move(name);
    made.outcome = std::move(outcome);
    made.latency_ns = latency_ms * 1'000'000;
    return made;
}

// What a listener sends until `lines` lines or an empty one came.
std::vector<std::string> sent(StreamListener& listener, size_t lines) {
    std::vector<std::string> all;
    listener.send([&](std::string_view text) {
        std::istringstream stream{std::string(text)};
        for (std::string line; std::getline(stream, line);) all.push_back(line);
        return all.size() < lines && !all.back().empty();
    });
    return all;
}

StreamFilter domain(std::string name) {
    StreamFilter filter;
    filter.domain = std::move(name);
    return filter;
}

}  // namespace

TEST_CASE("A listener gets each transaction in order, as a line of JSON") {
    EventStream stream(4);
    CHECK_FALSE(stream.has_listeners());
    const auto listener = stream.listen({});
    REQUIRE(listener);
    CHECK(stream.has_listeners());
    for (int i = 0; i < 100; ++i) stream.push(row("n" + std::to_string(i)));
    const auto lines = sent(*listener, 100);
    REQUIRE(lines.size() == 100);
    for (size_t i = 0; i < lines.size(); ++i) {
        const auto json = nlohmann::json::parse(lines[i]);
        CHECK(json.at("name") == "n" + std::to_string(i));
        CHECK(json.at("weight") == 1);
        CHECK(json.at("latency_seconds") == 0.005);
    }
}

TEST_CASE("There are as many listeners as there may be, and one that left makes room") {
    EventStream stream(2);
    auto a = stream.listen({});
    auto b = stream.listen({});
    CHECK(b);
    CHECK_FALSE(stream.listen({}));
    a.reset();
    a = stream.listen({});
    CHECK(a);
    a.reset();
    b.reset();
    CHECK_FALSE(stream.has_listeners());
    stream.push(row("nobody hears it"));
}

TEST_CASE("A listener that is too slow is told what it lost, and others lose nothing") {
    EventStream stream(2);
    const auto slow = stream.listen({});
    const auto other = stream.listen(domain("last"));
    for (size_t i = 0; i < StreamListener::capacity + 7; ++i) stream.push(row("x"));
    stream.push(row("last"));
    const auto lines = sent(*slow, StreamListener::capacity + 1);
    REQUIRE(lines.size() == StreamListener::capacity + 1);
    CHECK(lines.back() == R"({"lost":8})");
    CHECK(nlohmann::json::parse(sent(*other, 1).at(0)).at("name") == "last");
    // Told once; what comes then is there again.
    stream.push(row("again"));
    const auto after = sent(*slow, 2);
    REQUIRE(after.size() == 2);
    CHECK(nlohmann::json::parse(after[0]).at("name") == "again");
    CHECK(after[1].empty());
}

TEST_CASE("A quiet stream sends empty lines, so that the dead are found") {
    EventStream stream(1);
    const auto listener = stream.listen({});
    CHECK(sent(*listener, 1) == std::vector<std::string>{""});
}

TEST_CASE("Who waits is woken by a transaction, not by the heartbeat") {
    constexpr int rounds = 6;
    EventStream stream(1);
    const auto listener = stream.listen({});
    std::atomic<int> received = 0;
    const std::jthread pushes([&](const std::stop_token& stop) {
        for (int i = 0; i < rounds && !stop.stop_requested(); ++i) {
            while (received < i && !stop.stop_requested()) std::this_thread::yield();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until the listener waits, mostly
            stream.push(row("late"));
        }
    });
    const auto begin = std::chrono::steady_clock::now();
    listener->send([&](std::string_view text) { return text == "\n" || ++received < rounds; });
    CHECK(std::chrono::steady_clock::now() - begin < StreamListener::heartbeat * rounds / 2);
}

TEST_CASE("A filter's domain is the name itself and what is below, at borders of labels alone") {
    const StreamFilter filter = domain("example.com");
    CHECK(matches(filter, row("example.com")));
    CHECK(matches(filter, row("a.example.com")));
    CHECK(matches(filter, row("a\\\\.example.com")));
    CHECK_FALSE(matches(filter, row("a\\.example.com")));
    CHECK_FALSE(matches(filter, row("badexample.com")));
    CHECK_FALSE(matches(filter, row("com")));
    CHECK_FALSE(matches(filter, row("")));
    CHECK(matches({}, row("")));
}

TEST_CASE("A filter's outcome and latency are asked together") {
    StreamFilter filter;
    filter.rcode = "SERVFAIL";
    filter.slower_than_ns = 10'000'000;
    CHECK(matches(filter, row("a", "SERVFAIL", 11)));
    CHECK_FALSE(matches(filter, row("a", "SERVFAIL", 10)));
    CHECK_FALSE(matches(filter, row("a", "NOERROR", 11)));
    TransactionRow unanswered = row("a", "SERVFAIL");
    unanswered.latency_ns.reset();
    CHECK_FALSE(matches(filter, unanswered));
}

TEST_CASE("A sample has about its share, and tells its weight") {
    EventStream stream(1);
    StreamFilter filter;
    filter.sample = 10;
    const auto listener = stream.listen(filter);
    for (int i = 0; i < 5000; ++i) stream.push(row("x"));
    stream.push(row("x"));
    const auto lines = sent(*listener, 10'000);  // up to the empty line
    CHECK(nlohmann::json::parse(lines.at(0)).at("weight") == 10);
    // Binomial(5001, 1/10): 500 with a standard deviation of 21; nine of them either way.
    CHECK(lines.size() > 310);
    CHECK(lines.size() < 690);
}
