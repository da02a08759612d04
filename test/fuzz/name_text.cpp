// Wire names -> text: printable ASCII, and from the text the lower-cased name comes back, or the name was
// none. And any octets -> printable ASCII.
#include <cstdlib>
#include <string>

#include "exporter/fold/names.h"
#include "test/fuzz/parse.h"

namespace {

// The name at the front of the octets, lower-cased; empty where there is none (RFC 1035, 3.1 and 2.3.4).
std::string lower_name(std::span<const uint8_t> octets) {
    std::string name;
    while (name.size() < octets.size() && name.size() < 255) {
        const uint8_t length = octets[name.size()];
        if (length > 63) return {};
        name += static_cast<char>(length);
        if (length == 0) return name;
        for (size_t i = 0; i < length; ++i) {
            if (name.size() >= octets.size()) return {};
            const uint8_t octet = octets[name.size()];
            name += static_cast<char>(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
        }
    }
    return {};
}

// RFC 1035, 5.1: `\DDD` and `\X`, labels between dots.
std::string wire_of(const std::string& text) {
    if (text == ".") return {'\0'};
    std::string wire, label;
    const auto end_label = [&] {
        wire += static_cast<char>(label.size());
        wire += label;
        label.clear();
    };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '.') {
            end_label();
        } else if (text[i] != '\\') {
            label += text[i];
        } else if (text.at(i + 1) >= '0' && text.at(i + 1) <= '9') {
            label += static_cast<char>(std::stoi(text.substr(i + 1, 3)));
            i += 3;
        } else {
            label += text.at(++i);
        }
    }
    end_label();
    return wire + '\0';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text = dnsexp::presentation_name({data, size});
    const std::string name = lower_name({data, size});
    for (const char c : text)
        if (c < 0x21 || c > 0x7e) __builtin_trap();
    const std::string any = dnsexp::printable_text({reinterpret_cast<const char*>(data), size});
    for (const char c : any)
        if (c < 0x20 || c > 0x7e) __builtin_trap();
    if (text.empty() != name.empty()) __builtin_trap();
    if (!text.empty() && wire_of(text) != name) __builtin_trap();
    return 0;
}
