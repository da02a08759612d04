#include "exporter/net/network_watcher.h"

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <thread>

#include "exporter/net/network_reader.h"

using namespace dnsexp;

namespace {

bool set_up(const char* name, bool up) {
    UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq request = {};
    std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    if (ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return false;
    const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
    request.ifr_flags = static_cast<short>(flags);
    return ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

bool readable(const NetworkWatcher& watcher) {
    pollfd poll_fd = {watcher.fd(), POLLIN, 0};
    return poll(&poll_fd, 1, 0) == 1;
}

struct Seen {
    int unshare_errno = 0;
    bool made = false, quiet = false, up_read = false, address_read = false, changed = false, drained = false;
};

// Runs in a thread with a network namespace of its own, which ends with it. No Catch2 macros: they aren't
// thread-safe.
void bring_loopback_up(Seen& seen) {
    if (unshare(CLONE_NEWNET) != 0) {
        seen.unshare_errno = errno;
        return;
    }
    auto watcher = NetworkWatcher::make();
    seen.made = static_cast<bool>(watcher);
    if (!watcher) return;
    seen.quiet = !readable(**watcher) && !watcher.value()->changed();
    if (!set_up("lo", true)) return;
    const auto state = read_network_state();
    seen.up_read = state && state.value().links.size() >= 1 && state.value().links[0].up;
    seen.address_read = state && !state.value().own_addresses.empty();
    seen.changed = readable(**watcher) && watcher.value()->changed();
    seen.drained = !readable(**watcher) && !watcher.value()->changed();
}

// So many changes without a read that the socket's buffer overruns.
void overrun(Seen& seen) {
    if (unshare(CLONE_NEWNET) != 0) {
        seen.unshare_errno = errno;
        return;
    }
    auto watcher = NetworkWatcher::make();
    seen.made = static_cast<bool>(watcher);
    if (!watcher) return;
    const int small = 1;  // the kernel raises it to its minimum, about 2 KiB
    setsockopt(watcher.value()->fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (int i = 0; i < 20; ++i) set_up("lo", i % 2 == 0);
    seen.changed = watcher.value()->changed();
    seen.drained = !readable(**watcher) && !watcher.value()->changed();
}

Seen run(void (*body)(Seen&)) {
    Seen seen;
    std::thread(body, std::ref(seen)).join();
    return seen;
}

bool skipped(const Seen& seen) {
    if (seen.unshare_errno != EPERM) return false;
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
    return true;
}

}  // namespace

TEST_CASE("The watcher can be made without privilege and does not block") {
    auto watcher = NetworkWatcher::make();
    REQUIRE(watcher);
    CHECK(watcher.value()->fd() >= 0);
    watcher.value()->changed();  // comes back, whatever else happens on this machine
}

TEST_CASE("The watcher reports a link that comes up, once, and is quiet otherwise") {
    const Seen seen = run(bring_loopback_up);
    if (skipped(seen)) return;
    CHECK(seen.unshare_errno == 0);
    CHECK(seen.made);
    CHECK(seen.quiet);
    CHECK(seen.up_read);
    CHECK(seen.address_read);
    CHECK(seen.changed);
    CHECK(seen.drained);
}

TEST_CASE("The watcher takes an overrun for a change and goes on") {
    const Seen seen = run(overrun);
    if (skipped(seen)) return;
    CHECK(seen.made);
    CHECK(seen.changed);
    CHECK(seen.drained);
}
