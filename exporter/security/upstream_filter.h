// A resolver of this host asks for its clients. Where these are judged themselves, its own queries would be
// judged a second time, and all clients together as one.
#pragma once

#include <array>
#include <cstdint>

#include "ebpf/dns_abi.h"
#include "exporter/fold/hash.h"

namespace dnsexp {

// Not thread-safe. 80 KiB.
class UpstreamFilter {
  public:
    // Takes events of wire and sockets, as they come.
    void add(const dns_event& event);

    // Of a query that this host sent: by a resolver whose clients are all seen on interfaces. False where
    // that is not known: then both are judged.
    [[nodiscard]] bool is_upstream(const dns_event& event) const;

  private:
    // A process that answers queries.
    struct Resolver {
        uint32_t pid = 0;
        uint64_t seen_ns = 0;     // a query to it was last seen on an interface
        uint64_t unseen_ns = 0;   // it last answered a client that is not seen there
        uint64_t doubted_ns = 0;  // since when `doubted` has not been seen
        uint64_t doubted = 0;     // hash of such a client's address
    };
    struct Seen {
        uint64_t hash = 0;  // of a client's address
        uint64_t time_ns = 0;
    };
    static constexpr size_t resolvers_max = 256;
    static constexpr size_t clients_max = 4096;

    [[nodiscard]] uint64_t hash_of(const dns_address& address) const;
    Resolver& resolver(uint32_t pid, uint64_t now_ns);
    void add_answer(const dns_event& event);

    uint64_t seed_ = random_seed();
    std::array<Resolver, resolvers_max> resolvers_{};  // index: pid, modulo
    std::array<Seen, clients_max> clients_{};          // index: hash, modulo
};

}  // namespace dnsexp
