// exporter/bpf/libc_finder.h over made-up folders that are laid out as /proc is.
#include "exporter/bpf/libc_finder.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "test/support/cgroup_folders.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

const std::string glibc = "/usr/lib/x86_64-linux-gnu/libc.so.6", musl = "/lib/ld-musl-x86_64.so.1";

// A /proc, and the files that its processes have.
class Proc {
  public:
    Proc() { folder.make("proc/self"); }

    fs::path file(const std::string& name) {
        folder.make("files");
        const fs::path path = folder.path / "files" / name;
        if (!fs::exists(path)) std::ofstream(path) << name;
        return path;
    }
    fs::path of(uint32_t pid) { return folder.path / "proc" / std::to_string(pid); }

    // A process that runs `program` in the root folder `root`.
    void process(uint32_t pid, const std::string& program, const std::string& root = "host") {
        folder.make("proc/" + std::to_string(pid) + "/map_files");
        fs::create_symlink(file(program), of(pid) / "exe");
        fs::create_symlink(folder.make("roots/" + root), of(pid) / "root");
        std::ofstream(of(pid) / "maps") << "00400000-00401000 r-xp 00000000 08:01 7  /bin/program\n";
    }
    // ... has the file mapped by this name.
    void map(uint32_t pid, const std::string& file_name, const std::string& path,
             const char* rights = "r-xp") {
        const std::string range = "7f0000" + std::to_string(1000 + ++ranges_) + "-7f00ffffffff";
        std::ofstream(of(pid) / "maps", std::ios::app)
            << range << " " << rights << " 00000000 08:01 9  " << path << "\n";
        fs::create_symlink(file(file_name), of(pid) / "map_files" / range);
    }
    void end(uint32_t pid) { fs::remove_all(of(pid)); }
    [[nodiscard]] LibcFinderOptions options() const {
        LibcFinderOptions options;
        options.proc = folder.path / "proc";
        return options;
    }

    Folder folder;

  private:
    int ranges_ = 0;
};

LibcChanges pass(LibcFinder& finder) {
    auto changes = finder.pass();
    INFO((changes ? "" : changes.error().message()));
    REQUIRE(changes);
    return std::move(changes).value();
}

// Paths of what was found; a hyphen and the number of what has gone.
std::vector<std::string> news(LibcFinder& finder) {
    const LibcChanges changes = pass(finder);
    std::vector<std::string> paths;
    for (const LibcFile& one : changes.found) paths.push_back(one.path);
    std::sort(paths.begin(), paths.end());
    if (!changes.gone.empty()) paths.push_back("-" + std::to_string(changes.gone.size()));
    return paths;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a line of maps is taken apart") {
    const std::string line =
        "7f3c5a428000-7f3c5a57d000 r-xp 00028000 fe:01 1835129                    /usr/lib/my libs/libc.so.6 "
        "(deleted)";
    const auto mapping = parse_mapping(line);
    REQUIRE(mapping);
    CHECK(mapping->range == "7f3c5a428000-7f3c5a57d000");
    CHECK(mapping->executable);
    CHECK(mapping->device == "fe:01");
    CHECK(mapping->inode == "1835129");
    CHECK(mapping->path == "/usr/lib/my libs/libc.so.6");
    const auto anonymous = parse_mapping("7f3c5a400000-7f3c5a428000 rw-p 00000000 00:00 0 ");
    REQUIRE(anonymous);
    CHECK_FALSE(anonymous->executable);
    CHECK(anonymous->path.empty());
}

TEST_CASE("what is no line of maps is none") {
    for (const char* line :
         {"", " ", "7f00-7f01", "7f00-7f01 r-xp 0 08:01", "7f00 r-xp 0 08:01 9 /lib/libc.so.6",
          "7f00-7f01 x 0 08:01 9 /lib/libc.so.6", "\377\377\377"})
        CHECK_FALSE(parse_mapping(line));
}

