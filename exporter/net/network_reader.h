// Reads the interfaces, addresses and default routes of this network namespace from the kernel.
#pragma once

#include "exporter/base/result.h"
#include "exporter/net/network_state.h"

namespace dnsexp {

// Three rtnetlink dumps: links, addresses, routes. Needs no privilege; takes milliseconds (longer with a full
// routing table, all of which is walked). A dump that a change interrupted is read again, a few times; then
// the error is EINTR and the caller keeps what it had. The dumps are not one atomic picture: open a
// NetworkWatcher first and read again when it reports a change. Thread-safe: each call has a socket of its
// own.
Result<NetworkState> read_network_state();

}  // namespace dnsexp
