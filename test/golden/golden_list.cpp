#include "test/golden/golden_list.h"

#include <arpa/inet.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace dnsexp::test {
namespace {

std::optional<dns_address> parse_address(const std::string& text) {
    uint8_t octets[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:0:0 (RFC 4291, 2.5.5.2)
    if (inet_pton(AF_INET, text.c_str(), octets + 12) != 1 && inet_pton(AF_INET6, text.c_str(), octets) != 1)
        return {};
    dns_address address;
    std::memcpy(&address, octets, sizeof address);
    return address;
}

// Words after the file: addresses of the host, or `loopback`.
std::optional<GoldenCapture> parse_line(const std::string& line) {
    std::istringstream words(line);
    GoldenCapture capture;
    std::string word;
    words >> capture.file;
    while (words >> word) {
        if (word == "loopback") {
            capture.options.loopback = true;
            capture.options.interface = "lo";
            continue;
        }
        const auto address = parse_address(word);
        if (!address) return {};
        capture.options.own.insert(key_of(*address));
    }
    return capture;
}

}  // namespace

Result<std::vector<GoldenCapture>> read_golden_list(const std::string& folder) {
    const std::string path = folder + "/captures.txt";
    std::ifstream file(path);
    if (!file) return Error{"read list of captures", path, errno, "", ""};
    std::vector<GoldenCapture> captures;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (line.empty() || line[0] == '#') continue;
        const auto capture = parse_line(line);
        if (!capture)
            return Error{"read list of captures", path + ":" + std::to_string(number), 0, line,
                         "a line is: FILE [loopback] [ADDRESS...]"};
        captures.push_back(*capture);
    }
    return captures;
}

}  // namespace dnsexp::test
