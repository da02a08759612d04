#include "exporter/terminal/plain.h"

#include <algorithm>

#include "exporter/terminal/format.h"
#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

// A blank would end it.
std::string word(const std::string& text) {
    std::string safe = escaped(text);
    std::replace(safe.begin(), safe.end(), ' ', '_');
    return safe;
}

// What is not known is left out.
void put(std::string& line, const std::string& name, const std::string& value) {
    if (!value.empty()) line += ' ' + word(name) + '=' + word(value);
}

// What a line begins with.
std::string time_of(const std::string& time) {
    return time.empty() ? "-" : word(time);
}

}  // namespace

std::string plain_summary(const View& view) {
    std::string line = date_text(view.unix_ns);
    put(line, "queries/s", number_text(view.rate));
    put(line, "waiting", count_text(view.active));
    for (const Share& one : view.outcomes) put(line, one.name, share_text(one.share));
    put(line, "p50", duration_text(view.p50));
    put(line, "p95", duration_text(view.p95));
    put(line, "p99", duration_text(view.p99));
    put(line, "mean", duration_text(view.mean_seconds));
    if (!view.domains.empty()) put(line, "domain", view.domains[0].name);
    return line;
}

std::string plain_slow(const SlowRow& row) {
    std::string line = time_of(row.time);
    put(line, "slow", duration_text(row.seconds));
    put(line, "name", row.name);
    put(line, "type", row.type);
    put(line, "server", row.server);
    put(line, "outcome", row.outcome);
    put(line, "comm", row.comm);
    put(line, "place", row.place);
    return line;
}

std::string plain_alert(const AlertRow& row) {
    std::string line = time_of(row.time);
    put(line, "alert", row.event_type);
    put(line, "severity", row.severity);
    put(line, "domain", row.domain);
    put(line, "client", row.client);
    return line;
}

std::vector<size_t> Newcomers::of(std::vector<std::string> list) {
    std::vector<size_t> found;
    for (size_t i = 0; i < list.size(); ++i)
        if (!std::binary_search(before_.begin(), before_.end(), list[i])) found.push_back(i);
    before_ = std::move(list);
    std::sort(before_.begin(), before_.end());
    return found;
}

std::string identity(const SlowRow& row) {
    return row.time + ' ' + std::to_string(row.seconds) + ' ' + row.name + ' ' + row.type + ' ' + row.client +
           ' ' + row.server;
}

std::string identity(const AlertRow& row) {
    return row.time + ' ' + row.event_type + ' ' + row.severity + ' ' + row.domain + ' ' + row.client;
}

}  // namespace dnsexp
