#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "exporter/blocklist/list_file.h"
#include "test/support/blocklist_text.h"
#include "test/support/temporary_folder.h"

using namespace dnsexp;
using namespace std::chrono_literals;
using Clock = ListFile::Clock;

namespace {

constexpr auto kSettle = 1s, kRetry = 60s;

// A file, and a clock that the test turns.
struct Watched {
    test::TemporaryFolder folder;
    ListFile file{folder.path("list"), BlocklistFormat::plain, test::list_seed};
    Clock::time_point now = Clock::now();

    std::optional<Result<LoadedList>> look_after(Clock::duration time) {
        now += time;
        return file.look(now, kSettle, kRetry);
    }
};

}  // namespace

TEST_CASE("A file is read again once it has changed and then been left alone") {
    Watched watched;
    watched.folder.write("list", "a.example.com\n");
    REQUIRE(watched.file.read());
    CHECK_FALSE(watched.look_after(10s));
    CHECK_FALSE(watched.file.unsettled());

    watched.folder.write("list", "a.example.com\nb.example.com\n");
    CHECK_FALSE(watched.look_after(10s));
    CHECK(watched.file.unsettled());
    CHECK_FALSE(watched.look_after(900ms));
    watched.folder.write("list", "c.example.com\nb.example.com\nd.example.com\n");
    CHECK_FALSE(watched.look_after(200ms));  // another change: the time begins anew
    CHECK_FALSE(watched.look_after(900ms));
    const auto list = watched.look_after(200ms);
    REQUIRE(list);
    REQUIRE(*list);
    CHECK(test::holds(list->value(), "d.example.com"));
    CHECK_FALSE(watched.file.unsettled());
    CHECK_FALSE(watched.look_after(100s));
}

TEST_CASE("A file that another takes the place of is read, though name and size are the same") {
    Watched watched;
    watched.folder.write("list", "a.example.com\n");
    REQUIRE(watched.file.read());
    watched.folder.replace("list", "b.example.com\n");
    CHECK_FALSE(watched.look_after(0s));
    const auto list = watched.look_after(kSettle);
    REQUIRE(list);
    CHECK(test::holds(list->value(), "b.example.com"));
}

TEST_CASE("A file that is missing is an error, tried again now and then, and read when it appears") {
    Watched watched;
    CHECK(watched.file.read().error().errnum == ENOENT);
    CHECK_FALSE(watched.look_after(59s));
    const auto again = watched.look_after(2s);
    REQUIRE(again);
    CHECK(again->error().errnum == ENOENT);
    watched.folder.write("list", "a.example.com\n");
    CHECK_FALSE(watched.look_after(0s));
    const auto list = watched.look_after(kSettle);
    REQUIRE(list);
    CHECK(*list);
}

TEST_CASE("A broken file is not read again before it changes") {
    Watched watched;
    watched.folder.write("list", "<html>\n");
    CHECK_FALSE(watched.file.read());
    CHECK_FALSE(watched.look_after(1h));
}

TEST_CASE("Folders and FIFOs are no lists, and do not block") {
    const test::TemporaryFolder folder;
    REQUIRE(mkfifo(folder.path("fifo").c_str(), 0600) == 0);
    for (const char* name : {"fifo", "."}) {
        const auto list = ListFile(folder.path(name), BlocklistFormat::plain, 1).read();
        REQUIRE_FALSE(list);
        CHECK(list.error().message().find("not a regular file") != std::string::npos);
    }
}
