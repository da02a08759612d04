#include "exporter/web/file_stamps.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "exporter/base/clock.h"

using namespace dnsexp;

TEST_CASE("A file that is replaced, changed or removed has another stamp") {
    char folder[] = "/tmp/dnsexp-stamps-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/file";
    const std::string other = path + ".new";
    const auto write = [](const std::string& to, const char* text) { std::ofstream(to) << text; };
    const FileStamps absent = stamps_of({path});
    write(path, "one");
    const FileStamps first = stamps_of({path});
    CHECK(first != absent);
    CHECK(stamps_of({path}) == first);
    write(other, "two");  // of the same size
    REQUIRE(std::rename(other.c_str(), path.c_str()) == 0);
    const FileStamps replaced = stamps_of({path});
    CHECK(replaced != first);
    write(path, "longer");
    CHECK(stamps_of({path}) != replaced);
    unlink(path.c_str());
    CHECK(stamps_of({path}) == absent);
    rmdir(folder);
}

TEST_CASE("Files are settled 100 ms after their last change, whatever the clock did meanwhile") {
    FileStamp stamp;
    stamp.changed_ns = 1'000'000'000;
    CHECK_FALSE(are_settled({stamp}, 1'000'000'000));
    CHECK_FALSE(are_settled({{}, stamp}, 1'099'999'999));
    CHECK(are_settled({{}, stamp}, 1'100'000'000));
    CHECK(are_settled({stamp}, 999'999'999));
    CHECK(are_settled({{}}, unix_ns()));  // nothing there
}
