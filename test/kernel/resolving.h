// A client, a resolver and the server that it asks, played by hand over loopback under the programs of
// sockets.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test/kernel/kernel.h"
#include "test/kernel/netns.h"
#include "test/kernel/own_cgroup.h"
#include "test/kernel/talk.h"

namespace dnsexp::test {

class Resolving {
  public:
    using Counts = std::pair<uint64_t, uint64_t>;  // hits, misses

    explicit Resolving(Variant variant, const Config& config = with_sockets())
        : kernel_(variant, config), cgroup_(kernel_.source().programs()) {}

    static Config with_sockets() {
        Config config;
        config.workload.backend = WorkloadBackend::cgroup;
        return config;
    }

    // A client asks the resolver, which reads it. What the resolver has read last it answers.
    void ask(uint16_t id, const std::string& name = "www.example.test", uint16_t type = 1) {
        client_.send(query(id, name, type).build());
        resolver_.receive();
    }
    void answer(const Dns& message) {
        resolver_.send_to(resolver_.peer(), message.build());
        client_.receive();
    }
    // The resolver asks the server, which reads it.
    void fetch(uint16_t id, const std::string& name = "www.example.test", uint16_t type = 1) {
        out_.send(Dns().id(id).question(name, type).build());
        server_.receive();
    }
    // The server answers what it has read last, and the resolver reads that.
    void fetched(const Dns& message) {
        server_.send_to(server_.peer(), message.build());
        out_.receive();
    }
    void fetched(uint16_t id, const std::string& name = "www.example.test", uint16_t type = 1) {
        fetched(Dns().id(id).flags(qr | aa).question(name, type).answer_a({192, 0, 2, 7}));
    }

    dns_stats stats() { return kernel_.read().sockets; }
    Counts counts() {
        const dns_stats now = stats();
        return {now.cache_hits, now.cache_misses};
    }
    Kernel& kernel() { return kernel_; }
    Socket& client() { return client_; }
    Socket& resolver() { return resolver_; }
    Socket& server() { return server_; }
    Socket& out() { return out_; }  // by which the resolver asks

  private:
    Netns netns_;
    Kernel kernel_;
    OwnCgroup cgroup_;
    Socket resolver_ = Socket::bound("resolver", local(53)), server_ = Socket::bound("server", local(54));
    Socket client_ = Socket::connected("client", local(53)), out_ = Socket::connected("resolver", local(54));
};

inline Dns servfail(uint16_t id, const std::string& name = "www.example.test") {
    return Dns().id(id).flags(qr | rd | ra | 2).question(name, 1);
}

}  // namespace dnsexp::test
