// Whether user and password are right, without wrong ones taking the server's threads and CPUs.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "exporter/web/password_cache.h"

namespace dnsexp {

enum class PasswordVerdict { right, wrong, busy };  // busy: too many wait for theirs, ask again

using WebUsers = std::map<std::string, BcryptHash, std::less<>>;

// check() is thread-safe.
class PasswordCheck {
  public:
    // A bcrypt runs at a time; so many threads at most wait for it or run it, of the eight that serve, and of
    // them so many for one peer.
    static constexpr size_t kMostWaiting = 4;
    static constexpr size_t kMostOfPeer = 2;

    Status make_secret() { return cache_.make_secret(); }

    // `users` is not empty. The name of nobody takes as long as that of somebody. `peer` is an address.
    PasswordVerdict check(const WebUsers& users, std::string_view user, std::string_view password,
                          std::string_view peer);

  private:
    // A place among those that wait, until it is destroyed.
    class Place;

    PasswordVerdict ask_bcrypt(const PasswordKey& key, const BcryptHash& hash, bool known,
                               std::string_view password);

    PasswordCache cache_;
    std::mutex bcrypt_;
    std::mutex waiting_mutex_;
    std::map<std::string, size_t, std::less<>> waiting_;  // by peer; at most kMostWaiting in all
    size_t waiting_count_ = 0;
};

}  // namespace dnsexp