TEST_CASE("C libraries are known by their names") {
    for (const char* path :
         {"/lib/x86_64-linux-gnu/libc.so.6", "/lib/libc-2.28.so", "/lib/ld-musl-x86_64.so.1",
          "/lib/libc.musl-aarch64.so.1", "/usr/lib/x86_64-linux-musl/libc.so", "/libc.so.6"})
        CHECK(is_libc_path(path));
    for (const char* path : {"", "libc.so.6", "/lib/libc.so.6/other", "/lib/libc.so.60", "/lib/libcrypt.so.1",
                             "/lib/libc-2.so", "/lib/libc-2..so.1", "/lib/ld-linux-x86-64.so.2",
                             "/lib/ld-musl-.so.1", "[vdso]", "/lib/xlibc.so.6"})
        CHECK_FALSE(is_libc_path(path));
}

TEST_CASE("a C library is found once, however many processes and programs have it") {
    Proc proc;
    for (uint32_t i = 1; i <= 20; ++i) {
        const uint32_t pid = i * 11 % 21;  // the newest is neither the first nor the last to be listed
        proc.process(pid, pid % 2 ? "sh" : "cat");
        proc.map(pid, "glibc", glibc, "r--p");
        proc.map(pid, "glibc", glibc);
    }
    LibcFinder finder(proc.options());
    const LibcChanges first = pass(finder);
    REQUIRE(first.found.size() == 1);
    CHECK(first.found[0].path == glibc);
    CHECK(first.found[0].pid >= 19);  // the newest of a program
    struct stat opened {};
    REQUIRE(fstat(first.found[0].file.get(), &opened) == 0);
    CHECK(opened.st_ino == id_of(proc.file("glibc")));
    CHECK(first.gone.empty());
    CHECK(news(finder).empty());
}

TEST_CASE("only what is mapped to be executed counts") {
    Proc proc;
    proc.process(1, "sh");
    proc.map(1, "glibc", glibc, "r--p");
    LibcFinder finder(proc.options());
    CHECK(news(finder).empty());
}

TEST_CASE("containers with a C library of their own have it found") {
    Proc proc;
    for (uint32_t pid = 1; pid <= 3; ++pid) {
        proc.process(pid, "sh", "root" + std::to_string(pid));
        proc.map(pid, "libc of " + std::to_string(pid), pid == 3 ? musl : glibc);
    }
    LibcFinder finder(proc.options());
    CHECK(news(finder) == Texts{musl, glibc, glibc});
}

TEST_CASE("one program in two root folders is looked at in both") {
    Proc proc;
    proc.process(1, "sh", "a");
    proc.map(1, "first", glibc);
    LibcFinder finder(proc.options());
    CHECK(news(finder) == Texts{glibc});
    proc.process(2, "sh", "b");
    proc.map(2, "second", musl);
    CHECK(news(finder) == Texts{musl});
}

TEST_CASE("a C library goes when the last program that has it has ended, and can come again") {
    Proc proc;
    proc.process(1, "sh");
    proc.map(1, "glibc", glibc);
    proc.process(2, "cat");
    proc.map(2, "glibc", glibc);
    LibcFinder finder(proc.options());
    CHECK(news(finder) == Texts{glibc});
    proc.end(1);
    CHECK(news(finder).empty());
    proc.end(2);
    CHECK(news(finder) == Texts{"-1"});
    CHECK(news(finder).empty());
    proc.process(3, "sh");
    proc.map(3, "glibc", glibc);
    CHECK(news(finder) == Texts{glibc});
}

TEST_CASE("a program that was seen before its C library was mapped gets two more looks") {
    Proc proc;
    proc.process(1, "early");
    proc.process(2, "late");
    LibcFinder finder(proc.options());
    CHECK(news(finder).empty());
    CHECK(news(finder).empty());
    proc.map(1, "first", glibc);
    CHECK(news(finder) == Texts{glibc});
    proc.map(2, "second", musl);  // it was looked at three times
    CHECK(news(finder).empty());
}

TEST_CASE("a process that ends while it is looked at is no look at its program") {
    Proc proc;
    proc.process(1, "sh");
    LibcFinder finder(proc.options());
    const auto maps = proc.of(1) / "maps";
    for (int i = 0; i < 5; ++i) {
        fs::resize_file(maps, 0);
        CHECK(news(finder).empty());
    }
    proc.map(1, "glibc", glibc);
    CHECK(news(finder) == Texts{glibc});
}

