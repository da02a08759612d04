#include "exporter/security/upstream_filter.h"

#include <catch2/catch.hpp>
#include <memory>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t second = 1'000'000'000, minute = 60 * second;
constexpr uint32_t resolver = 812, far_client = 0x0a000005, loopback_client = 0x7f000001;

dns_event event_of(uint64_t time_ns, uint8_t role, uint32_t client, uint32_t pid) {
    dns_event event = event_for("www.example.com", 0, role);
    event.query_time_ns = time_ns;
    event.client = ipv4(client);
    event.asker = {pid, pid, 0, 0, static_cast<uint16_t>(pid != 0)};
    return event;
}

// A client's query that an interface saw.
dns_event on_wire(uint64_t time_ns, uint32_t client, uint32_t pid = resolver) {
    return event_of(time_ns, DNS_ROLE_SERVER, client, pid);
}

// The resolver's answer at its socket.
dns_event at_socket(uint64_t time_ns, uint32_t client, uint32_t pid = resolver) {
    dns_event event = event_of(time_ns, DNS_ROLE_SERVER, client, pid);
    event.lane = DNS_EVENT_SOCKET;
    event.kind = DNS_RESPONSE;
    return event;
}

bool is_upstream(const UpstreamFilter& filter, uint64_t time_ns, uint32_t pid = resolver) {
    return filter.is_upstream(event_of(time_ns, DNS_ROLE_CLIENT, 0xc0000202, pid));
}

struct Case {
    std::unique_ptr<UpstreamFilter> made = std::make_unique<UpstreamFilter>();
    UpstreamFilter& filter = *made;
};

}  // namespace

TEST_CASE("A process that answers clients seen on an interface asks upstream for them") {
    Case a;
    CHECK_FALSE(is_upstream(a.filter, minute));
    a.filter.add(on_wire(minute, far_client));
    a.filter.add(at_socket(minute, far_client));
    CHECK(is_upstream(a.filter, minute + second));
    CHECK_FALSE(is_upstream(a.filter, minute + second, 4711));            // another process
    CHECK_FALSE(is_upstream(a.filter, minute + second, resolver + 256));  // one of the same place
}

TEST_CASE("Clients on loopback are seen there, though the wire does not tell who answers them") {
    Case a;
    a.filter.add(at_socket(minute, loopback_client));
    CHECK(is_upstream(a.filter, minute + second));
    Case six;
    dns_event event = at_socket(minute, 0);
    event.client = {};
    reinterpret_cast<uint8_t*>(&event.client)[15] = 1;  // ::1
    six.filter.add(event);
    CHECK(is_upstream(six.filter, minute + second));
}

TEST_CASE("Queries of this host, and of processes that are not known, make no resolver") {
    Case a;
    a.filter.add(event_of(minute, DNS_ROLE_CLIENT, 0xc0000202, resolver));
    dns_event unknown = on_wire(minute, far_client);
    unknown.asker.known = 0;
    a.filter.add(unknown);
    dns_event call = on_wire(minute, far_client);
    call.lane = DNS_EVENT_CALL;
    a.filter.add(call);
    dns_event arrived = at_socket(minute, loopback_client);
    arrived.kind = DNS_QUERY;
    a.filter.add(arrived);
    CHECK_FALSE(is_upstream(a.filter, minute + second));
    CHECK_FALSE(is_upstream(a.filter, minute + second, 0));
}

TEST_CASE("Where a resolver has clients that no interface shows, its own queries are judged") {
    Case a;
    const uint32_t pod = 0x0af40003;
    a.filter.add(at_socket(minute, loopback_client));
    a.filter.add(at_socket(minute, pod));
    a.filter.add(at_socket(minute + second / 2, pod));
    CHECK(is_upstream(a.filter, minute + second / 2));  // the interface's event may be behind
    a.filter.add(at_socket(minute + 2 * second, pod));
    CHECK_FALSE(is_upstream(a.filter, minute + 3 * second));
    a.filter.add(at_socket(minute + 7 * minute, loopback_client));
    CHECK(is_upstream(a.filter, minute + 7 * minute + second));  // the pod is gone
}

TEST_CASE("A client that the interface shows a moment after the socket is seen") {
    Case a;
    for (uint64_t i = 0; i < 10; ++i) {
        a.filter.add(at_socket(minute + i * second, far_client));
        a.filter.add(on_wire(minute + i * second, far_client));
    }
    CHECK(is_upstream(a.filter, minute + 10 * second));
}

TEST_CASE("A doubt that was answered does not count later") {
    Case a;
    a.filter.add(at_socket(minute, far_client));
    a.filter.add(on_wire(minute, far_client));
    a.filter.add(at_socket(minute + second, far_client));
    a.filter.add(on_wire(8 * minute, far_client + 1));
    a.filter.add(at_socket(8 * minute, far_client));
    CHECK(is_upstream(a.filter, 8 * minute));
}

TEST_CASE("A resolver that has answered nobody for five minutes is forgotten") {
    Case a;
    a.filter.add(on_wire(minute, far_client));
    CHECK(is_upstream(a.filter, minute + 299 * second));
    CHECK_FALSE(is_upstream(a.filter, minute + 301 * second));
    a.filter.add(on_wire(minute + 302 * second, far_client, resolver + 256));  // its place is free again
    CHECK(is_upstream(a.filter, minute + 303 * second, resolver + 256));
}
