// A folder of a test's own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dnsexp::test {

class TemporaryFolder {
  public:
    TemporaryFolder() : path_(std::filesystem::temp_directory_path() / "dnsexp-XXXXXX") {
        if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder");
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(path(name), std::ios::binary) << text;
    }
    // As sound programs replace a file.
    void replace(const std::string& name, std::string_view text) const {
        write(name + ".new", text);
        std::filesystem::rename(path(name + ".new"), path(name));
    }

  private:
    std::string path_;
};

}  // namespace dnsexp::test
