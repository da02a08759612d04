// A bearer token (RFC 6750) from a file.
#pragma once

#include <string>

#include "exporter/base/result.h"

namespace dnsexp {

// The file's text without white space at its end: visible ASCII, 1 to 65,536 octets. Anything else is an
// error that does not quote the file.
Result<std::string> read_token_file(const std::string& path);

}  // namespace dnsexp
