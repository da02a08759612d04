#include <catch2/catch.hpp>
#include <vector>

#include "exporter/workload/kubernetes_lines.h"

using namespace dnsexp;

namespace {

std::vector<std::string> split(const std::string& text, size_t step, size_t most,
                               LineSplitter::Outcome expected = LineSplitter::Outcome::more) {
    std::vector<std::string> lines;
    LineSplitter splitter(most);
    auto outcome = LineSplitter::Outcome::more;
    for (size_t at = 0; at < text.size() && outcome == LineSplitter::Outcome::more; at += step)
        outcome = splitter.add(std::string_view(text).substr(at, step), [&](std::string_view line) {
            lines.emplace_back(line);
            return line != "stop";
        });
    CHECK(outcome == expected);
    return lines;
}

}  // namespace

TEST_CASE("Lines are the same in pieces of any size") {
    for (size_t step = 1; step < 20; ++step) {
        INFO(step);
        CHECK(split("one\ntwo\r\n\n\r\nthree\nrest", step, 100) ==
              std::vector<std::string>{"one", "two", "three"});
    }
}

TEST_CASE("A line may be as long as the limit and no longer") {
    for (size_t step = 1; step < 12; ++step) {
        INFO(step);
        CHECK(split("12345\n12345\n", step, 5).size() == 2);
        CHECK(split("12345\n123456", step, 5, LineSplitter::Outcome::too_long).size() == 1);
        CHECK(split("123456\n1\n", step, 5, LineSplitter::Outcome::too_long).empty());
    }
}

TEST_CASE("The taker's no ends the splitting") {
    CHECK(split("a\nstop\nb\n", 50, 100, LineSplitter::Outcome::stopped) ==
          std::vector<std::string>{"a", "stop"});
}
