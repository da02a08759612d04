// Alerts as syslog messages, to a local socket or over the network.
#pragma once

#include <optional>
#include <vector>

#include "exporter/alerts/sink.h"
#include "exporter/alerts/syslog_address.h"
#include "exporter/alerts/syslog_message.h"
#include "exporter/alerts/syslog_socket.h"

namespace dnsexp {

class SyslogSink : public AlertSink {
  public:
    SyslogSink(SyslogAddress address, SyslogIdentity identity)
        : address_(std::move(address)), identity_(std::move(identity)) {}

    [[nodiscard]] size_t max_batch() const override { return 50; }
    Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop) override;

  private:
    Status send(const std::vector<Alert>& batch, size_t& delivered, const std::stop_token& stop);

    const SyslogAddress address_;
    const SyslogIdentity identity_;
    std::optional<SyslogSocket> socket_;
};

}  // namespace dnsexp
