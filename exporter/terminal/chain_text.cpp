#include "exporter/terminal/chain_text.h"

#include <algorithm>
#include <cmath>

#include "exporter/terminal/format.h"

namespace dnsexp {
namespace {

constexpr size_t offset_columns = 8;
constexpr size_t event_columns = 17;  // UPSTREAM_RESPONSE
constexpr size_t depth_shown = 8;     // deeper steps are not indented further

std::string padded(std::string text, size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string process(const std::string& comm, uint64_t pid) {
    if (pid == 0 && comm.empty()) return {};
    return (comm.empty() ? "?" : comm) + "[" + (pid != 0 ? std::to_string(pid) : "?") + "]";
}

std::string question(const std::string& name, const std::string& type) {
    return type.empty() ? name : name + " " + type;
}

void append(std::string& line, const std::string& words) {
    if (!words.empty()) line += "  " + words;
}

std::string step_line(const ChainStepRow& step) {
    std::string offset = "+" + duration_text(step.offset_seconds);
    offset.insert(0, offset.size() < offset_columns ? offset_columns - offset.size() : 0, ' ');
    std::string line = offset + std::string(2 * std::min<size_t>(step.depth, depth_shown) + 2, ' ');
    line += padded(step.event, event_columns);
    append(line, question(step.name, step.type));
    append(line, step.rcode);
    if (step.seconds) append(line, duration_text(step.seconds));
    if (!step.leads_to.empty()) line += "  -> " + step.leads_to;
    if (!step.server.empty()) line += "  @" + step.server;
    append(line, process(step.comm, step.pid));
    return line;
}

std::string counted(uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string chain_words(const ReadChain& chain) {
    std::string words = question(chain.name, chain.type) + "  " + chain.result;
    words += "  " + (chain.seconds ? duration_text(chain.seconds) : std::string("no answer"));
    append(words, process(chain.comm, chain.pid));
    append(words, chain.place);
    return words;
}

bool is_failure(const ReadChain& chain) {
    return std::any_of(chain.steps.begin(), chain.steps.end(), [](const ChainStepRow& step) {
        return step.hop == 0 && step.event == "QUERY_FAILED";
    });
}

// The smallest value that is no smaller than the share of all; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double share) {
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace

std::vector<std::string> chain_tree(const ReadChain& chain) {
    std::string head = chain.time.size() > 23 ? chain.time.substr(11, 12) : chain.time;  // hh:mm:ss.mmm
    head += "  " + chain_words(chain);
    append(head, chain.cache);
    if (chain.upstream_queries != 0)
        append(head, counted(chain.upstream_queries, "upstream query", "upstream queries"));
    if (chain.referrals != 0) append(head, counted(chain.referrals, "referral", "referrals"));
    std::vector<std::string> lines = {std::move(head)};
    for (const ChainStepRow& step : chain.steps) lines.push_back(step_line(step));
    return lines;
}

void ChainSummary::add(const ReadChain& chain) {
    ++chains_;
    failed_ += is_failure(chain);
    hops_ += hops(chain);
    if (!chain.seconds) return;
    ++timed_;
    sum_seconds_ += *chain.seconds;
    if (sample_.size() < sample_max) {
        sample_.push_back(*chain.seconds);
    } else if (const uint64_t place = random_() % timed_; place < sample_max) {
        sample_[place] = *chain.seconds;
    }
    Timed timed{*chain.seconds, chain_words(chain)};
    if (timed_ == 1 || timed.seconds < fastest_.seconds) fastest_ = timed;
    const auto place = std::find_if(slowest_.begin(), slowest_.end(),
                                    [&](const Timed& other) { return other.seconds < timed.seconds; });
    slowest_.insert(place, std::move(timed));
    if (slowest_.size() > slowest_shown) slowest_.pop_back();
}

std::vector<std::string> ChainSummary::lines() const {
    std::vector<std::string> lines;
    std::string counts = counted(chains_, "chain", "chains") + ", " + std::to_string(failed_) + " failed";
    if (missed_ != 0) counts += ", " + std::to_string(missed_) + " more came too fast to be shown";
    lines.push_back(std::move(counts));
    if (timed_ == 0) return lines;
    std::vector<double> sorted = sample_;
    std::sort(sorted.begin(), sorted.end());
    lines.push_back("mean " + duration_text(sum_seconds_ / static_cast<double>(timed_)) + "  P50 " +
                    duration_text(percentile(sorted, 0.50)) + "  P95 " +
                    duration_text(percentile(sorted, 0.95)) + "  P99 " +
                    duration_text(percentile(sorted, 0.99)) + "  mean hops " +
                    number_text(static_cast<double>(hops_) / static_cast<double>(chains_)));
    lines.push_back("fastest: " + fastest_.words);
    lines.emplace_back("slowest:");
    for (const Timed& timed : slowest_) lines.push_back("  " + timed.words);
    return lines;
}

}  // namespace dnsexp
