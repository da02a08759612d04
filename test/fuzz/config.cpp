// The text of a configuration file, with variables of the environment: it is a configuration or has errors,
// each of them one line, which shows no variable's value.
#include <cstdlib>
#include <string>
#include <string_view>

#include "exporter/config/config_file.h"
#include "test/fuzz/input.h"
#include "test/fuzz/one_line.h"

using namespace dnsexp;

namespace {

constexpr std::string_view kSecret = "hunter2";  // part of what SECRET holds

bool set_variables() {
    return setenv("SECRET", "\x1bhunter2\n- [", 1) == 0 && setenv("NUMBER", "53", 1) == 0 &&
           setenv("NAME", "eth0", 1) == 0 && setenv("EMPTY", "", 1) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const bool ready = set_variables();
    if (!ready) __builtin_trap();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const bool is_told = text.find(kSecret) != std::string_view::npos;  // by the file itself
    for (const ConfigError& error : parse_config(text, "c.yml").errors) {
        const std::string line = error.text();
        if (error.line < 0 || !line.starts_with("c.yml:") || !test::is_one_plain_line(line)) __builtin_trap();
        if (!is_told && line.find(kSecret) != std::string::npos) __builtin_trap();
    }
    return 0;
}
