#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exporter/blocklist/line_reader.h"

using namespace dnsexp;

namespace {

// Lines as the pieces of so many octets give them; those that are too long have a `+` and their length.
std::vector<std::string> lines_of(std::string_view text, size_t piece) {
    LineReader reader;
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line, bool too_long) {
        lines.push_back(too_long ? "+" + std::to_string(line.size()) : std::string(line));
    };
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        reader.add(text.substr(0, piece), take);
    reader.finish(take);
    reader.finish(take);
    return lines;
}

}  // namespace

TEST_CASE("Lines come whole from pieces of any size, with either end, the last one without") {
    const std::vector<std::string> expected = {"one", "", "two", "", "three"};
    for (size_t piece = 1; piece < 20; ++piece) CHECK(lines_of("one\r\n\ntwo\n\r\nthree", piece) == expected);
}

TEST_CASE("A line that is too long is told as such, once, and its end is not a line") {
    const std::string longest(LineReader::longest, 'x');
    const std::vector<std::string> expected = {longest, longest, "+4096", "+4096", "a", "+4096"};
    const std::string text = longest + "\n" + longest + "\r\n" + longest + "\ry\n" + longest + "y\na\n" +
                             std::string(100'000, 'z');
    for (const size_t piece : {size_t{1}, size_t{1'000}, size_t{4'096}, text.size()})
        CHECK(lines_of(text, piece) == expected);
}
