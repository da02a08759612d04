// Reads a small file whole: one of /proc or /sys, or of settings.
#pragma once

#include <string>

#include "exporter/base/result.h"

namespace dnsexp {

// At most 1 MiB; a longer file is an Error (EFBIG). Thread-safe.
Result<std::string> read_file(const std::string& path);

}  // namespace dnsexp
