#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "exporter/config/config_file.h"
#include "test/support/config_errors.h"

using namespace dnsexp;

namespace {

class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& text) {
        const int fd = mkstemp(path_);
        REQUIRE(fd >= 0);
        close(fd);
        std::ofstream(path_) << text;
    }
    ~TemporaryFile() { unlink(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    std::string path() const { return path_; }

  private:
    char path_[32] = "/tmp/dnsexp-config-XXXXXX";
};

}  // namespace

TEST_CASE("YAML that does not parse names its line") {
    CHECK(contains(error_of("capture:\n  ports: [53\n"), "f.yaml:3: is not valid YAML: "));
    CHECK(contains(error_of("a: b: c"), "f.yaml:1: is not valid YAML: "));
    CHECK(contains(error_of("capture:\n  interfaces: [*]\n"), "in quotes"));
    CHECK(error_of("capture: {}\n---\ncapture: {}\n") ==
          "f.yaml:2: has more after its first YAML document; allowed: one document");
}

TEST_CASE("A stray comma or bracket is refused, and ends the reading") {
    for (const char* text : {",,,\ncapture: {ports: [54]}\n", "]", "}\n", "[] }", "capture: {}\n]\n"}) {
        INFO(text);
        CHECK(contains(error_of(text), "YAML"));
    }
    CHECK(errors_of("---\ncapture: {}\n...\n# the end\n").empty());
}

TEST_CASE("Aliases cost no more than they are long") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        std::string list = before;
        for (int j = 0; j < 8; ++j) list += ", " + before;
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + list + "]\n";
    }
    CHECK(errors_of(text + "capture: {interfaces: *a29}\n").size() ==
          30 + 9);  // 9^30 items, were they expanded
    CHECK(errors_of("capture: &c {ports: *c}\n").size() == 1);
    CHECK_FALSE(errors_of(std::string(100000, '[')).empty());
}

TEST_CASE("A file is read up to 1 MiB") {
    const TemporaryFile small("capture:\n  max_servers: 7\n");
    const ConfigLoad load = load_config(small.path());
    CHECK(load.errors.empty());
    CHECK(load.config.capture.max_servers == 7);

    const std::string filling = "#" + std::string(kConfigOctetsMax - 2, 'x') + "\n";
    const TemporaryFile full(filling);
    CHECK(load_config(full.path()).errors.empty());
    const TemporaryFile too_long(filling + "\n");
    const ConfigLoad refused = load_config(too_long.path());
    REQUIRE(refused.errors.size() == 1);
    CHECK(refused.errors[0].text() == too_long.path() + ": is too long; allowed: up to 1 MiB");
    CHECK(contains(error_of(filling + "\n"), "is too long"));
}

TEST_CASE("A file that can't be read says why") {
    const ConfigLoad missing = load_config("/nonexistent/config.yaml");
    REQUIRE(missing.errors.size() == 1);
    CHECK(missing.errors[0].text() == "/nonexistent/config.yaml: can't be read: No such file or directory");
    const ConfigLoad folder = load_config("/");
    REQUIRE(folder.errors.size() == 1);
    CHECK(folder.errors[0].text() == "/: can't be read: Is a directory");
}

TEST_CASE("a control character behind a backslash does not get into the message") {
    const auto load = parse_config("a: \"\\\x1b\"\n", "c.yml");
    REQUIRE(load.errors.size() == 1);
    CHECK(load.errors[0].text() == "c.yml:1: is not valid YAML: unknown escape character: ?");
}
