// Which format a list has.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "exporter/blocklist/line_parser.h"
#include "exporter/config/config.h"

namespace dnsexp {

// The value of the configuration's key `format`.
std::string_view format_name(BlocklistFormat format);

// `format`: not automatic.
std::unique_ptr<LineParser> make_parser(BlocklistFormat format);

// The format that a line shows; nothing where it shows none, as comments don't.
std::optional<BlocklistFormat> tell_format(std::string_view line);

}  // namespace dnsexp
