#include "exporter/fold/transaction_row.h"

#include <catch2/catch.hpp>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

void set_type(dns_event& event, uint16_t type) {
    event.message[event.message_length - 4] = static_cast<uint8_t>(type >> 8);
    event.message[event.message_length - 3] = static_cast<uint8_t>(type & 0xff);
}

}  // namespace

TEST_CASE("A row tells all that the event knows") {
    dns_event event = event_for("WWW.example.com", 3, DNS_ROLE_SERVER);
    set_type(event, 28);
    event.query_time_ns = 5'000'000'000;
    event.latency_ns = 150'000'001;
    event.transport = DNS_TCP;
    event.client = ipv4(0xc0000209);
    event.server = ipv4(0xc0000235);
    event.asker = {100, 101, 1000, 7, 1};
    const TransactionRow row = transaction_row(event, 1'700'000'000'000'000'000);
    CHECK(row.time_unix_ns == 1'700'000'005'000'000'000);
    CHECK(row.name == "www.example.com");
    CHECK(row.type == "AAAA");
    CHECK(row.client == "192.0.2.9");
    CHECK(row.server == "192.0.2.53");
    CHECK(row.role == "server");
    CHECK(row.transport == "tcp");
    CHECK(row.outcome == "NXDOMAIN");
    CHECK(row.latency_ns == 150'000'001u);
    REQUIRE(row.process);
    CHECK(row.process->pid == 100);
    CHECK(row.process->tid == 101);
    CHECK(row.process->uid == 1000);
    CHECK(row.comm.empty());
}

TEST_CASE("The clocks' difference may be negative") {
    dns_event event = event_for("a");
    event.query_time_ns = 5000;
    CHECK(transaction_row(event, uint64_t{0} - 4000).time_unix_ns == 1000);
}

TEST_CASE("The type is the question's own, for the root and for the longest name too") {
    dns_event root = event_for("");
    set_type(root, 2);
    CHECK(transaction_row(root, 0).name == ".");
    CHECK(transaction_row(root, 0).type == "NS");

    // 63 + 63 + 63 + 61 octets: with their lengths and the root 255 (RFC 1035, 2.3.4).
    const std::string label(63, 'a');
    dns_event longest = event_for(label + "." + label + "." + label + "." + std::string(61, 'b'));
    set_type(longest, 4711);
    CHECK(transaction_row(longest, 0).name.size() == 253);
    CHECK(transaction_row(longest, 0).type == "TYPE4711");
}

TEST_CASE("What is not there is not known, and nothing is read behind the message's end") {
    dns_event event = event_for("example.com");
    set_type(event, 1);
    event.message_length -= 3;  // the type's second octet is gone
    CHECK(transaction_row(event, 0).name == "example.com");
    CHECK(transaction_row(event, 0).type.empty());
    event.message_length -= 2;  // and the root label
    CHECK(transaction_row(event, 0).name.empty());
    CHECK(transaction_row(event, 0).type.empty());
    event.message_length = DNS_HEADER_LENGTH;
    CHECK(transaction_row(event, 0).name.empty());
    event.message_length = 0xffff;
    CHECK(transaction_row(event, 0).name == "example.com");
    CHECK_FALSE(transaction_row(event, 0).process);
}

TEST_CASE("A query that timed out has no latency") {
    dns_event event = event_for("a", DNS_OUTCOME_TIMEOUT);
    event.latency_ns = 5'000'000'000;
    CHECK(transaction_row(event, 0).outcome == "TIMEOUT");
    CHECK_FALSE(transaction_row(event, 0).latency_ns);
}

TEST_CASE("Names of workloads become printable text") {
    TransactionRow row;
    name_workload(row, "dig", {"c\n", "p\xff", "n\\", "w", true});
    CHECK(row.comm == "dig");
    CHECK(row.container == "c\\010");
    CHECK(row.pod == "p\\255");
    CHECK(row.namespace_ == "n\\\\");
    CHECK(row.workload == "w");
}
