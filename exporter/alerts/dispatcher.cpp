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

Result<std::unique_ptr<AlertDispatcher>> AlertDispatcher::make(const AlertingConfig& config,
                                                               SinkWorker::Delays delays) {
    std::unique_ptr<AlertDispatcher> dispatcher(new AlertDispatcher(config.min_severity));
    std::set<std::string> names;
    for (size_t i = 0; i < config.destinations.size(); ++i) {
        auto made = make_sink(config.destinations[i], config.window_seconds);
        if (!made) {
            Error error = std::move(made).error();
            error.operation = "alerting.destinations[" + std::to_string(i) + "]: " + error.operation;
            return error;
        }
        try {
            dispatcher->workers_.push_back(
                std::make_unique<SinkWorker>(unique_name(made->name, names), std::move(made->sink), delays));
        } catch (const std::exception& error) {
            return Error{"start thread", "", 0, error.what(), ""};
        }
    }
    return dispatcher;
}

AlertDispatcher::~AlertDispatcher() {
    const auto deadline = std::chrono::steady_clock::now() + time_to_leave;
    for (const auto& worker : workers_) worker->close();
    for (const auto& worker : workers_) worker->finish(deadline);
}

void AlertDispatcher::send(const Alert& alert) {
    if (alert.severity < min_severity_) return;
    for (const auto& worker : workers_) worker->push(alert);
}

void AlertDispatcher::reopen() {
    for (const auto& worker : workers_) worker->reopen();
}

std::vector<SinkStatus> AlertDispatcher::status() const {
    std::vector<SinkStatus> status;
    status.reserve(workers_.size());
    for (const auto& worker : workers_) status.push_back(worker->status());
    return status;
}

}  // namespace dnsexp
