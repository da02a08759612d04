// Finds out whether the listen addresses can be had, before civetweb tries: civetweb says only that "ports"
// failed.
#pragma once

#include <vector>

#include "exporter/base/result.h"
#include "exporter/http/listen_address.h"

namespace dnsexp {

// True when IPv6 sockets can be made and bound here (it is off with the kernel parameter ipv6.disable=1).
bool host_has_ipv6();

// Binds all addresses at once and lets them go. Returns them as they can be had: `any` becomes 0.0.0.0 where
// the host has no IPv6. Error: the first address that can't be had, with errno and what to do about it.
// Another process can still take a port between this check and the real bind.
Result<std::vector<ListenAddress>> check_ports(const std::vector<ListenAddress>& addresses);

// The address in civetweb's syntax for `listening_ports`: "+PORT" is a dual-stack socket.
std::string civetweb_port(const ListenAddress& address);

}  // namespace dnsexp
