#include "exporter/fold/registrable_domain.h"

#include <algorithm>
#include <array>

#include "exporter/fold/hash.h"
#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

constexpr size_t cache_entries = 16384;  // of 8 octets; a power of two

// The list's longest rules have five labels (2023-02); one more label makes the domain, the rest is reserve.
constexpr size_t tail_labels = 8;

constexpr uint64_t answer_mask = 0xff;  // never 0 where there is an answer: a domain has a label
constexpr uint64_t known_suffix_bit = 0x80;

// No rule has this character, so a label that holds it matches wildcards only.
constexpr char matches_no_rule = '~';

// Host-name characters as they are; a dot inside a label, UTF-8 and the like must not look like structure to
// the list.
constexpr std::array<char, 256> list_characters = [] {
    std::array<char, 256> table{};
    table.fill(matches_no_rule);
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789-_"))
        table[static_cast<uint8_t>(c)] = c;
    for (uint8_t c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(ascii_lower(c));
    return table;
}();

bool ends_with_labels(std::string_view name, std::string_view suffix) {
    return name.ends_with(suffix) &&
           (name.size() == suffix.size() || name[name.size() - suffix.size() - 1] == '.');
}

}  // namespace

RegistrableDomains::RegistrableDomains()
    : list_(psl_latest(nullptr)), seed_(random_seed()), cache_(cache_entries) {
    tail_.reserve(DNS_NAME_MAX);
}

// How much of tail_, which has `labels`, makes the registrable domain.
RegistrableDomains::Share RegistrableDomains::ask_list(size_t labels) const {
    if (ends_with_labels(tail_, "in-addr.arpa") || ends_with_labels(tail_, "ip6.arpa")) return {2, true};
    const char* registered = psl_unregistrable_domain(list_.get(), tail_.c_str());
    // Without a matching rule the prevailing one is `*` (publicsuffix.org, the algorithm): the last label.
    const std::string_view suffix = registered != nullptr ? registered : "";
    const bool is_known =
        registered != nullptr &&
        psl_is_public_suffix2(list_.get(), registered, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
    const auto dots = static_cast<size_t>(std::count(suffix.begin(), suffix.end(), '.'));
    return {std::min(labels, dots + 2), is_known};
}

RegistrableDomains::Share RegistrableDomains::share(const WireLabels& labels) {
    if (labels.count == 0) return {};
    const size_t used = std::min(labels.count, tail_labels);
    tail_.clear();
    for (size_t i = labels.count - used; i < labels.count; ++i) {
        if (!tail_.empty()) tail_ += '.';
        for (const uint8_t byte : labels.label(i)) tail_ += list_characters[byte];
    }
    const uint64_t hash = hash_bytes(tail_, seed_);
    // The slot comes from the high bits and the tag keeps 56 of 64: two names that meet by chance are 1 in
    // 2^56.
    uint64_t& entry = cache_[(hash >> 32) % cache_entries];
    if ((entry & ~answer_mask) != (hash & ~answer_mask) || (entry & answer_mask) == 0) {
        const Share asked = ask_list(used);
        entry = (hash & ~answer_mask) | (asked.has_known_suffix ? known_suffix_bit : 0) | asked.labels;
    }
    return {static_cast<size_t>(entry & answer_mask & ~known_suffix_bit), (entry & known_suffix_bit) != 0};
}

std::string_view RegistrableDomains::of(std::span<const uint8_t> wire_name) {
    const auto labels = split_labels(wire_name);
    if (!labels) return {};
    if (labels->count == 0) return ".";
    const size_t first = labels->count - share(*labels).labels;
    domain_.clear();
    for (size_t i = first; i < labels->count; ++i) {
        if (i != first) domain_ += '.';
        append_label(domain_, labels->label(i));
    }
    return domain_;
}

}  // namespace dnsexp
