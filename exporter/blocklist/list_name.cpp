#include "exporter/blocklist/list_name.h"

#include <algorithm>
#include <optional>

#include "exporter/blocklist/text.h"

namespace dnsexp {
namespace {

constexpr std::array<bool, 256> host_octet = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"))
        table[static_cast<uint8_t>(c)] = true;
    return table;
}();

constexpr std::string_view kEmptyLabel = "a label of the name is empty";
constexpr std::string_view kLongName = "the name is longer than 255 octets";

// `\DDD` or `\X` at the front of the text, which begins behind the backslash; takes it away.
std::optional<uint8_t> read_escape(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    if (!is_digit(text[0])) {
        const auto octet = static_cast<uint8_t>(text[0]);
        text.remove_prefix(1);
        return octet;
    }
    if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
    const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    if (value > 255) return std::nullopt;
    text.remove_prefix(3);
    return static_cast<uint8_t>(value);
}

// Writes a name label by label. Room is kept for the root's octet.
class Writer {
  public:
    explicit Writer(ListName& name) : name_(name) {
        name_.size = 1;  // of the first label's length
        name_.labels = 0;
        name_.absolute = false;
    }

    std::string_view put(uint8_t octet) {
        if (name_.size - start_ > max_label_octets) return "a label of the name is longer than 63 octets";
        if (name_.size >= name_.wire.size() - 1) return kLongName;
        name_.wire[name_.size++] = ascii_lower(octet);
        return {};
    }
    std::string_view end_label() {
        const size_t length = name_.size - start_ - 1;
        if (length == 0) return kEmptyLabel;
        name_.wire[start_] = static_cast<uint8_t>(length);
        ++name_.labels;
        if (name_.size >= name_.wire.size()) return kLongName;
        start_ = name_.size++;
        return {};
    }
    void end_name() { name_.wire[start_] = 0; }

  private:
    ListName& name_;
    size_t start_ = 0;  // of the label's length octet
};

std::string_view odd_octet(uint8_t octet) {
    if (octet >= 0x80) return "international names are taken as A-labels (xn--...) only";
    return "the name has a character that names of hosts don't have";
}

size_t offset_of(const ListName& name, size_t label) {
    size_t at = 0;
    for (; label > 0; --label) at += size_t{1} + name.wire[at];
    return at;
}

}  // namespace

std::string_view read_name(std::string_view text, NameSyntax syntax, ListName& name) {
    Writer writer(name);
    if (syntax == NameSyntax::master_file && text == ".") {
        name.absolute = true;
        writer.end_name();
        return {};
    }
    while (!text.empty()) {
        auto octet = static_cast<uint8_t>(text[0]);
        text.remove_prefix(1);
        if (octet == '.') {
            if (const auto why = writer.end_label(); !why.empty()) return why;
            name.absolute = text.empty();
            continue;
        }
        if (syntax == NameSyntax::host) {
            if (!host_octet[octet]) return odd_octet(octet);
        } else if (octet == '\\') {
            const auto escaped = read_escape(text);
            if (!escaped) return "the name has a broken escape";
            octet = *escaped;
        } else if (octet <= 0x20 || octet >= 0x7f) {
            return odd_octet(octet);
        }
        if (const auto why = writer.put(octet); !why.empty()) return why;
    }
    if (!name.absolute)
        if (const auto why = writer.end_label(); !why.empty()) return why;
    writer.end_name();
    return {};
}

std::string_view last_label(const ListName& name) {
    const size_t at = offset_of(name, name.labels - 1);
    return {reinterpret_cast<const char*>(name.wire.data()) + at + 1, name.wire[at]};
}

bool ends_in(const ListName& name, const ListName& tail) {
    if (tail.labels > name.labels) return false;
    const auto end = name.octets().subspan(offset_of(name, name.labels - tail.labels));
    return std::ranges::equal(end, tail.octets());
}

void drop_tail(ListName& name, size_t labels) {
    const size_t at = offset_of(name, name.labels - labels);
    name.wire[at] = 0;
    name.size = at + 1;
    name.labels -= labels;
}

bool append_tail(ListName& name, const ListName& tail) {
    const size_t at = name.size - 1;  // the root's octet
    if (at + tail.size > name.wire.size()) return false;
    std::ranges::copy(tail.octets(), name.wire.begin() + static_cast<std::ptrdiff_t>(at));
    name.size = at + tail.size;
    name.labels += tail.labels;
    return true;
}

}  // namespace dnsexp
