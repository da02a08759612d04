#include "exporter/app/interface_keeper.h"

#include <algorithm>
#include <utility>

#include "exporter/base/log.h"
#include "exporter/bpf/hook.h"
#include "exporter/net/network_reader.h"

namespace dnsexp {
namespace {

// A container's start brings a dozen messages: they are read once, after this.
constexpr std::chrono::milliseconds kSettle{50};
// Interfaces that could not be attached are tried again, and whatever a lost message hid is found.
constexpr std::chrono::seconds kResync{10};

Status judge_named(const NetworkState& state, const std::vector<std::string>& patterns) {
    const auto missing = missing_named(state, patterns);
    if (missing.empty()) return ok();
    return Error{"watch interface", missing.front(), 0, "no such interface", "see `ip link`, or use a glob"};
}

}  // namespace

InterfaceKeeper::InterfaceKeeper(Pipeline& pipeline, std::unique_ptr<NetworkWatcher> watcher,
                                 std::vector<std::string> patterns)
    : pipeline_(pipeline),
      watcher_(std::move(watcher)),
      patterns_(std::move(patterns)),
      due_(Clock::now() + kResync) {}

Status InterfaceKeeper::start() {
    auto state = read_network_state();
    if (!state) return state.error();
    if (auto status = judge_named(state.value(), patterns_); !status) return status;
    for (const Link& link : state->links) remove_stale_clsact(link.index);
    if (auto status = pipeline_.sync_interfaces(state.value(), patterns_, true); !status) return status;
    if (choose_interfaces(state.value(), patterns_).empty())
        log_warn("no interface to watch yet; see --interface", {});
    return ok();
}

Status InterfaceKeeper::check(const std::vector<std::string>& patterns) {
    auto state = read_network_state();
    return state ? judge_named(state.value(), patterns) : state.error();
}

void InterfaceKeeper::set_patterns(std::vector<std::string> patterns) {
    const std::lock_guard lock(mutex_);
    new_patterns_ = std::move(patterns);
}

void InterfaceKeeper::network_event() {
    if (watcher_->changed()) due_ = std::min(due_, Clock::now() + kSettle);
}

void InterfaceKeeper::tick() {
    {
        const std::lock_guard lock(mutex_);
        if (auto patterns = std::exchange(new_patterns_, {}); patterns && *patterns != patterns_) {
            patterns_ = std::move(*patterns);
            due_ = Clock::now();
        }
    }
    if (Clock::now() < due_) return;
    due_ = Clock::now() + kResync;
    auto state = read_network_state();
    if (!state) {
        log_warn("can't read the interfaces", {{"err", state.error().message()}});
        return;
    }
    if (auto status = pipeline_.sync_interfaces(state.value(), patterns_, false); !status)
        log_warn("can't attach", {{"err", status.error().message()}});
}

}  // namespace dnsexp
