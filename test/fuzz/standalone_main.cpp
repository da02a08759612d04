// Replays inputs where there is no libFuzzer: the files and folders that the arguments name.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "test/fuzz/parse.h"

namespace {

size_t replay(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> read{std::istreambuf_iterator<char>(file), {}};
    const std::vector<uint8_t> octets(read.begin(), read.end());  // as much memory as octets
    LLVMFuzzerTestOneInput(octets.data(), octets.size());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    size_t count = 0;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            count += replay(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) count += replay(entry.path());
    }
    std::printf("%zu inputs\n", count);
    return count != 0 ? 0 : 1;
}
