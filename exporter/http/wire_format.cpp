#include "exporter/http/wire_format.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "exporter/http/token.h"

namespace dnsexp {
namespace {

// IMF-fixdate of RFC 9110, 5.6.7. Not strftime's %a and %b: they follow the locale.
std::string http_date(std::chrono::system_clock::time_point when) {
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t seconds = std::chrono::system_clock::to_time_t(when);
    tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                  months[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                  utc.tm_sec);
    return text.data();
}

}  // namespace

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 429:
            return "Too Many Requests";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return status < 500 ? "Client Error" : "Server Error";
    }
}

bool wants_keep_alive(std::string_view version, std::string_view connection) {
    if (connection.empty()) return version == "1.1";
    while (!connection.empty())
        if (same_token(next_part(connection, ','), "keep-alive")) return true;
    return false;
}

std::string chunk(std::string_view text) {
    std::array<char, 2 * sizeof(size_t) + 1> size{};
    std::snprintf(size.data(), size.size(), "%zx", text.size());
    return std::string(size.data()).append("\r\n").append(text).append("\r\n");
}

std::string response_head(const HttpResponse& response, bool keep_alive,
                          std::chrono::system_clock::time_point now) {
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head += reason_phrase(response.status);
    head += "\r\n";
    for (const auto& [name, value] : response.headers)
        head.append(name).append(": ").append(value).append("\r\n");
    head += "Date: " + http_date(now) + "\r\n";
    head += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
    return head += "\r\n";
}

}  // namespace dnsexp
