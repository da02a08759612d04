// The exact lane as a simple model: what the kernel side should count, without its tables, hashes and limits.
// Pending queries are matched by their bytes, not by a hash, and none ever has to give way.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/source/source.h"

namespace dnsexp::test {

using AddressKey = std::pair<uint64_t, uint64_t>;  // high and low of a dns_address

inline AddressKey key_of(const dns_address& address) {
    return {address.high, address.low};
}

struct ModelOptions {
    std::set<AddressKey> own;  // addresses of the host that is watched
    bool loopback = false;     // the packets are those of a loopback device: role local
    std::vector<uint16_t> ports = {53};
    uint32_t tunnels = 0;  // enum dns_tunnel: looked into
    uint64_t timeout_ns = 5'000'000'000;
    uint64_t late_window_ns = 30'000'000'000;
    uint32_t max_servers = 32;
    std::vector<uint64_t> latency_edges_ns;  // empty: those of the default configuration
    std::string interface = "eth0";
    uint32_t rate_limit_qps = 0;  // 0: clients are not counted
};

// What the walk to a message's OPT record found.
struct ModelEdns {
    bool walked = false;
    uint32_t result = DNS_EDNS_ABSENT;  // enum dns_edns_result, of a walk
    bool has_record = false;            // the rest is 0 or false without one
    uint32_t payload_size = 0;
    uint32_t extended_rcode = 0;  // its upper eight bits
    bool dnssec_ok = false;
    std::vector<uint32_t> info_codes;
};

// One message and where it came from.
struct ModelMessage {
    uint64_t now_ns;
    uint32_t direction, ip, transport, role;
    uint32_t length;  // octets of the message
    uint32_t id, flags, answer_count, type;
    dns_address client, server;
    uint16_t client_port, server_port;
    bool to_group;  // its destination is a multicast address
    ModelEdns edns;
    std::vector<uint8_t> prefix;  // header and question as on the wire; the header alone without a question
};

class ExactModel {
  public:
    explicit ExactModel(ModelOptions options);

    void packet(uint32_t protocol, uint32_t reason) { ++stats_.packets[protocol][reason]; }
    // Messages of TCP streams that can't be counted.
    void stream_errors(uint32_t reason, uint64_t n) { stats_.stream_errors[reason] += n; }
    void flow_made() { ++stats_.flows_new; }
    void message(const ModelMessage& message);
    // Gives up what has waited for longer than the timeout.
    void sweep(uint64_t now_ns);

    [[nodiscard]] RawSnapshot snapshot() const;
    std::vector<dns_event> take_events() { return std::exchange(events_, {}); }
    // As Source has it. Seconds are those of the clock, to the nanosecond.
    std::vector<BusyClient> busy_clients(uint64_t now_ns);
    [[nodiscard]] const ModelOptions& options() const { return options_; }

  private:
    enum class State { live, answered, given_up };
    struct Pending {
        State state;
        uint64_t sent_ns;
        std::string question;  // lower-cased name, type and class; empty without a question
        dns_pending_facts facts;
        dns_event event;
    };
    // client, server, ports, id, role, transport
    using Key = std::tuple<AddressKey, AddressKey, uint16_t, uint16_t, uint32_t, uint32_t, uint32_t>;

    void count(const ModelMessage& m);
    void count_edns(const ModelMessage& m);
    uint16_t outcome_of(const ModelMessage& m, bool matched);
    void query(const ModelMessage& m);
    void response(const ModelMessage& m);
    void give_up(Pending& pending, uint64_t now_ns, bool swept);
    void matched(const ModelMessage& m, Pending& pending);
    Pending* find(const ModelMessage& m, const std::string& question, bool live);
    [[nodiscard]] uint64_t age(const Pending& pending, uint64_t now_ns) const;
    uint16_t server_of(const ModelMessage& m, bool may_claim);
    uint8_t type_of(const ModelMessage& m);
    dns_traffic& traffic(const dns_pending_facts& facts, uint32_t outcome);
    dns_server_stats& server_stats(const dns_pending_facts& facts);

    ModelOptions options_;
    dns_settings settings_;
    dns_stats stats_{};
    dns_interface_stats interface_{};
    std::map<Key, std::vector<Pending>> pending_;
    std::map<uint64_t, std::pair<dns_traffic_key, dns_traffic>> traffic_;
    std::map<uint32_t, dns_server_stats> servers_;
    std::map<uint32_t, dns_latency> latencies_;
    std::map<AddressKey, uint16_t> slots_;
    uint32_t slots_of_others_ = 0;
    std::vector<uint16_t> extra_types_;
    std::set<uint16_t> extra_rcodes_;
    std::vector<dns_event> events_;
    std::map<std::tuple<uint64_t, AddressKey, uint32_t>, uint32_t> asked_;  // second, client, role -> queries
};

}  // namespace dnsexp::test
