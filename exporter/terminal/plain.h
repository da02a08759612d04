// A view as lines of text, for pipes and files: one line a summary, one a slow transaction or alert. No
// escape sequence, and no line end inside. Pure, thread-safe.
#pragma once

#include <string>

#include "exporter/terminal/view.h"

namespace dnsexp {

// "2026-01-31T23:59:59Z queries/s=123 waiting=2 NOERROR=95.0% ... p50=1.23ms p95=... p99=... mean=...
// domain=example.com".
std::string plain_summary(const View& view);

// "2026-01-31T23:59:59.123456789Z slow=151ms name=www.example.com type=A server=192.0.2.53 outcome=NOERROR
// comm=dig".
std::string plain_slow(const SlowRow& row);

std::string plain_alert(const AlertRow& row);

// Tells the rows of a list that were not in the one before. An entry that was there once and has gone does
// not come back.
class Newcomers {
  public:
    // The indices of those that are new, in the order of the list.
    std::vector<size_t> of(std::vector<std::string> list);

  private:
    std::vector<std::string> before_;  // sorted
};

// What tells one transaction, or alert, from all others.
std::string identity(const SlowRow& row);
std::string identity(const AlertRow& row);

}  // namespace dnsexp
