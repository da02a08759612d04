// A program on a real interface, for packets that BPF_PROG_TEST_RUN refuses: one end of a veth pair.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp::test {

class WirePair {
  public:
    // Makes the pair in this thread's network namespace, which must be one of its own, and attaches the
    // program to the end that receives: by XDP (in the driver, where that takes it) or TC. The pair stays
    // until the namespace ends.
    static Result<WirePair> make(int program, bool xdp);

    // Returns when the program has seen the packet, which begins with an Ethernet header. This thread must be
    // bound to one CPU: the packet is then received there, to the end, before the thread goes on.
    Status send(std::span<const uint8_t> packet);

  private:
    WirePair(UniqueFd sender, UniqueFd tap, int index)
        : sender_(std::move(sender)), tap_(std::move(tap)), sender_index_(index) {}

    UniqueFd sender_, tap_;  // packet sockets at either end
    int sender_index_;
};

}  // namespace dnsexp::test
