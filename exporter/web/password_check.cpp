#include "exporter/web/password_check.h"

#include <iterator>

namespace dnsexp {

class PasswordCheck::Place {
  public:
    Place(PasswordCheck& check, std::string_view peer) : check_(check), peer_(peer) {
        const std::lock_guard lock(check_.waiting_mutex_);
        if (check_.waiting_count_ >= kMostWaiting) return;
        size_t& of_peer = check_.waiting_[peer_];
        if (of_peer >= kMostOfPeer) return;
        ++of_peer;
        ++check_.waiting_count_;
        taken_ = true;
    }
    ~Place() {
        if (!taken_) return;
        const std::lock_guard lock(check_.waiting_mutex_);
        --check_.waiting_count_;
        const auto found = check_.waiting_.find(peer_);
        if (--found->second == 0) check_.waiting_.erase(found);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] bool taken() const { return taken_; }

  private:
    PasswordCheck& check_;
    std::string peer_;
    bool taken_ = false;
};

PasswordVerdict PasswordCheck::ask_bcrypt(const PasswordKey& key, const BcryptHash& hash, bool known,
                                          std::string_view password) {
    const std::lock_guard lock(bcrypt_);
    // The one before may have asked the same.
    const auto kept = cache_.find(key);
    const bool right = kept ? *kept : bcrypt_matches(hash, password) && known;
    if (!kept) cache_.keep(key, right);
    return right ? PasswordVerdict::right : PasswordVerdict::wrong;
}

PasswordVerdict PasswordCheck::check(const WebUsers& users, std::string_view user, std::string_view password,
                                     std::string_view peer) {
    const auto found = users.find(user);
    const bool known = found != users.end();
    // Nobody's password is held against the hash of somebody, so that both take a time of the same kind. The
    // cache's secret chooses whose: each name has its own for as long as the process lives.
    const auto choice = cache_.key(user, {}, "");
    if (!choice) return PasswordVerdict::busy;
    const BcryptHash& hash =
        known ? found->second
              : std::next(users.begin(), (*choice)[0] % static_cast<int>(users.size()))->second;
    const auto key = cache_.key(user, hash, password);
    if (!key) return PasswordVerdict::busy;
    if (const auto kept = cache_.find(*key)) return *kept ? PasswordVerdict::right : PasswordVerdict::wrong;
    const Place place(*this, peer);
    return place.taken() ? ask_bcrypt(*key, hash, known, password) : PasswordVerdict::busy;
}

}  // namespace dnsexp
