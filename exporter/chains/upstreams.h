// What resolvers asked of late, and which of it one of their answers waited for.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/chains/node.h"
#include "exporter/fold/hash.h"

namespace dnsexp {

// Not thread-safe. Memory: `capacity` nodes; beyond, the oldest is forgotten.
class Upstreams {
  public:
    static constexpr size_t default_capacity = 4096;
    static constexpr size_t most_children = 64;  // of one answer; more are left out

    explicit Upstreams(size_t capacity = default_capacity) : capacity_(capacity) {}

    // A query that a resolver sent; its answer may be filled in later.
    void add(ChainNodePtr upstream);

    // What the resolver's answer waited for, in the order of its beginning: queries of its group, and of its
    // process if that is known to ask (that of a connection is known by who listens, which may be another),
    //  - for its own question, or for its type of what CNAME records led to, that were under way while it
    //  was,
    //  - for names above these, or other types of them, that had ended when those below were sent (RFC 9156
    //  asks
    //    so from the top), or for their keys (DS, DNSKEY) while it was under way,
    //  - for name servers that a referral among them named.
    // A query that several answers waited for is in each of them.
    [[nodiscard]] std::vector<ChainNodePtr> waited_for(const ChainNode& answer) const;

  private:
    class Search;

    [[nodiscard]] static uint64_t process_of(const ChainNode& node) {
        return uint64_t{node.group} << 32 | node.pid;
    }

    size_t capacity_;
    std::deque<ChainNodePtr> all_;  // in the order of their coming
    std::unordered_map<std::string, std::deque<ChainNodePtr>, SeededHash> index_;  // by group and name
    std::unordered_map<uint64_t, size_t> asked_;  // queries in all_, by group and process
};

}  // namespace dnsexp
