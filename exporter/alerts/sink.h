// Where alerts go: what each kind of destination must be able to do.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <vector>

#include "exporter/alerts/alert.h"
#include "exporter/base/result.h"

namespace dnsexp {

// What became of a batch. Without an error all of it was delivered.
struct Delivery {
    size_t delivered = 0;        // so many, from its front
    std::optional<Error> error;  // of what follows them
    // The destination will never take what follows as it is: only each alert alone, if at all.
    bool is_refused = false;
    std::optional<std::chrono::seconds> retry_after;  // the destination's wish
};

// One thread at a time; that thread may be held up, but returns soon once `stop` is requested. Nothing
// throws.
class AlertSink {
  public:
    virtual ~AlertSink() = default;
    // Alerts that one call of deliver() may take, at least 1.
    [[nodiscard]] virtual size_t max_batch() const = 0;
    virtual Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop) = 0;
    // Opens anew what can be open: called when it comes into force, and after a SIGHUP.
    virtual Status open() { return ok(); }
};

}  // namespace dnsexp
