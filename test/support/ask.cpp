// dns_ask: a process with a name of its own that asks a server one query after the other, and says how often
// it was answered.
#include <getopt.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <random>
#include <vector>

#include "test/support/socket_tool.h"

namespace {

using dnstool::Endpoint;

constexpr int kTries = 5;              // UDP may lose
constexpr int kAnswerWaitMs = 20'000;  // of each try
constexpr uint64_t kHosts = 3000;      // h0 .. h2999 are in the tests' zone
constexpr uint64_t kMostQueries = 1'000'000;

struct Options {
    std::string name = "dns_ask";
    std::optional<std::string> to;
    uint64_t udp = 0, tcp = 0;
    bool connected = false;  // UDP: connect and send; else each datagram bears its address
    bool deaf = false;       // don't wait for answers
    bool waits = false;      // for a line on standard input, when the sockets are there
};

Options parse(int argc, char** argv) {
    const option known[] = {
        {"name", required_argument, nullptr, 'n'}, {"to", required_argument, nullptr, 't'},
        {"udp", required_argument, nullptr, 'u'},  {"tcp", required_argument, nullptr, 'c'},
        {"connected", no_argument, nullptr, 'o'},  {"deaf", no_argument, nullptr, 'd'},
        {"waits", no_argument, nullptr, 'w'},      {nullptr, 0, nullptr, 0}};
    Options options;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        switch (c) {
            case 'n':
                options.name = optarg;
                break;
            case 't':
                options.to = optarg;
                break;
            case 'u':
                options.udp = dnstool::parse_number("udp", optarg, 0, kMostQueries);
                break;
            case 'c':
                options.tcp = dnstool::parse_number("tcp", optarg, 0, kMostQueries);
                break;
            case 'o':
                options.connected = true;
                break;
            case 'd':
                options.deaf = true;
                break;
            case 'w':
                options.waits = true;
                break;
            default:
                dnstool::usage_error(
                    "usage: dns_ask --to ADDRESS [--name NAME] [--udp N] [--tcp N] [--connected] [--deaf] "
                    "[--waits]");
        }
    }
    if (!options.to) dnstool::usage_error("--to: which server?");
    return options;
}

// A query for h<number>.example.test, type A (RFC 1035, 4.1).
std::string query(uint16_t id, uint64_t number) {
    std::string message = {
        static_cast<char>(id >> 8), static_cast<char>(id & 0xff), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    for (const std::string& label :
         {"h" + std::to_string(number % kHosts), std::string("example"), std::string("test")}) {
        message.push_back(static_cast<char>(label.size()));
        message += label;
    }
    message += std::string("\0\0\1\0\1", 5);
    return message;
}

bool readable(int fd) {
    pollfd waiting = {fd, POLLIN, 0};
    return poll(&waiting, 1, kAnswerWaitMs) == 1;
}

bool ask_udp(int fd, const Endpoint& server, const Options& options, const std::string& message) {
    std::array<char, 4096> answer{};
    for (int tries = 0; tries < kTries; ++tries) {
        const ssize_t sent = options.connected
                                 ? send(fd, message.data(), message.size(), 0)
                                 : sendto(fd, message.data(), message.size(), 0, server.get(), server.length);
        if (sent < 0) dnstool::system_error("send");
        if (options.deaf) return false;
        while (readable(fd)) {
            const ssize_t got = recv(fd, answer.data(), answer.size(), 0);
            if (got >= 2 && std::equal(message.begin(), message.begin() + 2, answer.begin())) return true;
        }
    }
    return false;
}

void send_all(int fd, const std::string& octets) {
    for (size_t at = 0; at < octets.size();) {
        const ssize_t sent = send(fd, octets.data() + at, octets.size() - at, 0);
        if (sent < 0) dnstool::system_error("send over TCP");
        at += static_cast<size_t>(sent);
    }
}

bool receive_all(int fd, char* to, size_t length) {
    while (length > 0) {
        if (!readable(fd)) return false;
        const ssize_t got = recv(fd, to, length, 0);
        if (got <= 0) return false;
        to += got;
        length -= static_cast<size_t>(got);
    }
    return true;
}

// The message's length goes before it (RFC 1035, 4.2.2).
bool ask_tcp(int fd, const std::string& message) {
    send_all(fd, std::string{0, static_cast<char>(message.size())} + message);
    std::array<unsigned char, 2> prefix{};
    if (!receive_all(fd, reinterpret_cast<char*>(prefix.data()), prefix.size())) return false;
    std::string answer(static_cast<size_t>(prefix[0] << 8 | prefix[1]), '\0');
    return receive_all(fd, answer.data(), answer.size()) && answer.substr(0, 2) == message.substr(0, 2);
}

int open_socket(const Endpoint& server, int type, bool connected) {
    const int fd = socket(server.family(), type, 0);
    if (fd < 0) dnstool::system_error("socket");
    if (connected && connect(fd, server.get(), server.length) != 0) dnstool::system_error("connect");
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    prctl(PR_SET_NAME, options.name.c_str());
    const Endpoint server = dnstool::make_endpoint(*options.to, 53);
    const int udp = open_socket(server, SOCK_DGRAM, options.connected);
    const int tcp = options.tcp != 0 ? open_socket(server, SOCK_STREAM, true) : -1;
    if (options.waits) {
        std::puts("ready");
        std::fflush(stdout);
        std::array<char, 16> line{};
        if (read(STDIN_FILENO, line.data(), line.size()) < 0) dnstool::system_error("read standard input");
    }
    std::mt19937 random(std::random_device{}());
    const auto message = [&](uint64_t number) { return query(static_cast<uint16_t>(random()), number); };
    uint64_t answered = 0;
    for (uint64_t i = 0; i < options.udp; ++i) answered += ask_udp(udp, server, options, message(i));
    for (uint64_t i = 0; i < options.tcp; ++i) answered += ask_tcp(tcp, message(i));
    std::printf("%llu\n", static_cast<unsigned long long>(answered));
    return 0;
}
