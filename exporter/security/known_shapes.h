// Names that look like tunnels and attacks and are none.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "exporter/config/config.h"
#include "exporter/fold/hash.h"
#include "exporter/security/judged_query.h"

namespace dnsexp {

// No call changes it, so it is thread-safe but for assignment.
class KnownShapes {
  public:
    explicit KnownShapes(const SecurityConfig& config);

    // True: a name of its own kind, which the rules about names, distinct names and tunnels pass over:
    // - what lies at or below one of allowed_domains;
    // - reverse trees, names of cluster services, service names (RFC 8552: `_dmarc`, `_acme-challenge`,
    //   `_ldap._tcp`, DNS-SD);
    // - look-ups of block lists and reputation services: a reversed address or a hash in front of a zone, and
    //   the zones of services that encode otherwise;
    // - content delivery networks and clouds, below whose domains only the operator answers, so that no
    //   tunnel can end there.
    // A query type that none of these are asked by (NULL, KEY, private use) is never quiet, but where it is
    // allowed.
    [[nodiscard]] bool is_quiet(const JudgedQuery& query) const;

  private:
    struct Equal : std::equal_to<> {};
    struct Hash : SeededHash {
        using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library's word
    };

    [[nodiscard]] bool is_allowed(std::string_view name) const;

    std::unordered_set<std::string, Hash, Equal> allowed_;
};

// A whole name with a search list's domain behind it: `www.example.com.corp.example`. Told by the commonest
// top-level domains. Pure, thread-safe.
bool is_search_attempt(const JudgedQuery& query);

}  // namespace dnsexp
