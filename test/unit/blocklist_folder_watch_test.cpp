#include <poll.h>

#include <catch2/catch.hpp>

#include "exporter/blocklist/folder_watch.h"
#include "test/support/temporary_folder.h"

using namespace dnsexp;

namespace {

// inotify(7) has its events at once.
bool told(FolderWatch& watch) {
    pollfd one{watch.fd(), POLLIN, 0};
    const bool readable = poll(&one, 1, 0) == 1;
    watch.drain();
    return readable;
}

}  // namespace

TEST_CASE("Writing, replacing and removing a file is told, and each once") {
    const test::TemporaryFolder folder;
    FolderWatch watch({folder.path("list"), folder.path("other")});
    CHECK_FALSE(told(watch));
    folder.write("list", "a");
    CHECK(told(watch));
    CHECK_FALSE(told(watch));
    folder.replace("list", "b");
    CHECK(told(watch));
    std::filesystem::remove(folder.path("list"));
    CHECK(told(watch));
}

TEST_CASE("A folder that comes later, or again, is watched after the next renewal") {
    const test::TemporaryFolder folder;
    FolderWatch watch({folder.path("lists/list")});
    for (int i = 0; i < 2; ++i) {
        std::filesystem::create_directory(folder.path("lists"));
        watch.renew();
        folder.write("lists/list", "a");
        CHECK(told(watch));
        std::filesystem::remove_all(folder.path("lists"));
        CHECK(told(watch));
    }
}

TEST_CASE("Without files nothing is watched") {
    FolderWatch watch({});
    CHECK(watch.fd() == -1);
    watch.renew();
    watch.drain();
}
