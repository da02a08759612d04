#include "exporter/fold/search_path.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "exporter/fold/event_question.h"
#include "exporter/fold/hash.h"
#include "exporter/fold/wire_name.h"

namespace dnsexp {
namespace {

constexpr uint16_t rcode_noerror = 0;   // RFC 1035, 4.1.1
constexpr uint16_t rcode_nxdomain = 3;  // RFC 1035, 4.1.1; RFC 8020

// What makes a lookup the same as another: process, type and name. A suffix can be put in the root label's
// place.
class Question {
  public:
    // Nothing where the event holds no complete name.
    static std::optional<Question> of(const dns_event& event) {
        const auto labels = split_labels(event_question(event));
        if (!labels) return {};
        return Question(event, *labels);
    }

    [[nodiscard]] uint64_t hash(uint64_t seed) const { return hash_bytes({key_.data(), end_ + 1}, seed); }

    // Of the same question with the suffix appended to its name; nothing where that is no name.
    std::optional<uint64_t> hash_with(std::string_view suffix, uint64_t seed) {
        if (suffix.size() > prefix + DNS_NAME_MAX - end_) return {};
        std::copy(suffix.begin(), suffix.end(), key_.data() + end_);
        const uint64_t hash = hash_bytes({key_.data(), end_ + suffix.size()}, seed);
        key_[end_] = 0;
        return hash;
    }

    // The suffix follows at least one label.
    [[nodiscard]] bool is_under(std::string_view suffix) const {
        const std::string_view name(key_.data() + prefix, end_ + 1 - prefix);
        if (suffix.size() >= name.size() || !name.ends_with(suffix)) return false;
        const size_t boundary = name.size() - suffix.size();
        const auto starts = std::span(starts_).first(count_);
        return std::find(starts.begin(), starts.end(), boundary) != starts.end();
    }

  private:
    static constexpr size_t prefix = sizeof(uint32_t) + 1;  // process and type

    Question(const dns_event& event, const WireLabels& labels) : starts_(labels.start), count_(labels.count) {
        std::memcpy(key_.data(), &event.asker.pid, sizeof event.asker.pid);
        key_[prefix - 1] = static_cast<char>(event.type);
        end_ = prefix;
        for (size_t i = 0; i < labels.count; ++i) {
            const auto label = labels.label(i);
            key_[end_++] = static_cast<char>(label.size());
            for (const uint8_t octet : label) key_[end_++] = static_cast<char>(ascii_lower(octet));
        }
    }

    std::array<char, prefix + DNS_NAME_MAX> key_{};
    size_t end_ = 0;  // of the root label, which is 0
    std::array<uint8_t, max_labels> starts_;
    size_t count_;
};

bool is_under_any(const Question& question, const SearchList& list) {
    return std::any_of(list.suffixes.begin(), list.suffixes.end(),
                       [&](const std::string& suffix) { return question.is_under(suffix); });
}

}  // namespace

SearchPath::SearchPath(size_t capacity) : seed_(random_seed()), lookups_(capacity), index_(capacity) {}

SearchLookups SearchPath::add(const dns_event& event, const SearchList& list) {
    if (event.outcome != rcode_noerror && event.outcome != rcode_nxdomain) return {};
    auto question = Question::of(event);
    if (!question) return {};
    const uint64_t now_ns = event.query_time_ns + event.latency_ns;
    while (first_ != next_ && at(first_).answered_ns + window_ns < now_ns) forget_oldest();

    SearchLookups found;
    if (event.outcome == rcode_nxdomain) {
        if (is_under_any(*question, list)) remember(question->hash(seed_), now_ns);
        return found;
    }
    for (size_t i = 0; i < list.suffixes.size() && first_ != next_; ++i)
        if (const auto hash = question->hash_with(list.suffixes[i], seed_)) found.wasted += take(*hash);
    // A name that a suffix was appended to in vain has none itself, though it may end like one.
    if (found.wasted == 0 && is_under_any(*question, list)) found.useful = 1;
    return found;
}

uint32_t SearchPath::newest(uint64_t hash) const {
    return index_.find(hash, [](uint32_t) { return true; });
}

void SearchPath::remember(uint64_t hash, uint64_t now_ns) {
    if (next_ - first_ == lookups_.size()) forget_oldest();
    const uint32_t known = newest(hash);
    const uint64_t before = known != KeyIndex::none ? lookups_[known].number : 0;
    if (before != 0) index_.erase(hash, known);
    const uint32_t place = place_of(next_);
    lookups_[place] = {next_, hash, now_ns, before};
    index_.insert(hash, place);
    ++next_;
}

// How many lookups with this hash there are. None of them counts again.
uint64_t SearchPath::take(uint64_t hash) {
    const uint32_t known = newest(hash);
    if (known == KeyIndex::none) return 0;
    index_.erase(hash, known);
    uint64_t taken = 1;
    for (uint64_t number = lookups_[known].before; number >= first_; number = at(number).before) ++taken;
    return taken;
}

void SearchPath::forget_oldest() {
    const Lookup& oldest = at(first_);
    if (newest(oldest.hash) == place_of(first_)) index_.erase(oldest.hash, place_of(first_));
    ++first_;
}

}  // namespace dnsexp
