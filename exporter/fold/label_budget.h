// Which label combinations have a series of their own: first come, first served, for ever, so that no history
// ever moves from one series to another.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace dnsexp {

class LabelBudget {
  public:
    explicit LabelBudget(size_t limit) : limit_(limit) {}

    // True where the combination has a place, or gets one of those left.
    bool admit(const std::vector<std::string>& labels) {
        if (admitted_.size() < limit_) admitted_.insert(labels);
        return admitted_.contains(labels);
    }

  private:
    size_t limit_;
    std::set<std::vector<std::string>> admitted_;
};

}  // namespace dnsexp
