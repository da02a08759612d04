#include "exporter/base/log.h"

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>

#include "exporter/base/log_limit.h"

namespace dnsexp {
namespace {

LogLevel g_level = LogLevel::info;
LogFormat g_format = LogFormat::logfmt;

std::mutex g_limit_mutex;
bool g_is_limited = false;  // under g_limit_mutex
LogLimit g_limit;           // under g_limit_mutex

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warn:
            return "warn";
        case LogLevel::error:
            return "error";
    }
    return "error";
}

bool is_plain(std::string_view text) {
    for (unsigned char c : text)
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
    return !text.empty();
}

// JSON string syntax; bytes outside printable ASCII become \u00XX, so the line is ASCII whatever came in.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (unsigned char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c < 0x20 || c >= 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", c);
            out += escape;
        } else {
            out += static_cast<char>(c);
        }
    }
    return out += '"';
}

void append(std::string& out, LogFormat format, std::string_view key, std::string_view value) {
    if (format == LogFormat::json) {
        if (!out.empty()) out += ',';
        out += quoted(key) + ':' + quoted(value);
        return;
    }
    if (!out.empty()) out += ' ';
    out += key;
    out += '=';
    out += is_plain(value) ? std::string(value) : quoted(value);
}

std::string timestamp() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    char date[32];
    char full[48];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(full, sizeof full, "%s.%03ldZ", date, now.tv_nsec / 1'000'000);
    return full;
}

void put(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    std::string line;
    append(line, g_format, "ts", timestamp());
    const std::string record = log_format_record(g_format, level, message, fields);
    line = g_format == LogFormat::json ? "{" + line + "," + record + "}\n" : line + " " + record + "\n";
    // A log that can't be written has nowhere to be reported.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

// Whether a record is to be written; tells first what was left out before.
bool is_admitted(LogLevel level, std::string_view message) {
    std::vector<LogLimit::LeftOut> over;
    bool admitted = true;
    {
        const std::lock_guard lock(g_limit_mutex);
        if (!g_is_limited) return true;
        const auto now = LogLimit::Clock::now();
        over = g_limit.over(now);
        if (level != LogLevel::debug) admitted = g_limit.admits(static_cast<int>(level), message, now);
    }
    for (const LogLimit::LeftOut& one : over)
        put(static_cast<LogLevel>(one.level), "messages were left out",
            {{"message", one.message}, {"times", std::to_string(one.count)}});
    return admitted;
}

}  // namespace

std::string log_format_record(LogFormat format, LogLevel level, std::string_view message,
                              std::initializer_list<LogField> fields) {
    std::string out;
    append(out, format, "level", level_name(level));
    append(out, format, "msg", message);
    for (const LogField& field : fields) append(out, format, field.key, field.value);
    return out;
}

void log_configure(LogLevel level, LogFormat format) {
    g_level = level;
    g_format = format;
}

void log_limit_repeats() {
    const std::lock_guard lock(g_limit_mutex);
    g_is_limited = true;
}

void log_write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (level < g_level) return;
    if (is_admitted(level, message)) put(level, message, fields);
}

}  // namespace dnsexp
