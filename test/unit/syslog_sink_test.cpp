#include "exporter/alerts/syslog_sink.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "test/support/listeners.h"
#include "test/support/sample_alert.h"
#include "test/support/scratch_folder.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

const SyslogIdentity identity{3, "node1", 1};

SyslogSink sink_to(const std::string& address) {
    return {parse_syslog_address(address).value(), identity};
}

std::string udp(uint16_t port) {
    return "udp://127.0.0.1:" + std::to_string(port);
}
std::string tcp(uint16_t port) {
    return "tcp://127.0.0.1:" + std::to_string(port);
}

Delivery deliver(SyslogSink& sink, uint64_t first, uint64_t last, const std::stop_token& stop = {}) {
    std::vector<Alert> batch;
    for (uint64_t i = first; i <= last; ++i) batch.push_back(sample_alert(i));
    return sink.deliver(batch, stop);
}

std::string message(uint64_t number) {
    return syslog_message(sample_alert(number), identity);
}

// RFC 6587, 3.4.1: MSG-LEN SP SYSLOG-MSG.
std::string counted(uint64_t number) {
    const std::string text = message(number);
    return std::to_string(text.size()) + " " + text;
}

std::string receive_all(int fd, size_t octets) {
    std::string all;
    while (all.size() < octets) {
        const std::string piece = Listener::receive(fd);
        if (piece.empty()) break;
        all += piece;
    }
    return all;
}

}  // namespace

TEST_CASE("Each alert is one datagram of a local socket, and of the next server's on it") {
    const ScratchFolder folder;
    const std::string path = folder.path("log");
    auto sink = sink_to(path);
    const Delivery missing = deliver(sink, 1, 2);
    CHECK(missing.delivered == 0);
    REQUIRE(missing.error);
    CHECK(missing.error->errnum == ENOENT);
    {
        const Listener server(SOCK_DGRAM, path);
        CHECK(deliver(sink, 1, 2).delivered == 2);
        CHECK(Listener::receive(server.fd()) == message(1));
        CHECK(Listener::receive(server.fd()) == message(2));
    }
    CHECK(deliver(sink, 3, 3).error->errnum == ECONNREFUSED);
    std::filesystem::remove(path);
    const Listener server(SOCK_DGRAM, path);
    CHECK(deliver(sink, 3, 3).delivered == 1);
    CHECK(Listener::receive(server.fd()) == message(3));
    std::filesystem::remove(path);
}

TEST_CASE("A restart of the local server between two alerts is no failure") {
    const ScratchFolder folder;
    const std::string path = folder.path("log");
    auto sink = sink_to(path);
    {
        const Listener server(SOCK_DGRAM, path);
        CHECK(deliver(sink, 1, 1).delivered == 1);
    }
    std::filesystem::remove(path);
    const Listener server(SOCK_DGRAM, path);
    const Delivery delivery = deliver(sink, 2, 2);
    CHECK(delivery.delivered == 1);
    CHECK_FALSE(delivery.error);
}

TEST_CASE("A local stream gets messages that a NUL ends") {
    const ScratchFolder folder;
    const Listener server(SOCK_STREAM, folder.path("log"));
    auto sink = sink_to(folder.path("log"));
    CHECK(deliver(sink, 1, 2).delivered == 2);
    const UniqueFd client = server.accept();
    const std::string expected = message(1) + '\0' + message(2) + '\0';
    CHECK(receive_all(client.get(), expected.size()) == expected);
}

TEST_CASE("Each alert is one UDP datagram, and a closed port is noticed") {
    auto server = std::make_unique<Listener>(SOCK_DGRAM);
    const uint16_t port = server->port();
    auto sink = sink_to(udp(port));
    CHECK(deliver(sink, 1, 2).delivered == 2);
    CHECK(Listener::receive(server->fd()) == message(1));
    CHECK(Listener::receive(server->fd()) == message(2));
    server.reset();
    const Delivery refused = deliver(sink, 3, 4);
    CHECK(refused.delivered == 0);
    REQUIRE(refused.error);
    CHECK(refused.error->errnum == ECONNREFUSED);
    server = std::make_unique<Listener>(SOCK_DGRAM, port);
    CHECK(deliver(sink, 3, 4).delivered == 2);
    CHECK(Listener::receive(server->fd()) == message(3));
}

TEST_CASE("TCP messages are counted in octets, on one connection") {
    const Listener server(SOCK_STREAM);
    auto sink = sink_to(tcp(server.port()));
    CHECK(deliver(sink, 1, 2).delivered == 2);
    CHECK(deliver(sink, 3, 3).delivered == 1);
    const UniqueFd client = server.accept();
    const std::string expected = counted(1) + counted(2) + counted(3);
    CHECK(receive_all(client.get(), expected.size()) == expected);
    CHECK_FALSE(Listener::is_readable(server.fd(), 0));
}

TEST_CASE("A TCP connection that ended is made anew, and nothing of it is taken for delivered") {
    auto server = std::make_unique<Listener>(SOCK_STREAM);
    const uint16_t port = server->port();
    auto sink = sink_to(tcp(port));
    CHECK(deliver(sink, 1, 1).delivered == 1);
    SECTION("closed after all was read") {
        const UniqueFd first = server->accept();
        CHECK(receive_all(first.get(), counted(1).size()) == counted(1));
    }
    SECTION("reset with something unread") {
        server->accept().reset();
    }
    CHECK(deliver(sink, 2, 2).delivered == 1);
    const UniqueFd client = server->accept();
    CHECK(receive_all(client.get(), counted(2).size()) == counted(2));

    server.reset();
    shutdown(client.get(), SHUT_RDWR);
    const Delivery refused = deliver(sink, 3, 3);
    CHECK(refused.delivered == 0);
    REQUIRE(refused.error);
    CHECK(refused.error->errnum == ECONNREFUSED);
    CHECK(refused.error->message().find(tcp(port)) != std::string::npos);
}

TEST_CASE("A server that takes nothing holds the sink up until it is to stop") {
    const ScratchFolder folder;
    const Listener remote(SOCK_STREAM);
    const Listener local(SOCK_STREAM, folder.path("log"));
    const int small = 4'096;
    setsockopt(remote.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    std::string address;
    SECTION("TCP, that would acknowledge") {
        address = tcp(remote.port());
    }
    SECTION("a local stream, that would read") {
        address = folder.path("log");
    }
    auto sink = sink_to(address);
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(300ms);
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    Delivery delivery;
    for (int i = 0; i < 1'000 && !delivery.error; ++i) delivery = deliver(sink, 1, 50, stop.get_token());
    REQUIRE(delivery.error);
    CHECK(delivery.error->errnum == ECANCELED);
    CHECK(delivery.delivered == 0);
    CHECK(std::chrono::steady_clock::now() - begin < 4s);  // below the sink's own patience
}

TEST_CASE("A host without an address is an error that names it") {
    const std::string host(64, 'a');  // RFC 1035, 2.3.4: no label is that long, so nobody is asked
    auto sink = sink_to("udp://" + host + ":514");
    const Delivery delivery = deliver(sink, 1, 1);
    REQUIRE(delivery.error);
    CHECK(delivery.error->message().find(host) != std::string::npos);
}

TEST_CASE("localhost is looked up") {
    const Listener server(SOCK_DGRAM);
    auto sink = sink_to("udp://localhost:" + std::to_string(server.port()));
    const Delivery delivery = deliver(sink, 1, 1);
    if (delivery.error) FAIL(delivery.error->message());
    CHECK(Listener::receive(server.fd()) == message(1));
}
