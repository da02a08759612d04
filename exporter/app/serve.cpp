#include "exporter/app/serve.h"

#include <signal.h>

#include "exporter/app/api_endpoints.h"
#include "exporter/app/observation.h"
#include "exporter/app/reloader.h"
#include "exporter/base/log.h"
#include "exporter/http/server.h"
#include "exporter/os/service_manager.h"
#include "exporter/os/signals.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

// For people who ask the service manager.
std::string status_text(const HttpServer& server) {
    std::string text = "Watching DNS; listening on";
    for (const std::string& address : server.addresses()) text += " " + address;
    return text;
}

// What is done between two readings of events: signals are taken, and the service manager is told.
class Caretaker {
  public:
    Caretaker(ServiceManager& manager, Reloader& reloader, const Pipeline& pipeline, std::string status)
        : manager_(manager), reloader_(reloader), pipeline_(pipeline), status_(std::move(status)) {}

    void begin() { manager_.ready(status_); }

    // Takes the signals that have come: whether one of them ends the exporter.
    bool is_told_to_stop(int signal_fd) {
        for (int signal = read_signal(signal_fd); signal != 0; signal = read_signal(signal_fd)) {
            if (signal == SIGINT || signal == SIGTERM) {
                log_info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
                manager_.stopping();
                return true;
            }
            manager_.reloading();
            is_reloading_ = true;
            reloader_.request();
        }
        return false;
    }

    void look() {
        if (is_reloading_ && reloader_.is_idle()) {
            is_reloading_ = false;
            manager_.ready(status_);
        }
        manager_.beat(pipeline_.healthy());
    }

  private:
    ServiceManager& manager_;
    Reloader& reloader_;
    const Pipeline& pipeline_;
    const std::string status_;
    bool is_reloading_ = false;  // by a signal: whoever uses HTTP has his answer there
};

HttpHandlers handlers(Pipeline& pipeline, Reloader& reloader, const Config& config, const Flags& flags) {
    HttpHandlers handlers;
    if (config.monitoring.prometheus_enabled)
        handlers.metrics = [&pipeline](Scraper scraper) { return pipeline.metrics(scraper); };
    handlers.ready = [&pipeline] { return pipeline.ready(); };
    handlers.healthy = [&pipeline] { return pipeline.healthy(); };
    if (flags.enable_lifecycle) handlers.reload = [&reloader] { return reloader.reload(); };
    handlers.api = api_endpoints(pipeline);
    return handlers;
}

}  // namespace

Status serve(const Config& config, const Flags& flags) {
    ServiceManager manager = ServiceManager::from_environment();
    auto signal_fd = make_signal_fd();
    if (!signal_fd) return signal_fd.error();
    auto observation = Observation::make(config);
    if (!observation) return observation.error();

    Pipeline& pipeline = observation.value()->pipeline();
    Reloader reloader(config, flags, *observation.value());
    // Listen before attaching: a port that is taken ends the start with nothing touched.
    auto server = HttpServer::make(
        {effective_listen_addresses(config, flags), flags.telemetry_path, flags.web_config_file},
        handlers(pipeline, reloader, config, flags));
    if (!server) return server.error();
    if (auto status = observation.value()->attach(); !status) return status;
    if (auto status = observation.value()->confine(flags); !status) return status;
    for (const std::string& address : server.value()->addresses())
        log_info("listening", {{"address", address},
                               {"tls", server.value()->has_tls() ? "on" : "off"},
                               {"version", DNSEXP_VERSION}});
    log_limit_repeats();
    Caretaker caretaker(manager, reloader, pipeline, status_text(*server.value()));
    caretaker.begin();
    return observation.value()->run(
        signal_fd->get(), [&, fd = signal_fd->get()] { return caretaker.is_told_to_stop(fd); },
        [&] { caretaker.look(); });
}

}  // namespace dnsexp
