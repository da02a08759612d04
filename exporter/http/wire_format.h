// HTTP/1.1 as text: the head of a response, and when a connection stays open (RFC 9112).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "exporter/http/message.h"

namespace dnsexp {

// The phrase of RFC 9110, 15 for each status that this server uses or civetweb refuses with; for others the
// class's.
std::string_view reason_phrase(int status);

// RFC 9112, 9.3, but for one caution: a Connection header that does not say keep-alive closes.
// `connection` holds all values of that header, joined by commas. `version` is "1.0" or "1.1".
bool wants_keep_alive(std::string_view version, std::string_view connection);

// One chunk of the chunked coding (RFC 9112, 7.1). Of empty text it is the last one.
std::string chunk(std::string_view text);

// Status line, headers, Date and Connection, and the empty line.
std::string response_head(const HttpResponse& response, bool keep_alive,
                          std::chrono::system_clock::time_point now);

}  // namespace dnsexp
