#include "exporter/app/interface_keeper.h"

#include <algorithm>

#include "exporter/base/log.h"
#include "exporter/bpf/hook.h"
#include "exporter/net/network_reader.h"

namespace dnsexp {
namespace {

// A container's start brings a dozen messages: they are read once, after this.
constexpr std::chrono::milliseconds kSettle{50};
// Interfaces that could not be attached are tried again, and whatever a lost message hid is found.
constexpr std::chrono::seconds kResync{10};

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
    if (const auto missing = missing_named(state.value(), patterns_); !missing.empty())
        return Error{"watch interface", missing.front(), 0, "no such interface",
                     "see `ip link`, or use a glob"};
    for (const Link& link : state->links) remove_stale_clsact(link.index);
    if (auto status = pipeline_.sync_interfaces(state.value(), patterns_, true); !status) return status;
    if (choose_interfaces(state.value(), patterns_).empty())
        log_warn("no interface to watch yet; see --interface", {});
    return ok();
}

void InterfaceKeeper::network_event() {
    if (watcher_->changed()) due_ = std::min(due_, Clock::now() + kSettle);
}

void InterfaceKeeper::tick() {
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
