// Text of a list -> a name in the form of the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exporter/fold/wire_name.h"

namespace dnsexp {

// Lower case, labels with their length octets, ended by the root's (RFC 1035, 3.1).
struct ListName {
    std::array<uint8_t, DNS_NAME_MAX> wire{};
    size_t size = 1;    // octets of it; 1: the root
    size_t labels = 0;  // without the root
    bool absolute = false;

    [[nodiscard]] std::span<const uint8_t> octets() const { return {wire.data(), size}; }
};

enum class NameSyntax {
    host,        // letters, digits, `-` and `_`
    master_file  // anything visible, with the escapes of RFC 1035, 5.1
};

// Empty where the text is a name: one or more labels, with or without a dot at the end; in master files also
// "." alone, the root. Else why not, in words, and `name` is not to be used.
std::string_view read_name(std::string_view text, NameSyntax syntax, ListName& name);

// Of a name with labels.
std::string_view last_label(const ListName& name);

// Whether `name` ends in `tail` (or is it).
bool ends_in(const ListName& name, const ListName& tail);
// Takes as many labels away from the end. `labels` at most name.labels.
void drop_tail(ListName& name, size_t labels);
// Puts `tail` behind the name. False where that is longer than a name can be.
bool append_tail(ListName& name, const ListName& tail);

}  // namespace dnsexp
