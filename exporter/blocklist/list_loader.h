// The text of a list, in pieces -> its table, or why it is no list.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/blocklist/format.h"
#include "exporter/blocklist/line_reader.h"
#include "exporter/blocklist/name_table.h"

namespace dnsexp {

struct BadLine {
    uint64_t number = 0;  // from 1
    std::string_view why;
    std::string text;  // its begin, as it came: not to be shown unescaped
};

struct LoadedList {
    std::shared_ptr<const NameTable> table;
    BlocklistFormat format = BlocklistFormat::automatic;  // stays so where no line showed one
    uint64_t taken = 0, skipped = 0, bad = 0;             // lines
    std::vector<BadLine> first_bad;                       // at most ListLoader::shown_bad_lines
};

// Memory: one line, and eight octets a name until finish(). Not thread-safe.
class ListLoader {
  public:
    static constexpr size_t shown_bad_lines = 3;
    // A table of as many names takes 96 MB while it is made, and 48 MB then.
    static constexpr size_t most_names = 4'000'000;

    // `what`: the list's file or URL, for errors.
    ListLoader(std::string what, BlocklistFormat format, uint64_t seed);

    // False: it can't become a list any more, finish() tells why.
    bool add(std::string_view piece);

    // Ends the loader's life. An Error where the text is no list: other than text, a page of HTML, a format
    // that can't be told, more than a tenth of the lines bad (of a few lines: more bad than good ones), or
    // more names than most_names.
    Result<LoadedList> finish() &&;

  private:
    class Entries;
    void start();
    void take(std::string_view piece);
    void take_line(std::string_view line, bool too_long);
    void refuse(std::string why, std::string hint = "");
    bool find_format(std::string_view line);
    void note_bad(std::string_view line, std::string_view why);
    [[nodiscard]] bool is_mostly_bad() const;

    std::string what_;
    NameTableBuilder builder_;
    LineReader lines_;
    std::unique_ptr<LineParser> parser_;  // none: the format is not known yet
    LoadedList list_;
    uint64_t line_number_ = 0;
    std::string start_;  // the first octets, while they are too few to tell whether they are text
    bool started_ = false;
    std::optional<Error> refusal_;
};

}  // namespace dnsexp
