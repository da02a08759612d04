// DGA findings: a name that looks generated is a low one, a client that runs a generator a high one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/fold/hash.h"
#include "exporter/security/client_test.h"
#include "exporter/security/finding.h"
#include "exporter/security/judged_query.h"

namespace dnsexp {

// Memory: 1 MiB, 1,024 clients. Where more ask, the least suspicious of eight gives way, of equals the one
// that was silent for longest: a flood of clients that don't exist leaves alone whom it doesn't outdo in
// suspicion. Not thread-safe.
class ClientWatch {
  public:
    static constexpr size_t capacity = 1024;
    // A client is told of once in an hour while it goes on, and its names are not told one by one meanwhile.
    static constexpr uint64_t hold_ns = 3'600'000'000'000;

    ClientWatch();

    // `name_log_odds`: the name model's, of query.domain, natural; 0: not judged. Only address queries that
    // were answered by NOERROR or NXDOMAIN tell of the client.
    void judge(const JudgedQuery& query, float name_log_odds, bool name_is_generated, FindingSink& sink);

  private:
    static constexpr size_t ways = 8;
    static constexpr size_t sets = capacity / ways;

    // A domain that doesn't exist, as text: of those that weigh most.
    struct Example {
        float weight = 0;
        uint8_t length = 0;
        std::array<char, 39> text{};  // what is longer is cut
    };
    struct Client {
        ClientTest test;
        uint64_t last_ns = 0;
        uint64_t told_ns = 0;  // 0: not told
        std::array<Example, 3> examples{};
    };
    // Seeded hashes of a set's clients, apart from them: one cache line finds a client.
    struct alignas(64) Keys {
        std::array<uint64_t, ways> hash{};  // 0: free
    };
    static_assert(sets * sizeof(Keys) + capacity * sizeof(Client) <= size_t{1} << 20);

    static bool is_told(const Client& client, uint64_t time_ns);
    static float suspicion(const Client& client, uint64_t time_ns);
    static Example example_of(std::string_view domain, float weight);
    static void tell_name(const JudgedQuery& query, float log_odds, FindingSink& sink);
    static void tell_client(const JudgedQuery& query, Client& client, FindingSink& sink);

    [[nodiscard]] uint64_t hash_of(const ClientId& id) const;
    Client* find(uint64_t hash);
    Client& find_or_admit(uint64_t hash, uint64_t time_ns);
    void weigh(const JudgedQuery& query, float name_log_odds, Client& client) const;

    uint64_t seed_ = random_seed();
    std::vector<Keys> keys_;
    std::vector<Client> clients_;
};

}  // namespace dnsexp
