// Network namespaces of the tests, and frames put on their interfaces.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/base/unique_fd.h"
#include "exporter/net/network_state.h"
#include "test/support/packet_builder.h"

namespace dnsexp::test {

// This thread is in a namespace of its own while the object lives. It and its interfaces end with the object.
class Netns {
  public:
    Netns();
    ~Netns();
    Netns(const Netns&) = delete;
    Netns& operator=(const Netns&) = delete;

  private:
    UniqueFd before_;
};

// Runs a command, or `ip ARGUMENTS`; fails the test case where that fails.
void run(const std::string& command);
void ip(const std::string& arguments);
bool ip_works(const std::string& arguments);

// Two veth devices, up: what is sent on one arrives at the other.
void add_veth(const std::string& one, const std::string& other);

// The link of this name, as the exporter's own reader sees it.
Link link_of(const std::string& name);

// Sends a frame on the interface; on one without a link layer, it begins with its IP header.
void send_frame(const std::string& interface, const Bytes& frame);

// A tun device (IP packets, no link layer), up: what is written to it arrives.
class Tun {
  public:
    explicit Tun(const std::string& name);
    void arrive(const Bytes& packet);

  private:
    UniqueFd device_;
};

}  // namespace dnsexp::test
