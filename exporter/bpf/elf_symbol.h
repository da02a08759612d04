// Where a function lies in a shared library's file. The file is anybody's: it may be malformed on purpose,
// and change while it is read, so nothing of it is mapped and all that is read is bounded.
#pragma once

#include <cstdint>
#include <string_view>

#include "exporter/base/result.h"

namespace dnsexp {

// Offset in the file, in octets, of the function that the library exports by this name, whatever its version.
// Errors: not an ELF file (gABI, chapter 4) of this machine, or it has no such function (errnum 0); it can't
// be read. Thread-safe.
Result<uint64_t> function_offset(int file, std::string_view name);

}  // namespace dnsexp
