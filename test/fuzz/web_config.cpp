// The text of a web configuration: it has errors, each of them one line, or what it asks for can go into TLS
// and into responses.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "exporter/web/web_config.h"
#include "test/fuzz/input.h"
#include "test/fuzz/one_line.h"

using namespace dnsexp;

namespace {

// RFC 9110, 5.5: a line's end in a value would be a header of the file's own, or the body.
bool can_be_header(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_sound(const WebSettings& config) {
    const bool sound_headers =
        std::all_of(config.headers.begin(), config.headers.end(), [](const auto& header) {
            return !header.first.empty() && can_be_header(header.first) && can_be_header(header.second);
        });
    const TlsSettings& tls = config.tls;
    const bool whole_pair = !tls.enabled() || ((!tls.cert.empty() || !tls.cert_file.empty()) &&
                                               (!tls.key.empty() || !tls.key_file.empty()));
    return sound_headers && whole_pair;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const WebSettingsLoad load = parse_web_config(text, "web.yml");
    for (const ConfigError& error : load.errors)
        if (error.line < 0 || !test::is_one_plain_line(error.text())) __builtin_trap();
    if (load && !is_sound(load.config)) __builtin_trap();
    return 0;
}
