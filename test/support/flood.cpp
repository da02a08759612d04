// dns_flood: sends a counted number of DNS queries (type A) as fast as the kernel takes them. It says how
// many the kernel took, so that what a test counts elsewhere can be compared to the last packet.
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "test/support/socket_tool.h"

namespace {

using Clock = std::chrono::steady_clock;
using dnstool::Endpoint;

constexpr uint64_t kIdsPerSocket = 65536;  // the DNS id has 16 bits (RFC 1035, 4.1.1)
constexpr uint64_t kMaxSockets = 512;      // stays below the usual limit of 1024 open files
constexpr unsigned kBatch = 64;
constexpr size_t kMaxLabel = 63;  // RFC 1035, 2.3.4
constexpr size_t kMaxName = 255;  // RFC 1035, 2.3.4
constexpr size_t kMaxQuery = 12 + kMaxName + 4;
constexpr auto kStuck = std::chrono::seconds(30);  // no packet taken for so long: give up
constexpr auto kIdle = std::chrono::seconds(1);    // --wait ends when no response came for so long

struct Options {
    std::optional<std::string> to;
    uint16_t port = 53;
    uint64_t count = 0;
    uint64_t sockets = 0;  // 0: as many as keep (port, id) distinct
    unsigned threads = 1;
    std::string names = "h%";
    bool random_names = false;
    std::string zone = "example.test";
    bool wait = false;
};

struct Totals {
    uint64_t sent = 0;
    uint64_t received = 0;
    Clock::time_point last_sent;
};

// Appends the labels of a name given as text, without the root label.
void append_labels(std::string& wire, std::string_view name) {
    while (!name.empty()) {
        const size_t dot = name.find('.');
        const std::string_view label = name.substr(0, dot);
        if (label.empty() || label.size() > kMaxLabel) {
            dnstool::usage_error("the name has a label of no or more than 63 octets");
        }
        wire.push_back(static_cast<char>(label.size()));
        wire.append(label);
        name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    }
}

// Builds the queries of one thread. The number of the query replaces the % of the name's pattern.
class QueryBuilder {
  public:
    QueryBuilder(const Options& options, uint64_t seed)
        : pattern_(options.names), random_names_(options.random_names), random_(seed) {
        append_labels(zone_, options.zone);
    }

    size_t build(std::array<char, kMaxQuery>& out, uint16_t id, uint64_t number) {
        wire_.assign({static_cast<char>(id >> 8), static_cast<char>(id & 0xff), 0x01, 0x00});  // RD
        wire_.append({0, 1, 0, 0, 0, 0, 0, 0});                                                // one question
        if (random_names_) {
            append_random_label();
        } else {
            append_numbered(number);
        }
        wire_.append(zone_);
        wire_.append({0, 0, 1, 0, 1});  // root, A, IN
        if (wire_.size() > out.size()) {
            dnstool::usage_error("the name is longer than 255 octets");
        }
        std::memcpy(out.data(), wire_.data(), wire_.size());
        return wire_.size();
    }

  private:
    void append_numbered(uint64_t number) {
        const size_t at = pattern_.find('%');
        text_ = pattern_.substr(0, at);
        if (at != std::string::npos) {
            text_ += std::to_string(number) + pattern_.substr(at + 1);
        }
        append_labels(wire_, text_);
    }

    void append_random_label() {
        constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz012345";
        constexpr size_t length = 12;  // 5 bits a letter, 60 of a word's 64
        uint64_t word = random_();
        wire_.push_back(static_cast<char>(length));
        for (size_t i = 0; i < length; i++, word >>= 5) {
            wire_.push_back(alphabet[word & 31]);
        }
    }

