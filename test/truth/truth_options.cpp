#include "test/truth/truth_options.h"

#include <charconv>
#include <string_view>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {
namespace {

Result<uint16_t> port_of(std::string_view text) {
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0)
        return Error{"read --port", std::string(text), 0, "no port", "1 to 65535"};
    return port;
}

}  // namespace

Result<TruthOptions> parse_truth_options(int argc, char** argv, bool for_kernel) {
    TruthOptions options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--port" && i + 1 < argc) {
            const auto port = port_of(argv[++i]);
            if (!port) return port.error();
            options.ports.push_back(port.value());
        } else if (word == "--tunnels") {
            options.tunnels = true;
        } else if (for_kernel && word == "--old") {
            options.old_kernel = true;
        } else if (for_kernel && word == "--xdp") {
            options.xdp = true;
        } else if (!word.starts_with("--") && options.capture.empty()) {
            options.capture = word;
        } else {
            return Error{"read the command line", std::string(word), 0, "not known here", truth_usage};
        }
    }
    if (options.capture.empty()) return Error{"read the command line", "", 0, "no capture", truth_usage};
    if (options.ports.size() > DNS_PORTS_MAX) return Error{"read --port", "", 0, "too many ports", ""};
    if (options.ports.empty()) options.ports.push_back(53);
    return options;
}

}  // namespace dnsexp::test
