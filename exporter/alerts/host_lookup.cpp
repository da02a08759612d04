#include "exporter/alerts/host_lookup.h"

#include <netdb.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace dnsexp {
namespace {

constexpr std::chrono::seconds kPatience{10};

using Addresses = Result<std::vector<SocketAddress>>;

Error failed(const std::string& host, int errnum, const std::string& why) {
    return Error{"look up host", host, errnum, why, ""};
}

Addresses lookup(const std::string& host, const std::string& port, int socket_type, int flags) {
    addrinfo hints{};
    hints.ai_socktype = socket_type;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    if (code != 0) return failed(host, code == EAI_SYSTEM ? errno : 0, gai_strerror(code));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, freeaddrinfo);
    std::vector<SocketAddress> addresses;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        SocketAddress address{one->ai_family, {}, one->ai_addrlen};
        std::memcpy(&address.address, one->ai_addr, one->ai_addrlen);
        addresses.push_back(address);
    }
    return addresses;
}

// Between the one who waits and the resolver's thread, which may outlive it.
struct Question {
    std::mutex mutex;
    std::condition_variable_any answered;
    std::unique_ptr<Addresses> answer;
};

}  // namespace

Addresses lookup_host(const std::string& host, const std::string& port, int socket_type,
                      const std::stop_token& stop) {
    if (auto numeric = lookup(host, port, socket_type, AI_NUMERICHOST)) return numeric;
    const auto question = std::make_shared<Question>();
    try {
        std::thread([question, host, port, socket_type] {
            auto answer = std::make_unique<Addresses>(lookup(host, port, socket_type, AI_ADDRCONFIG));
            const std::lock_guard lock(question->mutex);
            question->answer = std::move(answer);
            question->answered.notify_all();
        }).detach();
    } catch (const std::exception& error) {
        return failed(host, 0, error.what());
    }
    std::unique_lock lock(question->mutex);
    if (question->answered.wait_for(lock, stop, kPatience, [&] { return question->answer != nullptr; }))
        return std::move(*question->answer);
    return failed(host, stop.stop_requested() ? ECANCELED : ETIMEDOUT, "");
}

}  // namespace dnsexp
