// From a configured destination to the sink that serves it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "exporter/alerts/sink.h"
#include "exporter/base/result.h"
#include "exporter/config/config.h"

namespace dnsexp {

struct MadeSink {
    std::string name;  // what and where, without anything that could be secret
    std::unique_ptr<AlertSink> sink;
};

// Fails where the destination is impossible; it need not be there yet. `window_seconds`:
// AlertingConfig::window_seconds as it is when an alert is delivered.
Result<MadeSink> make_sink(const AlertDestination& destination,
                           std::shared_ptr<const std::atomic<uint32_t>> window_seconds);

}  // namespace dnsexp
