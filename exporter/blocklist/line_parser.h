// One line of a list -> its entries. A parser a format; see format.h for which.
//
// What is listed: `hosts` and `plain` list the names that they have, and nothing below them. `wildcard`,
// `adblock`, `dnsmasq` and the zones of `unbound` list a name and all below it. A zone file (`rpz`) lists a
// name, or with `*.` what is below it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "exporter/blocklist/list_name.h"

namespace dnsexp {

enum class LineKind : uint8_t {
    empty,    // nothing, or a comment
    taken,    // has entries
    skipped,  // sound, but of no use here: a rule that is not about names
    bad       // broken; what could be read of it was taken
};

struct LineVerdict {
    LineKind kind = LineKind::empty;
    std::string_view why = {};  // of skipped and bad lines; a literal
};

// Of a line with several names: bad where one is, else taken where one is.
inline LineVerdict joined(LineVerdict all, LineVerdict one) {
    if (all.kind == LineKind::bad || one.kind == LineKind::bad) return all.kind == LineKind::bad ? all : one;
    return all.kind == LineKind::taken ? all : one;
}

class EntrySink {
  public:
    virtual ~EntrySink() = default;
    // `flags`: of name_table.h.
    virtual void add(const ListName& name, uint8_t flags) = 0;
};

// Not thread-safe: a zone file's lines depend on those before.
class LineParser {
  public:
    virtual ~LineParser() = default;
    // `line`: without its end and without control characters but tabs.
    virtual LineVerdict take(std::string_view line, EntrySink& entries) = 0;
    // Whether what is exempt stays so below any listed name.
    [[nodiscard]] virtual bool exemptions_win() const { return false; }
};

std::unique_ptr<LineParser> make_hosts_parser();
std::unique_ptr<LineParser> make_plain_parser();
std::unique_ptr<LineParser> make_wildcard_parser();
std::unique_ptr<LineParser> make_adblock_parser();
std::unique_ptr<LineParser> make_dnsmasq_parser();
std::unique_ptr<LineParser> make_unbound_parser();
std::unique_ptr<LineParser> make_rpz_parser();

}  // namespace dnsexp
