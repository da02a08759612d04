#include "exporter/app/serve.h"

#include <signal.h>

#include "exporter/app/api_endpoints.h"
#include "exporter/app/observation.h"
#include "exporter/base/log.h"
#include "exporter/http/server.h"
#include "exporter/os/signals.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

// Takes the signals that have come: whether one of them ends the exporter.
bool is_told_to_stop(int signal_fd, Pipeline& pipeline) {
    for (int signal = read_signal(signal_fd); signal != 0; signal = read_signal(signal_fd)) {
        if (signal == SIGINT || signal == SIGTERM) {
            log_info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
            return true;
        }
        if (pipeline.security()) pipeline.security()->reopen();
        log_warn(
            "SIGHUP: files of alerts are opened anew, blocklists read; a new configuration takes a restart",
            {});
    }
    return false;
}

HttpHandlers handlers(Pipeline& pipeline, const Config& config) {
    HttpHandlers handlers;
    if (config.monitoring.prometheus_enabled)
        handlers.metrics = [&pipeline](Scraper scraper) { return pipeline.metrics(scraper); };
    handlers.ready = [&pipeline] { return pipeline.ready(); };
    handlers.healthy = [&pipeline] { return pipeline.healthy(); };
    handlers.api = api_endpoints(pipeline);
    return handlers;
}

}  // namespace

Status serve(const Config& config, const Flags& flags) {
    auto signal_fd = make_signal_fd();
    if (!signal_fd) return signal_fd.error();
    auto observation = Observation::make(config);
    if (!observation) return observation.error();

    // Listen before attaching: a port that is taken ends the start with nothing touched.
    auto server = HttpServer::make({effective_listen_addresses(config, flags), flags.telemetry_path},
                                   handlers(observation.value()->pipeline(), config));
    if (!server) return server.error();
    if (auto status = observation.value()->attach(); !status) return status;
    for (const std::string& address : server.value()->addresses())
        log_info("listening", {{"address", address}, {"version", DNSEXP_VERSION}});
    Pipeline& pipeline = observation.value()->pipeline();
    return observation.value()->run(
        signal_fd->get(), [fd = signal_fd->get(), &pipeline] { return is_told_to_stop(fd, pipeline); });
}

}  // namespace dnsexp
