// A web server of a test's own on loopback.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/unique_fd.h"

namespace dnsexp::test {

// Answers each connection with the next of the texts, after the request's headers and `body` octets came, and
// then closes it; an empty text is silence until the client goes.
class WebServer {
  public:
    explicit WebServer(std::vector<std::string> answers, size_t body = 0)
        : answers_(std::move(answers)), body_(body), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        setenv("no_proxy", "*", 1);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (bind(socket_.get(), plain, size) != 0 || listen(socket_.get(), 8) != 0 ||
            getsockname(socket_.get(), plain, &size) != 0)
            throw std::runtime_error("no server");
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    void run(const std::stop_token& stop) {
        for (const std::string& answer : answers_) {
            if (!readable(socket_.get(), stop)) return;
            const UniqueFd client(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            std::string request;
            char buffer[4096];
            while (!complete(request) && readable(client.get(), stop)) {
                const ssize_t size = recv(client.get(), buffer, sizeof buffer, 0);
                if (size <= 0) break;
                request.append(buffer, static_cast<size_t>(size));
            }
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
            }
            (void)!send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
            if (answer.empty()) readable(client.get(), stop);
        }
    }
    [[nodiscard]] bool complete(const std::string& request) const {
        const size_t end = request.find("\r\n\r\n");
        return end != std::string::npos && request.size() >= end + 4 + body_;
    }
    static bool readable(int fd, const std::stop_token& stop) {
        pollfd one{fd, POLLIN, 0};
        while (!stop.stop_requested())
            if (poll(&one, 1, 20) > 0) return true;
        return false;
    }

    const std::vector<std::string> answers_;
    const size_t body_;
    UniqueFd socket_;
    uint16_t port_ = 0;
    std::mutex mutex_;
    std::vector<std::string> requests_;
    std::jthread thread_;
};

inline std::string answer(const std::string& body, const std::string& headers = "",
                          const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
           "Connection: close\r\n\r\n" + body;
}

}  // namespace dnsexp::test
