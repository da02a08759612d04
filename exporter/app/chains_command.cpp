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
        auto reading = ask(0, 0);
        if (!reading) return reading.error();
        if (!reading->available)
            return Error{"show chains", "", 0, "nobody tells of them there", "see workload.backend"};
        after_ = reading->finished;
        return ok();
    }

    // False: nobody reads any more.
    Result<bool> show_new() {
        auto reading = ask(after_, kMostAtOnce);
        if (!reading) {
            if (auto error = patience_.failed(reading.error())) return *error;
            return true;
        }
        patience_.worked();
        if (reading->finished < after_) {  // it has been started anew
            after_ = 0;
            return true;
        }
        if (reading->first_sequence > after_ + 1) summary_.add_missed(reading->first_sequence - after_ - 1);
        after_ = reading->finished;
        bool is_read = true;
        for (const ReadChain& chain : reading->chains)
            if (is_wanted(chain, flags_)) is_read = is_read && show(chain);
        return std::fflush(stdout) == 0 && is_read;
    }

    void end() const {
        if (flags_.json) return;
        for (const std::string& line : summary_.lines()) std::printf("%s\n", line.c_str());
    }

  private:
    Result<ChainReading> ask(uint64_t after, uint32_t limit) {
        auto body =
            feed_.get("/api/v1/chains?after=" + std::to_string(after) + "&limit=" + std::to_string(limit));
        if (!body) return body.error();
        return read_chains(body.value());
    }

    bool show(const ReadChain& chain) {
        summary_.add(chain);
        if (flags_.json) return std::printf("%s\n", chain.json.c_str()) >= 0;
        bool is_read = true;
        for (const std::string& line : chain_tree(chain))
            is_read = is_read && std::printf("%s\n", line.c_str()) >= 0;
        return is_read && std::printf("\n") >= 0;
    }

    Feed& feed_;
    const ChainsFlags& flags_;
    ChainSummary summary_;
    Patience patience_;
    uint64_t after_ = 0;
};

// False: it is time to end.
Result<bool> wait(int signal_fd, int timer_fd, std::optional<Clock::time_point> end) {
    pollfd fds[] = {{signal_fd, POLLIN, 0}, {timer_fd, POLLIN, 0}};
    if (poll(fds, std::size(fds), -1) < 0 && errno != EINTR) return Error{"poll", "", errno, "", ""};
    read_expirations(timer_fd);
    if (read_signal(signal_fd) != 0) return false;
    return !end || Clock::now() < *end;
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
    for (bool goes_on = true; goes_on;) {
        auto waited = wait(signal_fd->get(), timer->get(), end);
        if (!waited) return waited.error();
        auto shown = chains.show_new();
        if (!shown) return shown.error();
        goes_on = waited.value() && shown.value();
    }
    chains.end();
    return ok();
}

}  // namespace dnsexp
