#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "exporter/alerts/alert_json.h"
#include "exporter/alerts/file_sink.h"
#include "test/support/sample_alert.h"
#include "test/support/scratch_folder.h"

using namespace dnsexp;

namespace {

std::string content(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// The sequence numbers of a file of JSON lines; 0 for a line that is no alert.
std::vector<uint64_t> lines(const std::string& path) {
    std::vector<uint64_t> numbers;
    std::istringstream text(content(path));
    for (std::string line; std::getline(text, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        numbers.push_back(json.is_object() ? json.value("sequence", uint64_t{0}) : 0);
    }
    return numbers;
}

Delivery deliver(FileSink& sink, uint64_t first, uint64_t last) {
    std::vector<Alert> batch;
    for (uint64_t i = first; i <= last; ++i) batch.push_back(sample_alert(i));
    return sink.deliver(batch, {});
}

// While it lives, no file of this process may become longer: as on a disk that is full.
class FileLimit {
  public:
    explicit FileLimit(size_t octets) {
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = octets;
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, handler_);
    }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

  private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

using Numbers = std::vector<uint64_t>;

}  // namespace

TEST_CASE("Alerts are appended to a file, one line each") {
    const ScratchFolder folder;
    const std::string path = folder.path("alerts.json");
    FileSink sink(path);
    REQUIRE(sink.open());
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0137) == 0);  // at most 0640
    CHECK(deliver(sink, 1, 2).delivered == 2);
    CHECK(deliver(sink, 3, 3).delivered == 1);
    CHECK(content(path) == alert_json(sample_alert(1)) + "\n" + alert_json(sample_alert(2)) + "\n" +
                               alert_json(sample_alert(3)) + "\n");
}

TEST_CASE("A file that was renamed or removed is made anew") {
    const ScratchFolder folder;
    const std::string path = folder.path("alerts.json");
    FileSink sink(path);
    deliver(sink, 1, 1);
    std::filesystem::rename(path, path + ".1");
    deliver(sink, 2, 2);
    CHECK(lines(path + ".1") == Numbers{1});
    CHECK(lines(path) == Numbers{2});
    std::filesystem::remove(path);
    deliver(sink, 3, 3);
    CHECK(lines(path) == Numbers{3});
}

TEST_CASE("A file that is emptied in place is written from its beginning") {
    const ScratchFolder folder;
    const std::string path = folder.path("alerts.json");
    FileSink sink(path);
    deliver(sink, 1, 2);
    std::filesystem::resize_file(path, 0);
    deliver(sink, 3, 3);
    CHECK(lines(path) == Numbers{3});
}

TEST_CASE("A line that ended with a full disk is completed when there is room") {
    const ScratchFolder folder;
    const std::string path = folder.path("alerts.json");
    FileSink sink(path);
    const size_t line = alert_json(sample_alert(1)).size() + 1;
    {
        const FileLimit limit(2 * line + 100);
        const Delivery delivery = deliver(sink, 1, 5);
        CHECK(delivery.delivered == 2);
        REQUIRE(delivery.error);
        CHECK(delivery.error->errnum == EFBIG);
        CHECK_FALSE(delivery.is_refused);
        CHECK(deliver(sink, 3, 5).delivered == 0);
        CHECK(std::filesystem::file_size(path) == 2 * line + 100);
    }
    CHECK(deliver(sink, 3, 5).delivered == 3);
    CHECK(lines(path) == Numbers{1, 2, 3, 4, 5});
}

TEST_CASE("A cut line is ended where it can't be completed any more") {
    const ScratchFolder folder;
    const std::string path = folder.path("alerts.json");
    FileSink sink(path);
    const size_t line = alert_json(sample_alert(1)).size() + 1;
    const auto fill = [&] {
        const FileLimit limit(line + 100);
        CHECK(deliver(sink, 1, 2).delivered == 1);
    };
    fill();
    SECTION("another program wrote behind it") {
        std::ofstream(path, std::ios::app) << "else";
        CHECK(deliver(sink, 2, 2).delivered == 1);
        CHECK(lines(path) == Numbers{1, 0, 2});
    }
    SECTION("the file was emptied") {
        std::filesystem::resize_file(path, 0);
        CHECK(deliver(sink, 2, 2).delivered == 1);
        CHECK(lines(path) == Numbers{2});
    }
    SECTION("the file was renamed") {
        std::filesystem::rename(path, path + ".1");
        CHECK(deliver(sink, 2, 2).delivered == 1);
        CHECK(lines(path) == Numbers{2});
    }
    SECTION("another alert comes, as after a restart") {
        FileSink next(path);
        CHECK(deliver(next, 7, 7).delivered == 1);
        CHECK(lines(path) == Numbers{1, 0, 7});
    }
}

TEST_CASE("A file that can't be opened or written is an error that says what to do, and is tried anew") {
    const ScratchFolder folder;
    FileSink missing(folder.path("no/alerts.json"));
    const Status opened = missing.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message().find("make its folder") != std::string::npos);
    CHECK(deliver(missing, 1, 1).error);
    std::filesystem::create_directory(folder.path("no"));
    CHECK(deliver(missing, 1, 1).delivered == 1);

    FileSink full("/dev/full");
    const Delivery delivery = deliver(full, 1, 1);
    REQUIRE(delivery.error);
    CHECK(delivery.error->errnum == ENOSPC);
    CHECK(delivery.error->message().find("make room") != std::string::npos);
}

TEST_CASE("A pipe that nobody reads holds nobody up") {
    const ScratchFolder folder;
    const std::string path = folder.path("pipe");
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    FileSink sink(path);
    const Delivery delivery = deliver(sink, 1, 1);
    REQUIRE(delivery.error);
    CHECK(delivery.error->errnum == ENXIO);
}