    std::string pattern_;
    bool random_names_;
    std::mt19937_64 random_;
    std::string zone_, wire_, text_;
};

int open_connected(const Endpoint& to) {
    const int fd = socket(to.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0) {
        dnstool::system_error("socket");
    }
    if (connect(fd, to.get(), to.length) != 0) {
        dnstool::system_error("connect");
    }
    return fd;
}

uint64_t drain(int fd) {
    std::array<char, 512> octets;  // a longer response is cut, which is as good for counting
    uint64_t count = 0;
    while (recv(fd, octets.data(), octets.size(), 0) >= 0) {
        count++;
    }
    return count;
}

// A full queue passes, and an ICMP error that waits on the socket is taken by the failing call.
bool worth_retrying(int error) {
    return error == EAGAIN || error == ENOBUFS || error == EINTR || error == ECONNREFUSED;
}

void send_batch(int fd, mmsghdr* messages, unsigned count) {
    const auto give_up = Clock::now() + kStuck;
    for (unsigned done = 0; done < count;) {
        const int taken = sendmmsg(fd, messages + done, count - done, 0);
        if (taken > 0) {
            done += static_cast<unsigned>(taken);
        } else if (!worth_retrying(errno) || Clock::now() > give_up) {
            dnstool::system_error("sendmmsg");
        } else {
            pollfd writable{fd, POLLOUT, 0};
            poll(&writable, 1, 1);
        }
    }
}

uint64_t drain_until_idle(const std::vector<int>& sockets) {
    std::vector<pollfd> waiting;
    for (const int fd : sockets) {
        waiting.push_back({fd, POLLIN, 0});
    }
    constexpr int idle_ms = std::chrono::duration_cast<std::chrono::milliseconds>(kIdle).count();
    const auto give_up = Clock::now() + kStuck;
    uint64_t received = 0;
    while (Clock::now() < give_up && poll(waiting.data(), waiting.size(), idle_ms) > 0) {
        for (const pollfd& each : waiting) {
            if (each.revents) {
                received += drain(each.fd);
            }
        }
    }
    return received;
}

// Sends the queries first, first + 1, ... first + count - 1; one socket sends all its ids before the next
// begins.
Totals run_thread(const Options& options, const Endpoint& to, uint64_t socket_count, uint64_t first,
                  uint64_t count) {
    std::vector<int> sockets;
    for (uint64_t i = 0; i < socket_count; i++) {
        sockets.push_back(open_connected(to));
    }
    std::vector<std::array<char, kMaxQuery>> buffers(kBatch);
    std::array<iovec, kBatch> vectors{};
    std::array<mmsghdr, kBatch> messages{};
    QueryBuilder builder(options, std::random_device{}());
    Totals totals;
    for (uint64_t at = 0; at < count;) {
        const uint64_t turn = at / kIdsPerSocket;
        const int fd = sockets[turn % sockets.size()];
        const uint64_t turn_end = std::min(count, (turn + 1) * kIdsPerSocket);
        const auto batch = static_cast<unsigned>(std::min<uint64_t>(kBatch, turn_end - at));
        for (unsigned i = 0; i < batch; i++) {
            const auto id = static_cast<uint16_t>((at + i) % kIdsPerSocket);
            vectors[i] = {buffers[i].data(), builder.build(buffers[i], id, first + at + i)};
            messages[i].msg_hdr.msg_iov = &vectors[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        send_batch(fd, messages.data(), batch);
        totals.sent += batch;
        at += batch;
        if (options.wait) {
            totals.received += drain(fd);
        }
    }
    totals.last_sent = Clock::now();
    if (options.wait) {
        totals.received += drain_until_idle(sockets);
    }
    for (const int fd : sockets) {
        close(fd);
    }
    return totals;
}

constexpr const char* kUsage =
    "usage: dns_flood --to ADDRESS --count N [--port 53] [--sockets S] [--threads T]\n"
    "                 [--names PATTERN | --random-names] [--zone example.test] [--wait]\n"
    "Sends N queries of type A for PATTERN.ZONE (the query's number replaces %; default h%).\n"
    "--sockets: default one per 65536 queries, so that no (port, id) comes twice.\n"
    "--wait: also reads responses, until none came for a second.\n"
    "Prints {\"sent\":N,\"received\":N,\"seconds\":S}; sent counts what the kernel accepted, seconds the "
    "sending.";

Options parse(int argc, char** argv) {
    static const option known[] = {
        {"to", required_argument, nullptr, 'a'},      {"port", required_argument, nullptr, 'p'},
        {"count", required_argument, nullptr, 'n'},   {"sockets", required_argument, nullptr, 's'},
        {"threads", required_argument, nullptr, 't'}, {"names", required_argument, nullptr, 'f'},
        {"random-names", no_argument, nullptr, 'r'},  {"zone", required_argument, nullptr, 'z'},
        {"wait", no_argument, nullptr, 'w'},          {nullptr, 0, nullptr, 0}};
    Options options;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        switch (c) {
            case 'a':
                options.to = optarg;
                break;
            case 'p':
                options.port = static_cast<uint16_t>(dnstool::parse_number("port", optarg, 1, 65535));
                break;
            case 'n':
                options.count = dnstool::parse_number("count", optarg, 1, 1'000'000'000);
                break;
            case 's':
                options.sockets = dnstool::parse_number("sockets", optarg, 1, kMaxSockets);
                break;
            case 't':
                options.threads = static_cast<unsigned>(dnstool::parse_number("threads", optarg, 1, 64));
                break;
            case 'f':
                options.names = optarg;
                break;
            case 'r':
                options.random_names = true;
                break;
            case 'z':
                options.zone = optarg;
                break;
            case 'w':
                options.wait = true;
                break;
            default:
                dnstool::usage_error(kUsage);
        }
    }
    if (!options.to || options.count == 0 || optind != argc) {
        dnstool::usage_error(kUsage);
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Endpoint to = dnstool::make_endpoint(*options.to, options.port);
    const uint64_t share = (options.count + options.threads - 1) / options.threads;
    const uint64_t wanted = options.sockets ? (options.sockets + options.threads - 1) / options.threads
                                            : (share + kIdsPerSocket - 1) / kIdsPerSocket;
    const uint64_t sockets = std::max<uint64_t>(1, std::min(wanted, kMaxSockets / options.threads));

    std::vector<Totals> totals(options.threads);
    std::vector<std::thread> threads;
    const auto begin = Clock::now();
    for (unsigned i = 0; i < options.threads; i++) {
        const uint64_t first = std::min(options.count, i * share);
        const uint64_t count = std::min(share, options.count - first);
        threads.emplace_back(
            [&, i, first, count] { totals[i] = run_thread(options, to, sockets, first, count); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    Totals sum;
    for (const Totals& each : totals) {
        sum.sent += each.sent;
        sum.received += each.received;
        sum.last_sent = std::max(sum.last_sent, each.last_sent);
    }
    const std::chrono::duration<double> elapsed = sum.last_sent - begin;
    std::printf("{\"sent\":%llu,\"received\":%llu,\"seconds\":%.6f}\n",
                static_cast<unsigned long long>(sum.sent), static_cast<unsigned long long>(sum.received),
                elapsed.count());
    return 0;
}
