// The programs on interfaces of the thread's network namespace.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "exporter/net/network_reader.h"
#include "test/kernel/attachments.h"
#include "test/kernel/kernel.h"
#include "test/kernel/netns.h"

namespace dnsexp::test {

inline constexpr uint32_t our_handle = 0x367;  // exporter/bpf/hook.cpp: the one of ingress
inline constexpr uint32_t our_egress_handle = 0x368;

inline const Bytes plain_query = Dns().id(7).question("a.example", 1).build();
inline const Bytes frame4 = Packet().ethernet().ipv4().udp().payload(plain_query).build();

inline CaptureConfig capture(Ingress ingress, TcLink tc_link) {
    CaptureConfig config;
    config.ingress = ingress;
    config.tc_link = tc_link;
    return config;
}

// The programs on interfaces of this namespace.
class Watch {
  public:
    Watch(Variant variant, const CaptureConfig& config) : kernel(variant, with(config)) {}

    Status sync(const std::vector<Link>& links, bool named = true) {
        std::vector<ChosenLink> chosen;
        for (const Link& link : links) chosen.push_back({link, named});
        const auto state = read_network_state();
        if (!state) return state.error();
        return kernel.source().sync_interfaces(state.value(), chosen, true);
    }
    void on(const std::string& name) {
        if (const Status status = sync({link_of(name)}); !status) FAIL(status.error().message());
    }

    // "ingress tcx", or with a `!` before where it is not attached.
    std::vector<std::string> hooks() {
        std::vector<std::string> texts;
        for (const AttachedHook& hook : kernel.source().hooks())
            texts.push_back((hook.attached ? "" : "!") + hook.hook + " " + hook.mode);
        return texts;
    }

    // Messages by interface; waits until there are as many, since packets need a moment.
    Counters messages(uint64_t expected) {
        Counters counters;
        for (int i = 0; i < 100; ++i) {
            counters = only(kernel.counters(), {"message"});
            uint64_t sum = 0;
            for (const auto& [name, value] : counters) sum += value;
            if (sum >= expected) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return counters;
    }

    Kernel kernel;

  private:
    static Config with(const CaptureConfig& capture) {
        Config config;
        config.capture = capture;
        return config;
    }
};

inline bool has_tcx() {
    static const bool known = tcx_chain(1, DNS_INGRESS).has_value();
    if (!known) WARN("not tested: TCX, which this kernel does not know (Linux 6.6)");
    return known;
}

using Texts = std::vector<std::string>;
inline const Counters both_directions = {{"message v1 ingress query udp ipv4", 1},
                                         {"message v1 egress query udp ipv4", 1}};

inline void send_both_ways() {
    send_frame("v0", frame4);  // arrives at v1
    send_frame("v1", frame4);
}

}  // namespace dnsexp::test
