// dns_reflect: the other end of dns_flood. As a sink it holds the port open and never reads; as a reflector
// it turns each query into its response at once. It ends on SIGTERM or SIGINT, after an idle time, or after
// an hour.
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "test/support/socket_tool.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kBatch = 64;
constexpr size_t kHeader = 12;        // octets of a DNS header (RFC 1035, 4.1.1)
constexpr size_t kMaxMessage = 4096;  // longer queries are cut, which no query of the tests is
constexpr int kLargeBuffer = 8 << 20;
constexpr int kPollMs = 200;
constexpr auto kLongestRun = std::chrono::hours(1);

volatile sig_atomic_t g_stop = 0;

struct Options {
    std::optional<std::string> listen;
    uint16_t port = 53;
    bool reflect = false;
    unsigned rcode = 0;
    std::optional<uint64_t> quit_after_idle_s;
};

struct Totals {
    uint64_t received = 0;
    uint64_t sent = 0;
};

constexpr const char* kUsage =
    "usage: dns_reflect --listen ADDRESS --mode sink|reflect [--port 53] [--rcode N] [--quit-after-idle "
    "SECONDS]\n"
    "Prints {\"received\":N,\"sent\":N} at its end. A sink reads nothing and reports zeros.";

Options parse(int argc, char** argv) {
    static const option known[] = {{"listen", required_argument, nullptr, 'l'},
                                   {"port", required_argument, nullptr, 'p'},
                                   {"mode", required_argument, nullptr, 'm'},
                                   {"rcode", required_argument, nullptr, 'r'},
                                   {"quit-after-idle", required_argument, nullptr, 'q'},
                                   {nullptr, 0, nullptr, 0}};
    Options options;
    std::string mode;
    for (int c; (c = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        switch (c) {
            case 'l':
                options.listen = optarg;
                break;
            case 'p':
                options.port = static_cast<uint16_t>(dnstool::parse_number("port", optarg, 1, 65535));
                break;
            case 'm':
                mode = optarg;
                break;
            case 'r':
                options.rcode = static_cast<unsigned>(dnstool::parse_number("rcode", optarg, 0, 15));
                break;
            case 'q':
                options.quit_after_idle_s = dnstool::parse_number("quit-after-idle", optarg, 1, 3600);
                break;
            default:
                dnstool::usage_error(kUsage);
        }
    }
    if (!options.listen || (mode != "sink" && mode != "reflect") || optind != argc) {
        dnstool::usage_error(kUsage);
    }
    options.reflect = mode == "reflect";
    return options;
}

int open_bound(const Options& options) {
    const dnstool::Endpoint at = dnstool::make_endpoint(*options.listen, options.port);
    const int fd = socket(at.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0) {
        dnstool::system_error("socket");
    }
    // A sink's buffer is full after a few packets; from then on the kernel drops the rest cheaply and
    // silently.
    const int size = options.reflect ? kLargeBuffer : 1;
    if (setsockopt(fd, SOL_SOCKET, options.reflect ? SO_RCVBUFFORCE : SO_RCVBUF, &size, sizeof(size)) != 0) {
        dnstool::system_error("setsockopt receive buffer");
    }
    if (bind(fd, at.get(), at.length) != 0) {
        dnstool::system_error("bind " + *options.listen);
    }
    return fd;
}

class Reflector {
  public:
    Reflector(int fd, unsigned rcode) : fd_(fd), rcode_(static_cast<uint8_t>(rcode)) {
        for (unsigned i = 0; i < kBatch; i++) {
            vectors_[i].iov_base = buffers_[i].data();
            messages_[i].msg_hdr.msg_name = &senders_[i];
            messages_[i].msg_hdr.msg_iov = &vectors_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
        }
    }

    // Answers what waits on the socket; false when nothing did.
    bool answer_batch(Totals& totals) {
        for (unsigned i = 0; i < kBatch; i++) {
            vectors_[i].iov_len = kMaxMessage;
            messages_[i].msg_hdr.msg_namelen = sizeof(senders_[i]);
        }
        const int got = recvmmsg(fd_, messages_.data(), kBatch, 0, nullptr);
        if (got <= 0) {
            return false;
        }
        totals.received += static_cast<unsigned>(got);
        totals.sent += send(turn_queries(static_cast<unsigned>(got)));
        return true;
    }

  private:
    // Turns the queries among the first `count` messages into responses and moves them to the front.
    unsigned turn_queries(unsigned count) {
        unsigned queries = 0;
        for (unsigned i = 0; i < count; i++) {
            auto* octets =
                static_cast<uint8_t*>(messages_[i].msg_hdr.msg_iov->iov_base);  // moves with the message
            if (messages_[i].msg_len < kHeader || (octets[2] & 0x80) != 0) {
                continue;  // no DNS message, or a response (QR=1): answering one could go on for ever
            }
            octets[2] |= 0x80;
            octets[3] = static_cast<uint8_t>(0x80 | rcode_);  // RA and the code
            messages_[i].msg_hdr.msg_iov->iov_len = messages_[i].msg_len;
            std::swap(messages_[queries], messages_[i]);
            queries++;
        }
        return queries;
    }

    uint64_t send(unsigned count) {
        unsigned done = 0;
        while (done < count && !g_stop) {
            const int taken = sendmmsg(fd_, messages_.data() + done, count - done, 0);
            if (taken > 0) {
                done += static_cast<unsigned>(taken);
            } else if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR && errno != ECONNREFUSED) {
                dnstool::system_error("sendmmsg");
            }
        }
        return done;
    }

    int fd_;
    uint8_t rcode_;
    std::array<std::array<uint8_t, kMaxMessage>, kBatch> buffers_{};
    std::array<sockaddr_storage, kBatch> senders_{};
    std::array<iovec, kBatch> vectors_{};
    std::array<mmsghdr, kBatch> messages_{};
};

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    struct sigaction action {};
    action.sa_handler = [](int) { g_stop = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);

    const int fd = open_bound(options);
    static Reflector reflector(fd, options.rcode);
    Totals totals;
    const auto begin = Clock::now();
    auto last_packet = begin;
    while (!g_stop && Clock::now() - begin < kLongestRun) {
        pollfd readable{fd, POLLIN, 0};
        if (!options.reflect) {
            poll(nullptr, 0, kPollMs);
        } else if (poll(&readable, 1, kPollMs) > 0 && reflector.answer_batch(totals)) {
            last_packet = Clock::now();
        }
        if (options.quit_after_idle_s &&
            Clock::now() - last_packet > std::chrono::seconds(*options.quit_after_idle_s)) {
            break;
        }
    }
    close(fd);
    std::printf("{\"received\":%llu,\"sent\":%llu}\n", static_cast<unsigned long long>(totals.received),
                static_cast<unsigned long long>(totals.sent));
    return 0;
}
