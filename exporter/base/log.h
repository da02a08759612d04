// The log: one line a record on stderr, logfmt or JSON in the style of Prometheus's programs.
//
//   log_warn("can't attach", {{"interface", name}, {"err", error.message()}});
//
// Thread-safe: a record is one write(2). Every value is escaped, so no byte from the wire reaches a terminal
// raw.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace dnsexp {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { logfmt, json };

struct LogField {
    std::string_view key;
    std::string value;
};

// Sets what is written from now on. Call before threads start.
void log_configure(LogLevel level, LogFormat format);

// From now on the same message is written at most 10 times in 10 s (log_limit.h); how often it came beyond
// that is told with the first record after. Debug is not limited. For the end of the start, of which every
// line counts.
void log_limit_repeats();

void log_write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view m, std::initializer_list<LogField> f = {}) {
    log_write(LogLevel::debug, m, f);
}
inline void log_info(std::string_view m, std::initializer_list<LogField> f = {}) {
    log_write(LogLevel::info, m, f);
}
inline void log_warn(std::string_view m, std::initializer_list<LogField> f = {}) {
    log_write(LogLevel::warn, m, f);
}
inline void log_error(std::string_view m, std::initializer_list<LogField> f = {}) {
    log_write(LogLevel::error, m, f);
}

// The record as text, without a time stamp or a final newline; exposed for its unit test.
std::string log_format_record(LogFormat format, LogLevel level, std::string_view message,
                              std::initializer_list<LogField> fields);

}  // namespace dnsexp
