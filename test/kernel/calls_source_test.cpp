// Calls of getaddrinfo() through the source that all else comes through.
#include <netdb.h>
#include <unistd.h>

#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

void ask(const char* node) {
    addrinfo* found = nullptr;
    REQUIRE(getaddrinfo(node, "53", nullptr, &found) == 0);
    freeaddrinfo(found);
}

}  // namespace

TEST_CASE("The source hands calls on with the other events, and counts them", "[calls]") {
    Kernel kernel(variants().front());
    CHECK(kernel.source().attached_libcs() == 0);
    ask("127.0.0.1");
    CHECK(kernel.take_events().empty());  // nobody has asked for them
    REQUIRE(kernel.source().attach_libcs());
    CHECK(kernel.source().attached_libcs() > 0);
    ask("127.0.0.7");
    std::vector<dns_event> own;
    for (const dns_event& event : kernel.take_events())
        if (event.asker.pid == static_cast<uint32_t>(getpid())) own.push_back(event);
    REQUIRE(own.size() == 2);
    CHECK(own[1].lane == DNS_EVENT_CALL);
    CHECK(own[1].message_length == 9);
    const auto snapshot = kernel.source().read();
    REQUIRE(snapshot);
    CHECK(snapshot.value().calls.begun >= 1);
    CHECK(snapshot.value().calls.returned >= 1);
    CHECK(snapshot.value().calls.events_submitted >= 2);
    CHECK(snapshot.value().calls.events_ring_full == 0);
}
