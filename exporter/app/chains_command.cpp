#include "exporter/app/chains_command.h"

#include <fnmatch.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <optional>

#include "exporter/app/feed.h"
#include "exporter/base/log.h"
#include "exporter/os/signals.h"
#include "exporter/os/timer.h"
#include "exporter/terminal/chain_reading.h"
#include "exporter/terminal/chain_text.h"

namespace dnsexp {
namespace {

using Clock = std::chrono::steady_clock;

// The exporter keeps some thousand chains, so several times as many a second are seen.
constexpr std::chrono::milliseconds kAskEvery{250};
constexpr uint32_t kMostAtOnce = 4096;
constexpr double kMsPerSecond = 1e3;

bool is_wanted(const ReadChain& chain, const ChainsFlags& flags) {
    if (!flags.name.empty() && fnmatch(flags.name.c_str(), chain.name.c_str(), FNM_CASEFOLD) != 0)
        return false;
    if (flags.pid && *flags.pid != chain.pid) return false;
    // What nobody answered took longer than anything.
    return !chain.seconds || *chain.seconds * kMsPerSecond >= flags.slower_than_ms;
}

class Chains {
  public:
    Chains(Feed& feed, const ChainsFlags& flags) : feed_(feed), flags_(flags) {}

    // Only what ends from now on is shown.
    Status begin() {
        auto reading = ask(0, 1);
        if (!reading) return reading.error();
        if (!reading->available)
            return Error{"show chains", "", 0, "nobody tells of them there", "see workload.backend"};
        keep_place(*reading);
        return ok();
    }

    // False: nobody reads any more.
    Result<bool> show_new() {
        // The last one that is known comes again, and tells whether the numbers are still those of one
        // exporter.
        auto reading = ask(after_ > 0 ? after_ - 1 : 0, kMostAtOnce);
        if (!reading) return bear(reading.error());
        patience_.worked();
        is_silent_ = false;
        if (is_started_anew(*reading)) {
            log_warn("the exporter was started anew; what ended between is not shown");
            after_ = 0;
            last_.reset();
            return show_new();
        }
        if (reading->first_sequence > after_ + 1) summary_.add_missed(reading->first_sequence - after_ - 1);
        for (const ReadChain& chain : reading->chains)
            if (chain.sequence > after_ && is_wanted(chain, flags_)) show(chain);
        keep_place(*reading);
        return flushed();
    }

    // An Error where what was to be told can't be written.
    Status end() {
        if (!flags_.json)
            for (const std::string& line : summary_.lines()) print(line);
        else if (summary_.missed() != 0)
            log_warn("chains came too fast to be shown", {{"missed", std::to_string(summary_.missed())}});
        const auto is_read = flushed();
        return is_read ? ok() : Status(is_read.error());
    }

    // Whether the feed failed the last time.
    [[nodiscard]] bool is_silent() const { return is_silent_; }

  private:
    Result<ChainReading> ask(uint64_t after, uint32_t limit) {
        auto body =
            feed_.get("/api/v1/chains?after=" + std::to_string(after) + "&limit=" + std::to_string(limit));
        if (!body) return body.error();
        return read_chains(body.value());
    }

    // What does not work is told once, and ends the command when it lasts.
    Result<bool> bear(const Error& failure) {
        if (auto error = patience_.failed(failure)) return *error;
        if (!is_silent_) log_warn("no chains to be had for now", {{"err", failure.message()}});
        is_silent_ = true;
        return true;
    }

    [[nodiscard]] bool is_started_anew(const ChainReading& reading) const {
        if (reading.finished < after_) return true;
        return last_ && !reading.chains.empty() && reading.chains.front().sequence == after_ &&
               !is_same_chain(reading.chains.front(), *last_);
    }

    void keep_place(const ChainReading& reading) {
        after_ = reading.finished;
        last_.reset();
        if (!reading.chains.empty() && reading.chains.back().sequence == after_)
            last_ = reading.chains.back();
    }

    void show(const ReadChain& chain) {
        summary_.add(chain);
        if (flags_.json) return print(chain.json);
        for (const std::string& line : chain_tree(chain)) print(line);
        print("");
    }

    void print(const std::string& line) {
        if (write_errno_ == 0 && std::printf("%s\n", line.c_str()) < 0) write_errno_ = errno;
    }

    // False: nobody reads any more.
    Result<bool> flushed() {
        if (write_errno_ == 0 && std::fflush(stdout) != 0) write_errno_ = errno;
        if (write_errno_ != 0 && write_errno_ != EPIPE) return Error{"write", "stdout", write_errno_, "", ""};
        return write_errno_ == 0;
    }

    Feed& feed_;
    const ChainsFlags& flags_;
    ChainSummary summary_;
    Patience patience_;
    bool is_silent_ = false;
    uint64_t after_ = 0;             // the number of the last chain that there was
    std::optional<ReadChain> last_;  // that chain, where it is known
    int write_errno_ = 0;            // of the first line that could not be written; 0: none
};

// False: it is time to end.
Result<bool> wait(int signal_fd, int timer_fd, std::optional<Clock::time_point> end) {
    pollfd fds[] = {{signal_fd, POLLIN, 0}, {timer_fd, POLLIN, 0}};
    if (poll(fds, std::size(fds), -1) < 0 && errno != EINTR) return Error{"poll", "", errno, "", ""};
    read_expirations(timer_fd);
    if (read_signal(signal_fd) != 0) return false;
    return !end || Clock::now() < *end;
}

Status show_until_end(Chains& chains, int signal_fd, int timer_fd, std::optional<Clock::time_point> end) {
    for (;;) {
        auto waited = wait(signal_fd, timer_fd, end);
        if (!waited) return waited.error();
        const bool is_over = !waited.value();
        // Who wants it to end does not wait seconds for one more failure.
        if (is_over && chains.is_silent()) return ok();
        auto shown = chains.show_new();
        if (!shown) return shown.error();
        if (is_over || !shown.value()) return ok();
    }
}

}  // namespace

Status run_chains(const Config& config, const Flags& flags) {
    auto signal_fd = make_signal_fd();
    if (!signal_fd) return signal_fd.error();
    auto timer = make_periodic_timer(kAskEvery);
    if (!timer) return timer.error();
    auto feed = make_feed(config, flags);
    if (!feed) return feed.error();
    std::optional<Clock::time_point> end;
    if (flags.chains.duration_seconds > 0)
        end = Clock::now() + std::chrono::seconds(flags.chains.duration_seconds);
    Chains chains(*feed.value(), flags.chains);
    if (auto status = chains.begin(); !status) return status;
    log_info("waiting for chains", {{"from", feed.value()->source()}});
    const auto shown = show_until_end(chains, signal_fd->get(), timer->get(), end);
    const auto ended = chains.end();
    return shown ? ended : shown;
}

}  // namespace dnsexp
