// Tells when the interfaces, addresses or default routes of this network namespace may have changed.
#pragma once

#include <memory>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Make one before the first read_network_state(): a change that comes between the two is then reported, so
// none is ever missed. A burst (a container start brings a dozen messages) is best read once, after a
// moment's wait. Not thread-safe. Stays in the network namespace in which it was made.
class NetworkWatcher {
  public:
    // Needs no privilege. Fails where a socket can't be had (errno of socket, bind or setsockopt).
    static Result<std::unique_ptr<NetworkWatcher>> make();

    // For poll(2): readable when changed() has something to look at. Borrowed; never close it.
    [[nodiscard]] int fd() const { return socket_.get(); }

    // Reads all that waits, without blocking, and says whether any of it is relevant. An overrun (ENOBUFS:
    // the kernel dropped messages) or any other error counts as a change, since something may have been
    // missed.
    bool changed();

  private:
    explicit NetworkWatcher(UniqueFd socket) : socket_(std::move(socket)) {}

    UniqueFd socket_;
};

}  // namespace dnsexp
