// What a tool saw, as one line of JSON with the field names of the truth files.
#pragma once

#include <cstdint>
#include <string>

#include "test/support/observed_message.h"

namespace dnsexp::test {

// A message; or, with the key "error", why a packet is none. No line break at the end.
std::string json_line(const ObservedMessage& seen);

// For the tool that can't tell the messages of one packet apart: the last of `count`, or their number and
// addresses alone where the last one's octets are not known. And for an error whose addresses it doesn't
// know.
std::string json_line_of_last(const ObservedMessage& last, uint64_t count, bool known);
std::string json_line_of_error(uint64_t frame, uint64_t time_ns, uint32_t protocol, uint32_t reason);

}  // namespace dnsexp::test
