#include "exporter/workload/resolv_conf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "test/support/cgroup_folders.h"

using namespace dnsexp;
using namespace std::string_literals;
using dnsexp::test::Folder;
namespace fs = std::filesystem;

namespace {

using List = std::vector<std::string>;

List parsed(std::string_view text) {
    return parse_resolv_conf(text).suffixes;
}

const std::string kA = "\1a\0"s, kB = "\1b\0"s, kExample = "\7example\3com\0"s;

// A root folder with etc/.
struct Root : Folder {
    Root() { make("etc"); }
    [[nodiscard]] std::string file() const { return path / "etc/resolv.conf"; }
    void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
    [[nodiscard]] int error() const {
        const auto list = read_search_list(path);
        return list ? 0 : list.error().errnum;
    }
    [[nodiscard]] List list() const {
        const auto found = read_search_list(path);
        return found ? found.value().suffixes : List{found.error().message()};
    }
};

}  // namespace

TEST_CASE("A domain becomes a wire name in lower case") {  // RFC 1035, 3.1
    CHECK(wire_suffix("Example.COM") == kExample);
    CHECK(wire_suffix("example.com.") == kExample);
    CHECK(wire_suffix("_x-1") == "\4_x-1\0"s);
    for (const char* none : {"", ".", "..", "a..b", ".a", "a..", "a\\.b", "\\097"}) {
        INFO(none);
        CHECK_FALSE(wire_suffix(none));
    }
    const std::string label(63, 'x');  // RFC 1035, 2.3.4: 63 octets a label, 255 a name
    CHECK(wire_suffix(label));
    CHECK_FALSE(wire_suffix(label + "x"));
    const std::string longest = label + "." + label + "." + label + "." + label.substr(2);
    REQUIRE(wire_suffix(longest));
    CHECK(wire_suffix(longest)->size() == 255);
    CHECK_FALSE(wire_suffix(longest + "x"));
}

TEST_CASE("The last search or domain line wins") {  // resolv.conf(5)
    CHECK(parsed("search a b\n") == List{kA, kB});
    CHECK(parsed("search a\nsearch b") == List{kB});
    CHECK(parsed("search a\ndomain b\n") == List{kB});
    CHECK(parsed("domain b\nsearch a\n") == List{kA});
    CHECK(parsed("nameserver 10.0.0.1\noptions ndots:5\nsearch \t a\t b \n") == List{kA, kB});
    CHECK(parsed("domain a b\n") == List{kA});  // one entry only
    CHECK(parsed("search a\nsearch\nsearch  \n") == List{kA});
}

TEST_CASE("A keyword starts its line, and comments are none") {  // resolv.conf(5)
    for (const char* none : {"", "\n\n", " search a\n", "#search a\n", ";search a\n", "searching a\n",
                             "Search a\n", "nameserver a\n", "search", "search\n a\n", "search .\n"}) {
        INFO(none);
        CHECK(parsed(none).empty());
    }
}

TEST_CASE("Names that are none are left out, and the list has bounds") {
    CHECK(parsed("search a .. b\\.c " + std::string(64, 'x') + " b\n") == List{kA, kB});
    CHECK(parsed("search a\0b b\n"s) == List{"\3a\0b\0"s, kB});
    std::string many = "search";
    for (int i = 0; i < 40; ++i) many += " a";
    CHECK(parsed(many).size() == 32);
    std::string longs = "search";
    for (int i = 0; i < 20; ++i)
        longs += " " + std::string(63, 'x') + "." + std::string(63, 'y');  // 128 with its blank
    CHECK(parsed(longs).size() == 16);                                     // 2,048 octets
}

TEST_CASE("The file below a root is read, symbolic links within it too") {
    const Root root;
    root.write("search example.com\n");
    CHECK(root.list() == List{kExample});
    fs::rename(root.file(), root.make("run") / "stub");
    fs::create_symlink("../run/stub", root.file());
    CHECK(root.list() == List{kExample});
    fs::remove(root.file());
    fs::create_symlink("/run/stub", root.file());  // of this root, not of the system
    CHECK(root.list() == List{kExample});
}

TEST_CASE("What leads out of the root is not followed") {
    const Root outside, root;
    outside.write("search example.com\n");
    fs::create_symlink(outside.file(), root.file());
    CHECK(root.error() == ENOENT);
    fs::remove(root.file());
    fs::create_symlink("../../../../../../../.." + outside.file(), root.file());
    CHECK(root.error() == ENOENT);
    fs::remove(root.file());
    CHECK(read_search_list(root.path / "nothing").error().errnum == ENOENT);
}

TEST_CASE("Only a regular file of up to 64 KiB is opened") {
    const Root root;
    fs::create_directory(root.file());
    CHECK(root.error() == EINVAL);
    fs::remove(root.file());
    REQUIRE(mkfifo(root.file().c_str(), 0600) == 0);  // nobody writes: to open it would wait for ever
    CHECK(root.error() == EINVAL);
    fs::remove(root.file());
    const std::string line = "search example.com\n";
    root.write(std::string(64 * 1024 - line.size(), '\n') + line);
    CHECK(root.list() == List{kExample});
    root.write(std::string(64 * 1024 - line.size(), '\n') + line + "\n");
    CHECK(root.error() == EFBIG);
    REQUIRE(truncate(root.file().c_str(), int64_t{1} << 40) == 0);  // a hole of a terabyte
    CHECK(root.error() == EFBIG);
}

TEST_CASE("A file whose lease somebody holds is not waited for") {
    const Root root;
    root.write("search example.com\n");
    const int holder = open(root.file().c_str(), O_RDWR);
    REQUIRE(holder >= 0);
    signal(SIGIO, SIG_IGN);  // what tells the holder that somebody wants the file
    REQUIRE(fcntl(holder, F_SETLEASE, F_WRLCK) == 0);
    CHECK(root.error() == EWOULDBLOCK);
    REQUIRE(fcntl(holder, F_SETLEASE, F_UNLCK) == 0);
    close(holder);
    signal(SIGIO, SIG_DFL);
    CHECK(root.list() == List{kExample});
}