TEST_CASE("after an upgrade a program's new processes have the new C library, its old ones the old") {
    Proc proc;
    proc.process(1, "sh");
    proc.map(1, "old", glibc + " (deleted)");
    LibcFinder finder(proc.options());
    CHECK(news(finder) == Texts{glibc});
    proc.process(2, "sh");
    proc.map(2, "new", glibc);
    CHECK(news(finder) == Texts{glibc});
    CHECK(news(finder).empty());
    proc.end(1);
    CHECK(news(finder).empty());  // known only by program: it stays while the program runs
    proc.end(2);
    CHECK(news(finder) == Texts{"-2"});
}

TEST_CASE("threads of the kernel, and folders that are no processes, are passed over") {
    Proc proc;
    proc.folder.make("proc/9");  // no exe
    proc.folder.make("proc/10x");
    proc.process(1, "sh");
    proc.map(1, "glibc", glibc);
    LibcFinder finder(proc.options());
    const LibcChanges changes = pass(finder);
    CHECK(changes.found.size() == 1);
    CHECK(changes.refused == 0);
}

TEST_CASE("what only looks like a C library is none: a folder, a pipe, what has gone") {
    Proc proc;
    proc.process(1, "sh");
    proc.map(1, "pipe", glibc);
    fs::remove(proc.file("pipe"));
    REQUIRE(mkfifo((proc.folder.path / "files/pipe").c_str(), 0600) == 0);
    proc.process(2, "cat");
    proc.map(2, "gone", glibc);
    fs::remove(proc.folder.path / "files/gone");
    proc.process(3, "ls");
    proc.map(3, "folder", glibc);
    fs::remove(proc.folder.path / "files/folder");
    proc.folder.make("files/folder");
    LibcFinder finder(proc.options());
    CHECK(news(finder).empty());
}

TEST_CASE("there is a limit to C libraries, and what is above it is told") {
    Proc proc;
    for (uint32_t pid = 1; pid <= 5; ++pid) {
        proc.process(pid, "program " + std::to_string(pid));
        proc.map(pid, "libc " + std::to_string(pid), glibc);
    }
    LibcFinderOptions options = proc.options();
    options.libcs_max = 3;
    LibcFinder finder(options);
    const LibcChanges changes = pass(finder);
    CHECK(changes.found.size() == 3);
    CHECK(changes.full);
    CHECK(news(finder).empty());
}

TEST_CASE("there is a limit to programs") {
    Proc proc;
    for (uint32_t pid = 1; pid <= 5; ++pid) {
        proc.process(pid, "program " + std::to_string(pid));
        proc.map(pid, "libc " + std::to_string(pid), glibc);
    }
    LibcFinderOptions options = proc.options();
    options.programs_max = 2;
    LibcFinder finder(options);
    CHECK(news(finder) == Texts{glibc, glibc});
}

TEST_CASE("a program that maps a hundred C libraries is believed four") {
    Proc proc;
    proc.process(1, "sh");
    for (int i = 0; i < 100; ++i) proc.map(1, "libc " + std::to_string(i), glibc);
    LibcFinder finder(proc.options());
    CHECK(news(finder).size() == 4);
}

TEST_CASE("a line that never ends does not use up memory or time") {
    Proc proc;
    proc.process(1, "sh");
    std::ofstream maps(proc.of(1) / "maps", std::ios::app);
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 20; ++i) maps << block;
    maps << "\n";
    maps.close();
    proc.map(1, "glibc", glibc);  // behind the 8 MiB that are read
    LibcFinder finder(proc.options());
    CHECK(news(finder).empty());
}

TEST_CASE("without processes to read there is an error") {
    LibcFinderOptions options;
    options.proc = "/nonexistent";
    LibcFinder finder(options);
    const auto changes = finder.pass();
    REQUIRE_FALSE(changes);
    CHECK(changes.error().errnum == ENOENT);
}
