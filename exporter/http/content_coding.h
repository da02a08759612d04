// Content coding: what the client accepts (RFC 9110, 12.5.3) and the gzip format (RFC 1952).
#pragma once

#include <string>
#include <string_view>

#include "exporter/base/result.h"

namespace dnsexp {

// Whether a response may and should be gzipped for this value of Accept-Encoding (several header lines joined
// by commas). Weights count: "gzip;q=0" forbids, a higher weight of "identity" wins. A malformed element is
// ignored.
bool accepts_gzip(std::string_view accept_encoding);

// The text as one gzip member, at zlib's fastest level. Thread-safe. Error: zlib had no memory.
Result<std::string> gzip(std::string_view text);

}  // namespace dnsexp
