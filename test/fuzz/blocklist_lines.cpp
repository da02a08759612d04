// A list's text, of each format: cut into pieces it loads as in one; each entry is a sound name in lower
// case, and the verdict on its line fits it.
#include <cstdlib>
#include <string>
#include <string_view>

#include "exporter/blocklist/list_loader.h"
#include "test/fuzz/input.h"

using namespace dnsexp;

namespace {

constexpr uint64_t kSeed = 1;

// Entries of a line must be names as split_labels() takes them, in lower case, and not the root.
class Checked : public EntrySink {
  public:
    void add(const ListName& name, uint8_t flags) override {
        const auto labels = split_labels(name.octets());
        if (!labels || labels->count == 0 || labels->count != name.labels) __builtin_trap();
        if (name.octets()[name.size - 1] != 0 || flags == 0 || flags > 15) __builtin_trap();
        for (size_t i = 0; i < labels->count; ++i)
            for (const uint8_t octet : labels->label(i))
                if (octet >= 'A' && octet <= 'Z') __builtin_trap();
        ++entries;
    }
    size_t entries = 0;
};

Result<LoadedList> load(std::string_view text, BlocklistFormat format, size_t piece) {
    ListLoader loader("list", format, kSeed);
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        if (!loader.add(text.substr(0, piece))) break;
    return std::move(loader).finish();
}

void check_same(const Result<LoadedList>& a, const Result<LoadedList>& b) {
    if (static_cast<bool>(a) != static_cast<bool>(b)) __builtin_trap();
    if (!a) return;
    const LoadedList &one = a.value(), &other = b.value();
    if (one.taken != other.taken || one.skipped != other.skipped || one.bad != other.bad ||
        one.format != other.format || one.table->sizes().listed != other.table->sizes().listed ||
        one.first_bad.size() != other.first_bad.size())
        __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    test::FuzzInput input({data, size});
    const auto format = static_cast<BlocklistFormat>(input.octet() % 8);
    const size_t piece = size_t{1} + input.octet();
    const auto rest = input.rest();
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
    check_same(load(text, format, size + 1), load(text, format, piece));

    const auto parser = make_parser(format);
    Checked checked;
    LineReader lines;
    const auto take = [&](std::string_view line, bool) {
        const size_t before = checked.entries;
        const LineVerdict verdict = parser->take(line, checked);
        const bool silent = verdict.kind == LineKind::empty || verdict.kind == LineKind::skipped;
        if (verdict.kind == LineKind::taken && checked.entries == before) __builtin_trap();
        if (silent && checked.entries != before) __builtin_trap();
        if (verdict.kind == LineKind::bad && verdict.why.empty()) __builtin_trap();
    };
    lines.add(text, take);
    lines.finish(take);
    return 0;
}
