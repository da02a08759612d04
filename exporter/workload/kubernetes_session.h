// One request after the other to the API server or the kubelet; what comes goes into the table of pods.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/fetch/fetch.h"
#include "exporter/workload/kubernetes_options.h"
#include "exporter/workload/pod_json.h"
#include "exporter/workload/pod_table.h"

namespace dnsexp {

// Why a step failed, as far as it matters to what is done about it.
enum class KubernetesFailure {
    none,
    transport,     // no full response: network, TLS, a time limit, a connection that broke
    unauthorized,  // 401, with a token that was just read
    forbidden,     // 403: a permission is missing
    status,        // another status that is no success
    malformed,     // a response that is not what the API writes, or larger than the limits
    gone           // 410: the server knows nothing of that version any more
};
constexpr size_t kKubernetesFailures = static_cast<size_t>(KubernetesFailure::gone) + 1;

struct KubernetesStep {
    KubernetesFailure failure = KubernetesFailure::none;
    Error error;  // where there is a failure
    std::optional<std::chrono::seconds> retry_after;
};

// Told as things happen, on the thread that called the step. None may throw; all must be set.
struct KubernetesObserver {
    std::function<void()> on_list;      // all pages came and the table has them
    std::function<void()> on_watching;  // the server took the watch
    std::function<void()> on_event;     // one event of the watch, a bookmark included
    std::function<void(uint64_t count, const std::string& why)> on_refused;  // pods that are left out
};

// Not thread-safe: one thread at a time.
class KubernetesSession {
  public:
    KubernetesSession(KubernetesOptions options, std::unique_ptr<Fetcher> fetcher,
                      std::shared_ptr<PodTable> table, KubernetesObserver observer);

    // The next step: in kubelet mode one poll; in api mode a list, or where there is one the watch from it
    // on, until the server ends it. After a failure that the same version would bring again the next step is
    // a list.
    KubernetesStep step(const std::stop_token& stop);

    [[nodiscard]] bool list_is_next() const { return options_.mode == KubernetesMode::kubelet || list_due_; }

  private:
    KubernetesStep list(const std::stop_token& stop);
    KubernetesStep watch(const std::stop_token& stop);
    Result<FetchResponse> twice(const std::function<Result<FetchResponse>()>& request) const;
    [[nodiscard]] FetchRequest request_to(const std::string& url) const;
    [[nodiscard]] KubernetesStep failed_response(const FetchResponse& response, const std::string& url) const;
    bool take_line(std::string_view line, KubernetesStep& step);
    void take_event(WatchEvent event);

    const KubernetesOptions options_;
    const std::unique_ptr<Fetcher> fetcher_;
    const std::shared_ptr<PodTable> table_;
    const KubernetesObserver observer_;
    bool list_due_ = true;
    // Of the next list. "0" is whatever the server has in memory, which spares the cluster's store at the
    // start of many nodes; after a version was gone it must be empty, the newest, or the same old one may
    // come again.
    std::string list_version_ = "0";
    std::string watch_version_;  // of the last list or event
};

}  // namespace dnsexp
