// Webhooks and Alertmanagers: alerts leave as JSON by POST.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/alerts/sink.h"
#include "exporter/fetch/fetch.h"

namespace dnsexp {

class HttpSink : public AlertSink {
  public:
    using Body = std::function<std::string(const std::vector<Alert>& batch)>;

    // `where`: what errors call the server, since the path of a URL may be a secret.
    HttpSink(std::unique_ptr<Fetcher> fetcher, FetchRequest request, std::string where, Body body);

    [[nodiscard]] size_t max_batch() const override { return 50; }
    Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop) override;

  private:
    const std::unique_ptr<Fetcher> fetcher_;
    FetchRequest request_;
    const std::string where_;
    const Body body_;
};

}  // namespace dnsexp
