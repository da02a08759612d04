#include "exporter/blocklist/list_loader.h"

#include <array>
#include <utility>

#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

constexpr size_t kShownOctets = 80;  // of a bad line
// From as many bad lines on a tenth is too many; fewer must not be more than the good ones.
constexpr uint64_t kFewBadLines = 10;
constexpr uint64_t kToleratedShare = 10;  // one line in as many
constexpr uint64_t kLinesToTellFormat = 100;
constexpr size_t kLongestMagic = 6;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct Magic {
    std::string_view octets, name;
};
constexpr std::array<Magic, 5> kPacked = {{{"\x1f\x8b", "gzip"},
                                           {"BZh", "bzip2"},
                                           {"\xfd"
                                            "7zXZ",
                                            "xz"},
                                           {"\x28\xb5\x2f\xfd", "zstd"},
                                           {"PK\x03\x04", "zip"}}};

bool has_control(std::string_view line) {
    return std::ranges::any_of(line, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

}  // namespace

// The builder as a sink; keeps its first error.
class ListLoader::Entries : public EntrySink {
  public:
    explicit Entries(NameTableBuilder& builder) : builder_(builder) {}
    void add(const ListName& name, uint8_t flags) override {
        if (auto added = builder_.add(name, flags); !added) error = std::move(added).error();
    }
    std::optional<Error> error;

  private:
    NameTableBuilder& builder_;
};

ListLoader::ListLoader(std::string what, BlocklistFormat format, uint64_t seed)
    : what_(std::move(what)), builder_(seed) {
    if (format == BlocklistFormat::automatic) return;
    list_.format = format;
    parser_ = make_parser(format);
}

void ListLoader::refuse(std::string why, std::string hint) {
    if (!refusal_) refusal_ = Error{"read blocklist", what_, 0, std::move(why), std::move(hint)};
}

bool ListLoader::add(std::string_view piece) {
    if (started_) {
        take(piece);
    } else {
        start_ += piece;
        if (start_.size() >= kLongestMagic) start();
    }
    return !refusal_;
}

void ListLoader::start() {
    started_ = true;
    const std::string first = std::exchange(start_, {});
    for (const Magic& magic : kPacked)
        if (first.starts_with(magic.octets))
            refuse("it is packed by " + std::string(magic.name), "unpack it");
    const size_t skipped = first.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    take(std::string_view(first).substr(skipped));
}

void ListLoader::take(std::string_view piece) {
    if (piece.find('\0') != std::string_view::npos)
        refuse("it is not text", "a list is text in UTF-8 or ASCII");
    if (!refusal_)
        lines_.add(piece, [this](std::string_view line, bool too_long) { take_line(line, too_long); });
}

void ListLoader::take_line(std::string_view line, bool too_long) {
    if (refusal_) return;
    ++line_number_;
    if (too_long) return note_bad(line, "the line is longer than 4,096 octets");
    if (has_control(line)) return note_bad(line, "the line has control characters");
    if (list_.taken == 0 && trimmed(line).starts_with('<'))
        return refuse("it is a page of HTML or XML, not a list");
    if (!parser_ && !find_format(line)) return;
    Entries entries(builder_);
    const LineVerdict verdict = parser_->take(line, entries);
    if (entries.error) refusal_ = std::move(entries.error);
    if (builder_.added() > most_names)
        refuse("it has more than " + std::to_string(most_names) + " names", "split it");
    if (verdict.kind == LineKind::taken) ++list_.taken;
    if (verdict.kind == LineKind::skipped) ++list_.skipped;
    if (verdict.kind == LineKind::bad) note_bad(line, verdict.why);
}

bool ListLoader::find_format(std::string_view line) {
    const auto format = tell_format(line);
    if (format) {
        list_.format = *format;
        parser_ = make_parser(*format);
        return true;
    }
    const std::string_view text = trimmed(line);
    if (text.empty() || text.starts_with('#') || text.starts_with('!') || text.starts_with(';')) return false;
    note_bad(line, "no line of any format");
    if (list_.bad > kLinesToTellFormat) refuse("none of its lines shows its format", "set format");
    return false;
}

void ListLoader::note_bad(std::string_view line, std::string_view why) {
    ++list_.bad;
    if (list_.first_bad.size() < shown_bad_lines)
        list_.first_bad.push_back({line_number_, why, std::string(line.substr(0, kShownOctets))});
}

bool ListLoader::is_mostly_bad() const {
    const uint64_t lines = list_.taken + list_.skipped + list_.bad;
    if (list_.bad > kFewBadLines) return list_.bad * kToleratedShare > lines;
    return list_.bad > list_.taken;
}

Result<LoadedList> ListLoader::finish() && {
    if (!started_) start();
    lines_.finish([this](std::string_view line, bool too_long) { take_line(line, too_long); });
    if (!refusal_ && is_mostly_bad()) {
        const BadLine& first = list_.first_bad.front();
        refuse(std::to_string(list_.bad) + " of its lines are bad and " + std::to_string(list_.taken) +
                   " good; the first bad one is line " + std::to_string(first.number) + ", " +
                   std::string(first.why),
               "look whether it is a list, and of format " + std::string(format_name(list_.format)));
    }
    if (refusal_) return std::move(*refusal_);
    auto table = std::move(builder_).make(parser_ && parser_->exemptions_win());
    if (!table) return std::move(table).error();
    list_.table = std::move(table).value();
    return std::move(list_);
}

}  // namespace dnsexp
