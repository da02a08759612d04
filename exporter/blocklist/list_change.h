// The lists that are matched, and their change by a new configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dnsexp {

class KeptList;
class NameTable;
struct ListCounters;

struct ListInForce {
    std::shared_ptr<KeptList> list;
    std::shared_ptr<const NameTable> table;
    uint32_t severity = 0;  // of its matches: 1 low, 2 medium, 3 high
};
// In the order of the configuration.
using ListsInForce = std::vector<ListInForce>;

// A configuration's lists, which can come into force; those that are new were read. Thrown away, it leaves
// nothing but lines in the log.
class ListChange {
    friend class ListKeeper;
    std::unique_ptr<ListsInForce> lists_;  // without a table: that of the list's name stays
    std::map<std::string, std::shared_ptr<ListCounters>> counters_;
    std::vector<std::pair<std::shared_ptr<KeptList>, bool>> read_;  // new files: whether they could be read
    std::vector<std::shared_ptr<KeptList>> removed_;
    std::chrono::milliseconds feed_interval_{};
};

// What was in force. The destructor frees it, big tables too, and ends requests for what nobody wants.
class LeavingLists {
  public:
    LeavingLists(std::unique_ptr<const ListsInForce> lists, std::vector<std::shared_ptr<KeptList>> removed)
        : lists_(std::move(lists)), removed_(std::move(removed)) {}
    LeavingLists(LeavingLists&&) = default;
    LeavingLists& operator=(LeavingLists&&) = delete;
    ~LeavingLists();

  private:
    std::unique_ptr<const ListsInForce> lists_;
    std::vector<std::shared_ptr<KeptList>> removed_;
};

}  // namespace dnsexp
