#include "exporter/workload/kubernetes_client.h"

#include <exception>
#include <random>
#include <system_error>

#include "exporter/base/log.h"
#include "exporter/fetch/url.h"
#include "exporter/workload/kubernetes_names.h"

namespace dnsexp {
namespace {

// Watches that end sooner than five times the shortest delay are not simply begun anew.
constexpr int kSteadyDelays = 5;

Status check(const KubernetesOptions& options) {
    if (auto origin = url_origin(options.url); !origin) return std::move(origin).error();
    const auto refused = [](const char* what, const char* why) {
        return Error{"watch pods", what, 0, why, ""};
    };
    if (options.mode == KubernetesMode::api && !is_kubernetes_subdomain(options.node))
        return refused("node name", "it is no RFC 1123 subdomain");
    if (options.backoff_min.count() <= 0 || options.backoff_max < options.backoff_min)
        return refused("delays", "the shortest must be more than 0, and at most the longest");
    if (options.watch_timeout.count() <= 0 || options.page_size == 0)
        return refused("limits", "the watch's duration and the page's size must be more than 0");
    return ok();
}

}  // namespace

Result<std::unique_ptr<KubernetesClient>> KubernetesClient::start(const KubernetesOptions& options,
                                                                  std::shared_ptr<PodTable> table) {
    if (auto checked = check(options); !checked) return std::move(checked).error();
    auto fetcher = Fetcher::make();
    if (!fetcher) return std::move(fetcher).error();
    try {
        std::unique_ptr<KubernetesClient> client(
            new KubernetesClient(options, std::move(fetcher).value(), std::move(table)));
        client->thread_ = std::jthread([&self = *client](const std::stop_token& stop) { self.run(stop); });
        return client;
    } catch (const std::exception& error) {
        return Error{"start thread", "", 0, error.what(), ""};
    }
}

KubernetesClient::KubernetesClient(const KubernetesOptions& options, std::unique_ptr<Fetcher> fetcher,
                                   std::shared_ptr<PodTable> table)
    : mode_(options.mode),
      url_(shown_url(options.url)),
      kubelet_interval_(options.kubelet_interval),
      steady_(options.backoff_min * kSteadyDelays),
      session_(options, std::move(fetcher), std::move(table), observer()),
      backoff_(options.backoff_min, options.backoff_max, std::random_device{}()) {}

KubernetesStatus KubernetesClient::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

KubernetesObserver KubernetesClient::observer() {
    return {
        .on_list =
            [this] {
                const std::lock_guard lock(mutex_);
                ++status_.lists;
            },
        .on_watching =
            [this] {
                succeeded();
                // What comes on the watch may still be garbage, as it may have been before.
                const bool malformed = warned(KubernetesFailure::malformed);
                warned_.fill(false);
                warned(KubernetesFailure::malformed) = malformed;
            },
        .on_event =
            [this] {
                ++events_of_watch_;
                const std::lock_guard lock(mutex_);
                ++status_.watch_events;
                status_.last_success = std::time(nullptr);
            },
        .on_refused = [this](uint64_t count, const std::string& why) { refused(count, why); },
    };
}

void KubernetesClient::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto begin = std::chrono::steady_clock::now();
        const bool listed = session_.list_is_next();
        events_of_watch_ = 0;
        const KubernetesStep step = session_.step(stop);
        if (stop.stop_requested()) return;
        if (step.failure != KubernetesFailure::none)
            failed(step);
        else if (listed)
            succeeded();
        const bool steady = !listed && std::chrono::steady_clock::now() - begin >= steady_;
        const auto delay = mode_ == KubernetesMode::api && listed && step.failure == KubernetesFailure::none
                               ? std::chrono::milliseconds(0)  // the watch follows at once
                               : after(step, steady);
        std::unique_lock lock(sleep_mutex_);
        wake_.wait_for(lock, stop, delay, [] { return false; });
    }
}

// The wait after a kubelet's list, a watch, or a failure.
std::chrono::milliseconds KubernetesClient::after(const KubernetesStep& step, bool steady) {
    const bool came_to_its_end =
        step.failure == KubernetesFailure::none || step.failure == KubernetesFailure::transport;
    // Garbage and lost versions are no progress, however many events came before: they may come again.
    if (steady || (came_to_its_end && events_of_watch_ > 0)) {
        backoff_.reset();
        warned(KubernetesFailure::malformed) = false;
    }
    if (step.failure == KubernetesFailure::forbidden) return backoff_.max();
    if (step.failure != KubernetesFailure::none) return backoff_.next(step.retry_after);
    if (mode_ == KubernetesMode::kubelet) {
        backoff_.reset();
        warned_.fill(false);
        return kubelet_interval_;
    }
    return steady || events_of_watch_ > 0 ? std::chrono::milliseconds(0) : backoff_.next();
}

void KubernetesClient::succeeded() {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = !status_.synced;
        status_.synced = true;
        status_.last_success = std::time(nullptr);
    }
    if (first) log_info("pods are known", {{"from", url_}});
}

void KubernetesClient::failed(const KubernetesStep& step) {
    const std::string message = step.error.message();
    // That the server forgot an old version is part of its normal life.
    if (step.failure == KubernetesFailure::gone) {
        log_debug("pods are listed anew", {{"from", url_}, {"reason", message}});
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        ++status_.errors;
        status_.synced = false;
        status_.last_error = message;
    }
    if (warned(step.failure)) return;
    warned(step.failure) = true;
    log_warn("can't learn of pods; trying again", {{"from", url_}, {"err", message}});
}

void KubernetesClient::refused(uint64_t count, const std::string& why) {
    {
        const std::lock_guard lock(mutex_);
        status_.refused_pods += count;
    }
    if (warned_of_refused_) return;
    warned_of_refused_ = true;
    log_warn("a pod is left out; others may follow", {{"from", url_}, {"reason", why}});
}

}  // namespace dnsexp
