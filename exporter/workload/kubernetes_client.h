// Keeps a table of this node's pods up to date, on a thread of its own.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "exporter/base/backoff.h"
#include "exporter/base/result.h"
#include "exporter/workload/kubernetes_session.h"

namespace dnsexp {

struct KubernetesStatus {
    bool synced = false;        // there was a whole list, and the last request did not fail
    uint64_t lists = 0;         // whole lists, polls of a kubelet included
    uint64_t watch_events = 0;  // bookmarks and errors included
    uint64_t errors = 0;        // requests and watches that failed, but for versions that were gone (410)
    uint64_t refused_pods =
        0;  // times that a pod was left out, because one of its names has no form of Kubernetes'
    std::string last_error;  // empty: there was none yet
    std::time_t last_success =
        0;  // seconds since 1970 of the last list, watch or event; 0: there was none yet
};

// Writes to the table from its own thread. A failure is logged once, until that kind of request works again.
class KubernetesClient {
  public:
    // Fails where the options are impossible or libcurl or the thread can't start; the server need not be
    // there yet. Nobody else may write to the table.
    static Result<std::unique_ptr<KubernetesClient>> start(const KubernetesOptions& options,
                                                           std::shared_ptr<PodTable> table);
    // Ends the request that is under way; takes some milliseconds.
    ~KubernetesClient() = default;
    KubernetesClient(const KubernetesClient&) = delete;
    KubernetesClient& operator=(const KubernetesClient&) = delete;

    // Thread-safe.
    [[nodiscard]] KubernetesStatus status() const;

  private:
    KubernetesClient(const KubernetesOptions& options, std::unique_ptr<Fetcher> fetcher,
                     std::shared_ptr<PodTable> table);
    KubernetesObserver observer();
    void run(const std::stop_token& stop);
    std::chrono::milliseconds after(const KubernetesStep& step, bool steady);
    void succeeded();
    void failed(const KubernetesStep& step);
    bool& warned(KubernetesFailure kind) { return warned_[static_cast<size_t>(kind)]; }
    void refused(uint64_t count, const std::string& why);

    const KubernetesMode mode_;
    const std::string url_;
    const std::chrono::milliseconds kubelet_interval_;
    const std::chrono::milliseconds steady_;  // a watch that lived so long was a success

    mutable std::mutex mutex_;
    KubernetesStatus status_;  // under the mutex

    // Of the client's thread.
    KubernetesSession session_;
    Backoff backoff_;
    std::array<bool, kKubernetesFailures> warned_{};
    bool warned_of_refused_ = false;
    uint64_t events_of_watch_ = 0;

    std::condition_variable_any wake_;
    std::mutex sleep_mutex_;
    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace dnsexp
