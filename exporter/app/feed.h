// Where a command that shows something gets it from: the API of a running exporter, or the same answers made
// within the process.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

// Not thread-safe.
class Feed {
  public:
    virtual ~Feed() = default;

    // The JSON that GET of the path answers, such as "/api/v1/chains?limit=10". An Error with errno ENOENT:
    // there is no such path. All its texts are printable. Takes five seconds at most.
    virtual Result<std::string> get(std::string_view path_and_query) = 0;

    // For people: the exporter's URL, or that these are programs of the command's own. Printable.
    [[nodiscard]] virtual std::string source() const = 0;
};

// Of a running exporter. `url`: http(s)://HOST:PORT, and what a proxy before it wants in front of /api/. Asks
// nothing yet.
Result<std::unique_ptr<Feed>> make_http_feed(const std::string& url);

// Loads the programs, attaches them, gives up what is needed no more (see confine()) and drains events on a
// thread of its own until it is destroyed. Call make_signal_fd() first: the thread inherits the signal mask.
Result<std::unique_ptr<Feed>> make_own_feed(const Config& config, const Flags& flags);

// The exporter of --url, of the command in `flags`; without one, the exporter of this host if it answers,
// else programs of the command's own. The log tells which. See make_own_feed() about signals.
Result<std::unique_ptr<Feed>> make_feed(const Config& config, const Flags& flags);

// Where an exporter that listens so is asked from this host: at the first address, by loopback where that is
// every address. Nothing where the kernel chose the port, or where it is no address.
std::optional<std::string> local_url(const std::vector<std::string>& listen_addresses);

// Bears a feed's failures for a while: an exporter may be starting anew.
class Patience {
    using Clock = std::chrono::steady_clock;

  public:
    static constexpr std::chrono::seconds limit{5};

    void worked() { since_.reset(); }
    // What to end with, once it has lasted too long.
    std::optional<Error> failed(const Error& error, Clock::time_point now = Clock::now());

  private:
    std::optional<Clock::time_point> since_;
};

}  // namespace dnsexp
