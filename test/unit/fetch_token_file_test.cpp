#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "exporter/fetch/token_file.h"

using namespace dnsexp;

namespace {

// A temporary folder with one file in it.
class TokenFile {
  public:
    explicit TokenFile(const std::string& text) {
        char pattern[] = "/tmp/dnsexp-token-XXXXXX";
        folder_ = mkdtemp(pattern);
        std::ofstream(path()) << text;
    }
    ~TokenFile() { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path() const { return folder_ + "/token"; }

  private:
    std::string folder_;
};

}  // namespace

TEST_CASE("A token is the file's text without the white space at its end") {
    CHECK(read_token_file(TokenFile("ab.cd-_~+/=\r\n\n").path()).value() == "ab.cd-_~+/=");
    CHECK(read_token_file(TokenFile(std::string(65'536, 'x')).path()).value().size() == 65'536);
}

TEST_CASE("What could break a header is no token, and is not quoted") {
    for (const char* text : {"", " \n", "secret\nX-Evil: 1", "secret one", "secret\x01", "secret\x80"}) {
        INFO(text);
        const TokenFile file(text);
        const auto token = read_token_file(file.path());
        REQUIRE_FALSE(token);
        CHECK(token.error().message().find("secret") == std::string::npos);
        CHECK(token.error().message().find(file.path()) != std::string::npos);
    }
}

TEST_CASE("A token file that is absent, too large or a FIFO is an error at once") {
    CHECK(read_token_file("/nowhere/token").error().errnum == ENOENT);
    CHECK(read_token_file(TokenFile(std::string(65'537, 'x')).path()).error().errnum == EFBIG);
    const TokenFile file("");
    std::filesystem::remove(file.path());
    REQUIRE(mkfifo(file.path().c_str(), 0600) == 0);
    CHECK_FALSE(read_token_file(file.path()));
}
