// Records of sockets and calls as the kernel side writes them, and steps of chains, for the tests of chains/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ebpf/dns_abi.h"
#include "ebpf/dns_classify.h"
#include "exporter/chains/node.h"
#include "test/support/packet_builder.h"
#include "test/support/snapshots.h"

namespace dnsexp::testing {

inline constexpr uint64_t ms = 1'000'000;
inline constexpr uint32_t loopback = 0x7f000001, stub_address = 0x7f000035, far_address = 0xc0000235;

// A name on the wire.
inline std::string wire(std::string_view dotted) {
    const test::Bytes octets = test::wire_name(dotted);
    return {octets.begin(), octets.end()};
}

// A query and its answer at one of their sockets.
struct Transaction {
    std::string name = "www.example.test";
    uint16_t type = 1;
    uint64_t begin_ms = 0;
    uint16_t id = 7;
    uint32_t client = loopback, server = stub_address;
    uint16_t client_port = 40000, server_port = 53;
    uint32_t tid = 100;     // and pid; 0: not known
    uint32_t group = 0;     // dns_group_of
    uint16_t slot = 5;      // of the workload
    bool resolver = false;  // the socket is one of a process that queries come to
};

inline dns_event record_of(const Transaction& of, uint8_t kind, const test::Bytes& message) {
    dns_event event{};
    event.query_time_ns = of.begin_ms * ms;
    event.client = ipv4(of.client);
    event.server = ipv4(of.server);
    event.client_port = of.client_port;
    event.server_port = of.server_port;
    event.asker = {of.tid, of.tid, 1000, of.slot, static_cast<uint16_t>(of.tid != 0)};
    event.group = of.group;
    event.role = DNS_ROLE_CLIENT;
    event.lane = DNS_EVENT_SOCKET;
    event.kind = kind;
    event.found = of.resolver ? DNS_FOUND_RESOLVER : 0;
    event.type = static_cast<uint8_t>(dns_type_slot(of.type));
    event.message_length = static_cast<uint16_t>(std::min<size_t>(message.size(), sizeof event.message));
    std::copy_n(message.begin(), event.message_length, event.message);
    return event;
}

// A query that a client has sent.
inline dns_event sent(const Transaction& of) {
    return record_of(of, DNS_QUERY, test::Dns().id(of.id).flags(test::rd).question(of.name, of.type).build());
}

// An answer that a client has got; `records` lie behind its question, and are counted in `message`.
inline dns_event answered(const Transaction& of, uint64_t end_ms, uint16_t outcome = 0, uint8_t found = 0,
                          const test::Dns& message = {}, const test::Bytes& records = {}) {
    test::Dns answer = message;
    answer.id(of.id).question(of.name, of.type).raw(records);
    dns_event event = record_of(of, DNS_RESPONSE, answer.build());
    event.latency_ns = (end_ms - of.begin_ms) * ms;
    event.outcome = outcome;
    event.found |= found;
    return event;
}

// An answer that a resolver has given.
inline dns_event served(const Transaction& of, uint64_t end_ms, uint8_t found, uint16_t outcome = 0) {
    dns_event event = answered(of, end_ms, outcome);
    event.role = DNS_ROLE_SERVER;
    event.found = found;
    return event;
}

inline dns_event called(uint32_t tid, std::string_view name, uint64_t begin_ms) {
    dns_event event{};
    event.query_time_ns = begin_ms * ms;
    event.caller.cgroup = 77;
    std::memcpy(event.caller.comm, "caller", 6);
    event.asker = {tid, tid, 1000, 0, 1};
    event.lane = DNS_EVENT_CALL;
    event.kind = DNS_QUERY;
    event.message_length = static_cast<uint16_t>(std::min<size_t>(name.size(), sizeof event.message));
    std::copy_n(name.begin(), event.message_length, event.message);
    return event;
}

// `negated`: what getaddrinfo() returned, its sign turned.
inline dns_event returned(uint32_t tid, std::string_view name, uint64_t begin_ms, uint64_t end_ms,
                          uint16_t negated = 0) {
    dns_event event = called(tid, name, begin_ms);
    event.kind = DNS_RESPONSE;
    event.latency_ns = (end_ms - begin_ms) * ms;
    event.outcome = negated;
    return event;
}

// A step that ended with NOERROR; `end_ms` 0: nobody answered.
inline ChainNodePtr step(Step kind, std::string_view name, uint64_t begin_ms, uint64_t end_ms,
                         std::vector<ChainNodePtr> children = {}) {
    auto node = std::make_shared<ChainNode>();
    node->step = kind;
    node->name = kind == Step::call ? std::string(name) : wire(name);
    node->type = 1;
    node->begin_ns = begin_ms * ms;
    node->end_ns = end_ms * ms;
    if (end_ms != 0) node->outcome = 0;
    node->client = ipv4(loopback);
    node->server = ipv4(stub_address);
    node->server_port = 53;
    node->children = std::move(children);
    return node;
}

}  // namespace dnsexp::testing
