#include "exporter/alerts/dispatcher.h"

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <utility>

#include "exporter/alerts/make_sink.h"

namespace dnsexp {
namespace {

// Two destinations of one name are told apart by a number.
std::string unique_name(const std::string& name, std::set<std::string>& taken) {
    std::string unique = name;
    for (int number = 2; !taken.insert(unique).second; ++number) unique = name + "#" + std::to_string(number);
    return unique;
}

}  // namespace

LeavingSinks::~LeavingSinks() {
    const auto deadline = std::chrono::steady_clock::now() + time_to_leave;
    for (const auto& worker : workers_) worker->close();
    for (const auto& worker : workers_) worker->finish(deadline);
}

Result<std::unique_ptr<AlertDispatcher>> AlertDispatcher::make(const AlertingConfig& config,
                                                               SinkWorker::Delays delays) {
    std::unique_ptr<AlertDispatcher> dispatcher(new AlertDispatcher(delays));
    auto change = dispatcher->prepare(config);
    if (!change) return std::move(change).error();
    (void)dispatcher->apply(std::move(change).value());  // nobody leaves
    return dispatcher;
}

AlertDispatcher::~AlertDispatcher() {
    std::vector<std::shared_ptr<SinkWorker>> workers;
    for (Route& route : routes_) workers.push_back(std::move(route.worker));
    const LeavingSinks leaving(std::move(workers));
}

Result<AlertDispatcher::Change> AlertDispatcher::prepare(const AlertingConfig& config) const {
    const std::vector<Route> now = routes();
    std::vector<Route> rest = now;
    Change change;
    change.min_severity_ = config.min_severity;
    change.window_seconds_ = config.window_seconds;
    for (const AlertDestination& destination : config.destinations) {
        Route& route = change.routes_.emplace_back(Route{destination, nullptr});
        const auto same = std::ranges::find(rest, destination, &Route::destination);
        if (same == rest.end()) continue;
        route.worker = std::move(same->worker);
        rest.erase(same);
    }
    for (Route& route : rest) change.leaving_.push_back(std::move(route.worker));
    if (Status made = make_workers(now, change); !made) return std::move(made).error();
    return change;
}

// For the routes that have none.
Status AlertDispatcher::make_workers(const std::vector<Route>& now, Change& change) const {
    std::set<std::string> names;
    for (const Route& route : change.routes_)
        if (route.worker) names.insert(route.worker->name());
    for (size_t i = 0; i < change.routes_.size(); ++i) {
        Route& route = change.routes_[i];
        if (route.worker) continue;
        auto sink = make_sink(route.destination, window_seconds_);
        if (!sink) {
            Error error = std::move(sink).error();
            error.operation = "alerting.destinations[" + std::to_string(i) + "]: " + error.operation;
            return error;
        }
        const std::string name = unique_name(sink->name, names);
        const auto before =
            std::ranges::find_if(now, [&name](const Route& other) { return other.worker->name() == name; });
        const auto counts = before == now.end() ? std::make_shared<SinkCounts>() : before->worker->counts();
        try {
            route.worker = std::make_shared<SinkWorker>(name, std::move(sink->sink), delays_, counts);
        } catch (const std::exception& error) {
            return Error{"start thread", "", 0, error.what(), ""};
        }
        change.made_.push_back(route.worker);
    }
    return ok();
}

LeavingSinks AlertDispatcher::apply(Change change) {
    {
        const std::lock_guard lock(mutex_);
        min_severity_ = change.min_severity_;
        *window_seconds_ = change.window_seconds_;
        routes_.swap(change.routes_);
    }
    for (const auto& worker : change.made_) worker->reopen();
    return LeavingSinks(std::move(change.leaving_));
}

std::vector<AlertDispatcher::Route> AlertDispatcher::routes() const {
    const std::lock_guard lock(mutex_);
    return routes_;
}

void AlertDispatcher::send(const Alert& alert) {
    const std::lock_guard lock(mutex_);
    if (alert.severity < min_severity_) return;
    for (const Route& route : routes_) route.worker->push(alert);
}

void AlertDispatcher::reopen() {
    const std::lock_guard lock(mutex_);
    for (const Route& route : routes_) route.worker->reopen();
}

std::vector<SinkStatus> AlertDispatcher::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<SinkStatus> status;
    status.reserve(routes_.size());
    for (const Route& route : routes_) status.push_back(route.worker->status());
    return status;
}

}  // namespace dnsexp
