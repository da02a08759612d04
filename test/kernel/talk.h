// A client and a server that talk through the hooks, and what their messages move.
#pragma once

#include <string>
#include <string_view>

#include "test/kernel/kernel.h"

namespace dnsexp::test {

// One client that asks one server from one port, and the counters that have moved since it last looked.
class Talk {
  public:
    explicit Talk(Variant variant, const Config& config = {}) : kernel_(variant, config) {}

    void ask(const Dns& dns, uint16_t port = 40000) {
        kernel_.see(HookPoint::tc_out, Packet().ethernet().ipv4().udp(port, 53).payload(dns.build()).build());
    }
    void answer(const Dns& dns, uint16_t port = 40000) {
        kernel_.see(HookPoint::tc_in,
                    Packet().ethernet().ipv4(server4, client4).udp(53, port).payload(dns.build()).build());
    }
    // Of transactions and responses; not those of packets and messages.
    Counters moved() {
        const Counters now = kernel_.counters();
        const Counters all = now - before_;
        before_ = now;
        return only(all, {"query", "response", "undelivered", "retransmission", "truncated", "unmatched",
                          "late ", "duplicate", "empty", "active"});
    }
    Kernel& kernel() { return kernel_; }

  private:
    Kernel kernel_;
    Counters before_;
};

inline Dns query(uint16_t id, std::string_view name = "www.example.com", uint16_t type = 1) {
    return Dns().id(id).flags(rd).question(name, type);
}
inline Dns response(uint16_t id, std::string_view name = "www.example.com", uint16_t type = 1,
                    uint32_t rcode = 0) {
    return Dns().id(id).flags(qr | rd | ra | rcode).question(name, type).answer_a({192, 0, 2, 7});
}

inline constexpr uint64_t gone = ~uint64_t{0};  // a gauge that went down by one
inline const Counters waits = {{"active client", 1}};
inline const Counters answered = {{"active client", gone},
                                  {"response 192.0.2.53 1 0 client udp", 1},
                                  {"query 192.0.2.53 1 0 client udp", 1}};
// A response of the server that answers nothing: what nobody asked for has no type.
inline Counters stray(const std::string& as) {
    return {{as + " 192.0.2.53 client", 1}, {"response 192.0.2.53 other 0 client udp", 1}};
}

}  // namespace dnsexp::test
