#include "exporter/os/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "exporter/base/clock.h"
#include "exporter/base/log.h"

namespace dnsexp {
namespace {

constexpr uint64_t kNsPerUs = 1000;
// A manager that reads nothing holds its service up for no longer.
constexpr timeval kSendTimeout{1, 0};

// The variable's value; it is gone afterwards, so that no child takes itself for the service.
std::optional<std::string> take(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads
    if (value == nullptr) return {};
    std::string text = value;
    unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

const char* text_of(const std::optional<std::string>& value) {
    return value ? value->c_str() : nullptr;
}

}  // namespace

Result<std::optional<std::chrono::microseconds>> parse_watchdog(const char* microseconds, const char* pid,
                                                                int own_pid) {
    using Watchdog = std::optional<std::chrono::microseconds>;
    const auto wrong = [](const char* name, const char* value) {
        return Error{"read environment variable", name, 0, "'" + std::string(value) + "' is no such number",
                     "the watchdog gets no sign of life"};
    };
    if (microseconds == nullptr) return Watchdog{};
    if (pid != nullptr) {
        const auto number = parse_number<pid_t>(pid);
        if (!number || *number <= 0) return wrong("WATCHDOG_PID", pid);
        if (*number != own_pid) return Watchdog{};
    }
    const auto number = parse_number<int64_t>(microseconds);
    if (!number || *number <= 0) return wrong("WATCHDOG_USEC", microseconds);
    return Watchdog{std::chrono::microseconds(*number)};
}

ServiceManager ServiceManager::from_environment() {
    const auto socket = take("NOTIFY_SOCKET"), microseconds = take("WATCHDOG_USEC"),
               pid = take("WATCHDOG_PID");
    if (!socket) return {};
    const auto watchdog = parse_watchdog(text_of(microseconds), text_of(pid), getpid());
    if (!watchdog) log_warn("no watchdog", {{"err", watchdog.error().message()}});
    auto manager = make(*socket, watchdog ? watchdog.value() : std::nullopt);
    if (manager) return std::move(manager).value();
    log_warn("the service manager is not told", {{"err", manager.error().message()}});
    return {};
}

Result<ServiceManager> ServiceManager::make(const std::string& socket,
                                            std::optional<std::chrono::microseconds> watchdog) {
    const auto failed = [&socket](int errnum, std::string detail) {
        return Error{"connect to the service manager", socket, errnum, std::move(detail), ""};
    };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.size() < 2 || (socket[0] != '/' && socket[0] != '@'))
        return failed(0, "NOTIFY_SOCKET must be a path or @NAME");
    if (socket.size() >= sizeof address.sun_path) return failed(ENAMETOOLONG, "");
    std::memcpy(address.sun_path, socket.data(), socket.size());
    // An abstract name begins with a zero and has no end mark; a path has one.
    const bool is_abstract = socket[0] == '@';
    if (is_abstract) address.sun_path[0] = '\0';
    const size_t length = offsetof(sockaddr_un, sun_path) + socket.size() + (is_abstract ? 0 : 1);
    ServiceManager manager;
    manager.watchdog_ = watchdog;
    manager.socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int fd = manager.socket_.get();
    if (!manager.socket_ ||
        connect(fd, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof kSendTimeout) != 0)
        return failed(errno, "");
    return manager;
}

void ServiceManager::ready(std::string_view status) {
    std::string line(status);
    std::replace(line.begin(), line.end(), '\n', ' ');  // a message is lines NAME=VALUE
    tell("READY=1\nSTATUS=" + line);
}

void ServiceManager::reloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_ns() / kNsPerUs));
}

void ServiceManager::stopping() {
    tell("STOPPING=1");
}

void ServiceManager::beat(bool healthy, Clock::time_point now) {
    if (!watchdog_ || !healthy || now < next_beat_) return;
    // One that the manager has no room for now is tried again at the next call.
    if (send("WATCHDOG=1", MSG_DONTWAIT)) next_beat_ = now + *watchdog_ / 2;
}

void ServiceManager::tell(const std::string& text) {
    if (!socket_ || send(text, 0)) return;
    const Error error{"tell the service manager", text.substr(0, text.find('=')), errno, "", ""};
    log_warn("the service manager was not told", {{"err", error.message()}});
}

bool ServiceManager::send(const std::string& text, int flags) {
    return ::send(socket_.get(), text.data(), text.size(), flags | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
}

}  // namespace dnsexp
