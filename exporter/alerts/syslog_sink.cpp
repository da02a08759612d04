#include "exporter/alerts/syslog_sink.h"

#include <utility>

namespace dnsexp {

Delivery SyslogSink::deliver(const std::vector<Alert>& batch, const std::stop_token& stop) {
    Delivery delivery;
    const bool was_open = socket_.has_value();
    Status sent = send(batch, delivery.delivered, stop);
    if (!sent && was_open && !stop.stop_requested()) {  // a server that was restarted is no trouble yet
        socket_.reset();
        sent = send(batch, delivery.delivered, stop);
    }
    if (!sent) {
        socket_.reset();
        delivery.error = std::move(sent).error();
    }
    return delivery;
}

Status SyslogSink::send(const std::vector<Alert>& batch, size_t& delivered, const std::stop_token& stop) {
    if (!socket_) {
        auto connected = SyslogSocket::connect(address_, stop);
        if (!connected) return std::move(connected).error();
        socket_ = std::move(connected).value();
    }
    for (size_t i = delivered; i < batch.size(); ++i) {
        if (Status sent = socket_->send(syslog_message(batch[i], identity_), stop); !sent) return sent;
        if (!socket_->is_datagram()) continue;
        if (Status confirmed = socket_->confirm(stop); !confirmed) return confirmed;
        delivered = i + 1;
    }
    if (Status confirmed = socket_->confirm(stop); !confirmed) return confirmed;
    delivered = batch.size();
    return ok();
}

}  // namespace dnsexp
