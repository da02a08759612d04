#include "exporter/app/reloader.h"

#include <utility>
#include <vector>

#include "exporter/base/comma_list.h"
#include "exporter/base/log.h"
#include "exporter/config/config_changes.h"
#include "exporter/config/config_file.h"

namespace dnsexp {
namespace {

Error refused(const std::vector<ConfigError>& errors) {
    for (const ConfigError& error : errors)
        log_error("configuration not reloaded: the old one stays in force", {{"err", error.text()}});
    return Error{"reload configuration", "", 0, errors.front().text(),
                 errors.size() > 1 ? "and " + std::to_string(errors.size() - 1) + " more, see the log" : ""};
}

}  // namespace

Reloader::Reloader(Config running, Flags flags, Observation& observation)
    : running_(std::move(running)),
      flags_(std::move(flags)),
      observation_(observation),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Reloader::~Reloader() {
    thread_.request_stop();
    thread_.join();
}

void Reloader::request() {
    const std::lock_guard lock(mutex_);
    ++requested_;
    changed_.notify_all();
}

Status Reloader::reload() {
    std::unique_lock lock(mutex_);
    const uint64_t mine = ++requested_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return ended_ >= mine || is_over_; });
    if (ended_ < mine) return Error{"reload configuration", "", 0, "the exporter is stopping", ""};
    return error_ ? Status(*error_) : ok();
}

bool Reloader::is_idle() const {
    const std::lock_guard lock(mutex_);
    return requested_ == ended_;
}

void Reloader::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return requested_ != ended_; })) {
        begun_ = requested_;
        lock.unlock();
        Status status = reload_now();
        lock.lock();
        ended_ = begun_;
        error_ = status ? std::nullopt : std::optional(status.error());
        changed_.notify_all();
    }
    is_over_ = true;
    changed_.notify_all();
}

Status Reloader::reload_now() {
    Status status = ok();
    try {
        status = take_file();
        observation_.pipeline().reopen_files();
    } catch (const std::exception& error) {  // no memory, no thread
        status = Error{"reload configuration", flags_.config_file, 0, error.what(), ""};
    }
    observation_.pipeline().note_reload(static_cast<bool>(status));
    return status;
}

Status Reloader::take_file() {
    if (flags_.config_file.empty()) {
        log_info("files are opened and blocklists read anew; there is no --config.file to reload", {});
        return ok();
    }
    ConfigLoad load = load_config(flags_.config_file);
    if (!load) return refused(load.errors);
    Config next = with_flags(std::move(load.config), flags_);
    const ConfigChanges changes = merge_running(running_, next);
    if (auto status = observation_.reconfigure(next); !status) {
        log_error("configuration not reloaded: the old one stays in force",
                  {{"err", status.error().message()}});
        return status;
    }
    running_ = std::move(next);
    for (const std::string& key : changes.waiting)
        log_warn("this key takes a restart, its old value stays in force", {{"key", key}});
    log_info("configuration reloaded",
             {{"file", flags_.config_file}, {"changed", comma_list(changes.applied)}});
    return ok();
}

}  // namespace dnsexp
