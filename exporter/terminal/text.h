// Text that a terminal may get. Everything that comes from outside passes escaped() once, whatever it claims
// to be: an escape sequence in a name must never reach the terminal. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dnsexp {

// Printable ASCII (0x20..0x7e) as it is, every other octet (controls, ESC, DEL, C1, UTF-8) as `\DDD` in
// decimal.
std::string escaped(std::string_view text);

// Columns that text of this room takes: its characters are ASCII or come from blocks.h, all of one column,
// and none is a control.
size_t columns(std::string_view text);

enum class Align { left, right };

// Escaped, and exactly `width` columns: filled with blanks, or cut, with a mark at the end (`~`; with
// `unicode` an ellipsis).
std::string cell(std::string_view text, size_t width, bool unicode, Align align = Align::left);

// The items with two blanks between them, in at most `lines_max` lines of at most `width` columns. Items are
// not broken: those that find no room are left out. They are escaped.
std::vector<std::string> flow(const std::vector<std::string>& items, size_t width, size_t lines_max);

// The text, escaped, in lines of at most `width` columns (1 and up), broken at blanks; a word that is longer
// is broken too. At least one line.
std::vector<std::string> wrapped(std::string_view text, size_t width);

// Whether the terminal takes UTF-8, by the variables of the environment that setlocale(3) asks, in its order.
bool is_utf8_locale(std::string_view lc_all, std::string_view lc_ctype, std::string_view lang);

}  // namespace dnsexp
