// Octets sent to servers that listen, one for everybody and one with passwords: they answer each connection
// with HTTP or close it, soon, and still serve the next one.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "exporter/base/log.h"
#include "exporter/base/unique_fd.h"
#include "exporter/http/server.h"
#include "test/fuzz/input.h"

using namespace dnsexp;

namespace {

// Beyond every limit of the server's: who waits longer found one that hangs.
constexpr timeval kPatience{20, 0};
// A client that sends more must read meanwhile; the server reads no more than its header's limit.
constexpr size_t kSentMax = 20'000;

void require(bool condition) {
    if (!condition) __builtin_trap();
}

// The server may reset a connection; send() may have been told so already (ENOTCONN).
void check_end(int errnum) {
    if (errnum == ECONNRESET || errnum == ENOTCONN) return;
    std::fprintf(stderr, "receive: %s\n", std::generic_category().message(errnum).c_str());
    __builtin_trap();
}

// A user `u` with the password "p"; bcrypt's least cost, as passwords are not what is tried here.
constexpr const char* kPasswords =
    "basic_auth_users: {u: $2y$04$KPqn8z.iIh8d0wFFFajDkuVpilqUiWYKtVi2nnvktwu6ZObWnzLpS}\n"
    "http_server_config: {headers: {X-Frame-Options: deny}}\n";

// The name of a new file of that text.
std::string file_of(std::string_view text) {
    char name[] = "/tmp/dnsexp-fuzz-XXXXXX";
    const UniqueFd fd(mkstemp(name));
    require(write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    return name;
}

class Target {
  public:
    explicit Target(std::string_view web_config = "") {
        log_configure(LogLevel::error, LogFormat::logfmt);
        HttpOptions options;
        options.listen_addresses = {"127.0.0.1:0"};
        if (!web_config.empty()) options.web_config_file = file_ = file_of(web_config);
        HttpHandlers handlers{[](Scraper) { return std::string("up 1\n"); }, [] { return true; },
                              [] { return true; }};
        handlers.api = {
            {"/api/v1/echo", [](std::string_view) -> Result<std::string> { return std::string("{}"); }},
            {"/api/v1/stream", {}, [](std::string_view) -> Result<StreamBody> {
                 return StreamBody([](const std::function<bool(std::string_view)>& write) {
                     for (int lines = 0; lines < 3; ++lines)
                         if (!write("{}\n")) return;
                 });
             }}};
        auto made = HttpServer::make(options, std::move(handlers));
        require(static_cast<bool>(made));
        server_ = std::move(made).value();
        const std::string address = server_->addresses().at(0);
        port_ = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }

    ~Target() {
        if (!file_.empty()) unlink(file_.c_str());
    }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    // What comes back until the server closes. It may close before it has read all, which is a reset here.
    [[nodiscard]] std::string answer(std::string_view request) const {
        const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        require(setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) == 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        require(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
        shutdown(fd.get(), SHUT_WR);
        std::string text;
        std::array<char, 4096> buffer;
        for (;;) {
            const ssize_t size = recv(fd.get(), buffer.data(), buffer.size(), 0);
            if (size < 0 && errno == EINTR) continue;  // the fuzzer's clock
            if (size < 0) check_end(errno);
            if (size <= 0) return text;
            text.append(buffer.data(), static_cast<size_t>(size));
        }
    }

  private:
    std::unique_ptr<HttpServer> server_;
    std::string file_;
    uint16_t port_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Target target, guarded(kPasswords);
    static unsigned runs = 0;
    const std::string_view request(reinterpret_cast<const char*>(data), std::min(size, kSentMax));
    const std::string text = target.answer(request);
    require(text.empty() || text.starts_with("HTTP/1.1 "));
    const std::string reply = guarded.answer(request);
    require(reply.empty() || reply.starts_with("HTTP/1.1 "));
    constexpr unsigned kBetweenScrapes = 64;
    if (runs++ % kBetweenScrapes == 0)
        require(target.answer("GET /metrics HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
    return 0;
}
