#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "exporter/base/unique_fd.h"
#include "exporter/http/port_check.h"

using namespace dnsexp;

namespace {

struct TakenPort {
    UniqueFd fd;
    uint16_t port = 0;
};

TakenPort take_port() {
    TakenPort taken;
    taken.fd.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(taken.fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(taken.fd.get(), 1) == 0);
    REQUIRE(getsockname(taken.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    taken.port = ntohs(address.sin_port);
    return taken;
}

}  // namespace

TEST_CASE("Listen addresses are written as civetweb wants them") {
    CHECK(civetweb_port({ListenFamily::any, "", 10153}) == "+10153");
    CHECK(civetweb_port({ListenFamily::ipv4, "127.0.0.1", 9}) == "127.0.0.1:9");
    CHECK(civetweb_port({ListenFamily::ipv6, "::1", 9}) == "[::1]:9");
}

TEST_CASE("A free port passes the check and stays free") {
    const std::vector<ListenAddress> addresses = {{ListenFamily::ipv4, "127.0.0.1", 0}};
    const auto usable = check_ports(addresses);
    REQUIRE(usable);
    CHECK(usable.value() == addresses);
}

TEST_CASE("A taken port is an error that names the address and what to do") {
    const TakenPort taken = take_port();
    const auto usable = check_ports({{ListenFamily::ipv4, "127.0.0.1", taken.port}});
    REQUIRE_FALSE(usable);
    CHECK(usable.error().errnum == EADDRINUSE);
    CHECK(usable.error().object == "127.0.0.1:" + std::to_string(taken.port));
    CHECK(usable.error().hint.find("--web.listen-address") != std::string::npos);
}

TEST_CASE("A port that is taken on one address can't be had on all addresses") {
    const TakenPort taken = take_port();
    const auto usable = check_ports({{ListenFamily::any, "", taken.port}});
    REQUIRE_FALSE(usable);
    CHECK(usable.error().errnum == EADDRINUSE);
}

TEST_CASE("Two listen addresses that exclude each other are found before the server starts") {
    const uint16_t port = take_port().port;  // free again at the end of the statement
    const auto usable =
        check_ports({{ListenFamily::ipv4, "127.0.0.1", port}, {ListenFamily::ipv4, "0.0.0.0", port}});
    REQUIRE_FALSE(usable);
    CHECK(usable.error().object == "0.0.0.0:" + std::to_string(port));
}

TEST_CASE("An address that no interface has is an error that says so") {
    const auto usable = check_ports({{ListenFamily::ipv4, "192.0.2.1", 0}});  // TEST-NET-1, RFC 5737
    REQUIRE_FALSE(usable);
    CHECK(usable.error().errnum == EADDRNOTAVAIL);
    CHECK(usable.error().hint.find("no interface") != std::string::npos);
}

TEST_CASE("All addresses become all IPv4 addresses only where there is no IPv6") {
    const auto usable = check_ports({{ListenFamily::any, "", 0}});
    REQUIRE(usable);
    CHECK(to_string(usable.value().at(0)) == (host_has_ipv6() ? "[::]:0" : "0.0.0.0:0"));
}
