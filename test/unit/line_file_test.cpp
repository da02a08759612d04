#include "exporter/query_log/line_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "exporter/base/unique_fd.h"

using namespace dnsexp;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/dnsexp-lines-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

std::string content(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

bool never() {
    return false;
}

// The kernel cuts writes at the limit of a file's size as a full disk does.
class SizeLimit {
  public:
    explicit SizeLimit(rlim_t octets) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{octets, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

  private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("Lines are appended to what is there, and the file is not for everybody") {
    const Folder folder;
    const std::string path = folder.path + "/a";
    {
        auto file = LineFile::open(path);
        REQUIRE(file);
        CHECK(file->write("one\n", never).octets == 4);
    }
    auto again = LineFile::open(path);
    CHECK(again->write("two\nthree\n", never).octets == 10);
    CHECK(content(path) == "one\ntwo\nthree\n");
    struct stat status {};
    stat(path.c_str(), &status);
    CHECK((status.st_mode & 07) == 0);
}

TEST_CASE("A path that can't be opened is an error with a remedy") {
    const auto file = LineFile::open("/nonexistent-folder/a");
    REQUIRE_FALSE(file);
    CHECK(file.error().message() ==
          "open query log /nonexistent-folder/a: No such file or directory; make its folder");
}

TEST_CASE("A line that a full disk cuts is taken back, and the next one is whole") {
    const Folder folder;
    const std::string path = folder.path + "/a";
    auto file = LineFile::open(path);
    {
        const SizeLimit limit(10);
        const auto written = file->write("12345\n123456789\n", never);
        CHECK(written.octets == 6);
        CHECK(written.errnum == EFBIG);
    }
    CHECK(content(path) == "12345\n");
    CHECK(file->write("next\n", never).octets == 5);
    CHECK(content(path) == "12345\nnext\n");
}

TEST_CASE("A file that was renamed is written to as before") {
    const Folder folder;
    const std::string path = folder.path + "/a";
    auto file = LineFile::open(path);
    std::filesystem::rename(path, path + ".1");
    CHECK(file->write("one\n", never).octets == 4);
    CHECK(content(path + ".1") == "one\n");
}

TEST_CASE("A device that is full takes nothing, and says why") {
    auto file = LineFile::open("/dev/full");
    REQUIRE(file);
    const auto written = file->write("line\n", never);
    CHECK(written.octets == 0);
    CHECK(written.errnum == ENOSPC);
}

TEST_CASE("A pipe that nobody reads is waited for until it is over") {
    const Folder folder;
    const std::string path = folder.path + "/pipe";
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK_FALSE(LineFile::open(path));  // nobody is there
    const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
    auto file = LineFile::open(path);
    REQUIRE(file);
    const std::string line(1023, 'x');
    int asked = 0;
    LineFile::Written written;
    for (int i = 0; i < 2000 && written.errnum == 0; ++i)
        written = file->write(line + "\n", [&] { return ++asked >= 2; });
    CHECK(written.errnum == ECANCELED);
    CHECK(asked == 2);
}
