// Records of sockets and of the C library's calls -> chains: each step with those that it waited for.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "ebpf/dns_abi.h"
#include "exporter/chains/node.h"
#include "exporter/chains/upstreams.h"
#include "exporter/fold/hash.h"

namespace dnsexp {

// Who is told. What was told of may still change: the answer to a query that a chain did not wait for any
// more comes later.
struct ChainSinks {
    std::function<void(const ChainNode& resolver)>
        answered;  // each answer of a resolver, its upstream queries in it
    std::function<void(const ChainNodePtr& chain)> finished;  // each chain, by its first step
};

// Takes the records in the order in which they were written. Not thread-safe.
//
// A chain begins with a call (but not if it is given an address, and asks nobody), with the query of a
// program that no call of its thread waits for, or with a query from elsewhere that a resolver of this host
// gets. A resolver's own query begins none: what no answer waited for (it refreshes its cache, say) is in no
// chain. A record that is missing cuts a chain: what lies below the cut is a chain of its own.
class Assembler {
  public:
    // Whose a workload's slot is, at this moment.
    using KeyOf = std::function<dns_workload_key(uint32_t slot)>;
    static constexpr size_t most_open = 4096;   // queries, and as many calls; beyond, the oldest is given up
    static constexpr size_t most_queries = 64;  // of one call, and
    static constexpr size_t most_placed =
        8192;  // of all open ones; beyond, a query begins a chain of its own
    static constexpr size_t most_resolvers = 4;  // that one query reached, sent again or copied
    static constexpr uint64_t call_timeout_ns =
        120'000'000'000;  // far above glibc's longest: 5 s, 5 tries, 3 servers

    // A query that has waited for longer than `timeout_ns` is not answered any more.
    Assembler(uint64_t timeout_ns, KeyOf key_of, ChainSinks sinks);

    // Takes records of lanes DNS_EVENT_SOCKET and DNS_EVENT_CALL; others are passed over.
    void add(const dns_event& event);

    // Ends what has waited too long. Call it once a second or so.
    void expire(uint64_t now_ns);

  private:
    using Waiting = std::unordered_multimap<std::string, ChainNodePtr, SeededHash>;
    using Calls = std::unordered_map<uint32_t, ChainNodePtr>;

    void add_call(const dns_event& event);
    void add_query(const dns_event& event);
    void add_answer(const dns_event& event);
    void add_resolver(const dns_event& event);
    ChainNodePtr open(const dns_event& event);
    ChainNodePtr close(const dns_event& event);
    ChainNodePtr asker_of(const ChainNode& resolver);
    void place(const ChainNodePtr& query);
    void give_up(const ChainNodePtr& query);
    Calls::iterator give_up_call(Calls::iterator which);
    Waiting::iterator find_waiting(const ChainNode& query);
    [[nodiscard]] ChainNodePtr node_of(const dns_event& event) const;

    uint64_t timeout_ns_;
    KeyOf key_of_;
    ChainSinks sinks_;
    Upstreams upstreams_;
    Waiting waiting_;                 // queries, by id and name
    std::deque<ChainNodePtr> queue_;  // the same, and some that have ended, oldest first
    Calls calls_;                     // by thread
    size_t placed_ = 0;               // queries under them
};

}  // namespace dnsexp
