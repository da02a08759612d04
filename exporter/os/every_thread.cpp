#include "exporter/os/every_thread.h"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "exporter/base/thread_signal.h"
#include "exporter/os/read_file.h"

namespace dnsexp {
namespace {

using Action = void (*)() noexcept;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{10};
constexpr const char* kThreads = "/proc/self/task";

std::atomic<Action> now_to_do{nullptr};
static_assert(std::atomic<Action>::is_always_lock_free);

extern "C" void do_it(int) {
    const int before = errno;
    if (const Action action = now_to_do.load()) action();
    errno = before;
}

Result<std::vector<pid_t>> threads() {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(kThreads), &closedir);
    if (!folder) return Error{"read directory", kThreads, errno, "", ""};
    std::vector<pid_t> found;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): each DIR has one user
    while (const dirent* entry = readdir(folder.get())) {
        const std::string_view name = entry->d_name;
        pid_t thread = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), thread).ec == std::errc{})
            found.push_back(thread);
    }
    return found;
}

// Signals those that are not done. Returns one of them, or 0.
Result<pid_t> pass(const std::function<bool(const std::string&)>& is_done) {
    const auto all = threads();
    if (!all) return all.error();
    pid_t left = 0;
    for (const pid_t thread : all.value()) {
        const auto status = read_file(std::string(kThreads) + "/" + std::to_string(thread) + "/status");
        if (!status || is_done(status.value())) continue;  // what can't be read has ended
        left = thread;
        // Its own thread has done what it could.
        if (thread != gettid()) (void)syscall(SYS_tgkill, getpid(), thread, thread_signal());
    }
    return left;
}

// Two passes in a row must find nobody: a thread that was not done may have started another behind the first.
Status pass_until_done(const std::function<bool(const std::string&)>& is_done) {
    const auto end = Clock::now() + kPatience;
    for (int found_all_done = 0; found_all_done < 2;) {
        const auto left = pass(is_done);
        if (!left) return left.error();
        found_all_done = left.value() == 0 ? found_all_done + 1 : 0;
        if (left.value() == 0) continue;
        if (Clock::now() > end)
            return Error{"reach thread", std::to_string(left.value()), 0, "it did not do its part", ""};
        std::this_thread::sleep_for(kPause);
    }
    return ok();
}

}  // namespace

Status in_every_thread(Action action, const std::function<bool(const std::string&)>& is_done) {
    now_to_do = action;
    struct sigaction handler {};
    handler.sa_handler = do_it;
    handler.sa_flags = SA_RESTART;
    sigfillset(&handler.sa_mask);
    if (sigaction(thread_signal(), &handler, nullptr) != 0)
        return Error{"handle signal", "SIGRTMIN", errno, "", ""};
    action();
    Status status = pass_until_done(is_done);
    // Ignored rather than as before: one that still waits would end the process.
    (void)signal(thread_signal(), SIG_IGN);
    now_to_do = nullptr;
    return status;
}

}  // namespace dnsexp
