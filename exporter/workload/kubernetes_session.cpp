#include "exporter/workload/kubernetes_session.h"

#include <cerrno>

#include "exporter/fetch/url.h"
#include "exporter/workload/kubernetes_lines.h"

namespace dnsexp {
namespace {

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kGone = 410;

KubernetesStep failure(KubernetesFailure kind, Error error) {
    return {kind, std::move(error), std::nullopt};
}

// Too much of a response is the response's fault; all else that fetch reports is the way to it.
KubernetesFailure kind_of(const Error& error) {
    return error.errnum == EFBIG ? KubernetesFailure::malformed : KubernetesFailure::transport;
}

PodTable::Time now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

KubernetesSession::KubernetesSession(KubernetesOptions options, std::unique_ptr<Fetcher> fetcher,
                                     std::shared_ptr<PodTable> table, KubernetesObserver observer)
    : options_(std::move(options)),
      fetcher_(std::move(fetcher)),
      table_(std::move(table)),
      observer_(std::move(observer)) {}

KubernetesStep KubernetesSession::step(const std::stop_token& stop) {
    if (list_is_next()) return list(stop);
    KubernetesStep done = watch(stop);
    list_due_ = done.failure == KubernetesFailure::gone || done.failure == KubernetesFailure::malformed;
    if (list_due_) list_version_.clear();
    return done;
}

KubernetesStep KubernetesSession::list(const std::stop_token& stop) {
    const bool kubelet = options_.mode == KubernetesMode::kubelet;
    std::vector<Pod> pods;
    std::string page;
    std::string version;
    do {
        // The server refuses a version together with a page's token, which implies it.
        const std::string url =
            kubelet ? kubelet_url(options_) : list_url(options_, page.empty() ? list_version_ : "", page);
        const FetchRequest request = request_to(url);
        auto response = twice([&] { return fetcher_->fetch(request, stop); });
        if (!response) return failure(kind_of(response.error()), response.error());
        if (response->status != 200) {
            if (response->status == kGone) list_version_.clear();
            return failed_response(*response, url);
        }
        auto part = pod_list_from_json(response->body);
        if (!part) return failure(KubernetesFailure::malformed, part.error());
        if (part->refused > 0) observer_.on_refused(part->refused, part->first_refusal);
        for (Pod& pod : part->pods) pods.push_back(std::move(pod));
        if (pods.size() > options_.max_pods)
            return failure(KubernetesFailure::malformed,
                           {"list pods", shown_url(url), 0, "more pods than a node has", ""});
        if (part->next_page == page && !page.empty())
            return failure(KubernetesFailure::malformed,
                           {"list pods", shown_url(url), 0, "a page follows itself", ""});
        page = std::move(part->next_page);
        version = std::move(part->resource_version);
    } while (!kubelet && !page.empty());
    if (!kubelet && version.empty())
        return failure(KubernetesFailure::malformed,
                       {"list pods", options_.url, 0, "no resourceVersion", ""});
    table_->replace(std::move(pods), now());
    watch_version_ = std::move(version);
    list_due_ = false;
    observer_.on_list();
    return {};
}

KubernetesStep KubernetesSession::watch(const std::stop_token& stop) {
    FetchRequest request = request_to(watch_url(options_, watch_version_));
    request.total_timeout = std::chrono::milliseconds(0);
    request.idle_timeout = options_.watch_timeout + options_.watch_grace;
    LineSplitter lines(options_.max_event_octets);
    KubernetesStep step;
    FetchSink sink;
    sink.on_start = observer_.on_watching;
    sink.on_piece = [&](std::string_view piece) {
        const auto outcome = lines.add(piece, [&](std::string_view line) { return take_line(line, step); });
        if (outcome == LineSplitter::Outcome::too_long)
            step = failure(
                KubernetesFailure::malformed,
                {"watch pods", shown_url(request.url), EFBIG,
                 "an event of more than " + std::to_string(options_.max_event_octets) + " octets", ""});
        return outcome == LineSplitter::Outcome::more;
    };
    const auto response = twice([&] { return fetcher_->stream(request, sink, stop); });
    if (step.failure != KubernetesFailure::none) return step;
    if (!response) return failure(kind_of(response.error()), response.error());
    if (response.value().status != 200) return failed_response(response.value(), request.url);
    return step;
}

// The token is read anew for each request. Where it was replaced between the reading and the server's check,
// the next one is right; there is nothing to wait for.
Result<FetchResponse> KubernetesSession::twice(const std::function<Result<FetchResponse>()>& request) const {
    auto response = request();
    if (response && response->status == kUnauthorized && !options_.token_file.empty()) return request();
    return response;
}

FetchRequest KubernetesSession::request_to(const std::string& url) const {
    FetchRequest request;
    request.url = url;
    request.headers = {"Accept: application/json"};
    request.ca_file = options_.ca_file;
    request.bearer_token_file = options_.token_file;
    request.connect_timeout = options_.connect_timeout;
    request.total_timeout = options_.request_timeout;
    request.max_body = options_.max_list_octets;
    return request;
}

KubernetesStep KubernetesSession::failed_response(const FetchResponse& response,
                                                  const std::string& url) const {
    const bool kubelet = options_.mode == KubernetesMode::kubelet;
    Error error{"get pods", shown_url(url), 0, "HTTP status " + std::to_string(response.status), ""};
    if (const std::string message = status_message(response.body); !message.empty())
        error.detail += ": " + message;
    auto kind = KubernetesFailure::status;
    if (response.status == kUnauthorized) {
        kind = KubernetesFailure::unauthorized;
        error.hint = options_.token_file.empty() ? "give a token file"
                                                 : "the token of " + options_.token_file + " is refused";
    } else if (response.status == kForbidden) {
        kind = KubernetesFailure::forbidden;
        error.hint = kubelet ? "grant the service account get on nodes/proxy"
                             : "grant the service account get, list and watch on pods, in all namespaces";
    } else if (response.status == kGone) {
        kind = KubernetesFailure::gone;
    }
    return {kind, std::move(error), response.retry_after};
}

bool KubernetesSession::take_line(std::string_view line, KubernetesStep& step) {
    auto event = watch_event_from_json(line);
    if (!event) {
        step = failure(KubernetesFailure::malformed, event.error());
        return false;
    }
    observer_.on_event();
    if (event->type == WatchType::error) {
        const auto kind = event->code == kGone ? KubernetesFailure::gone : KubernetesFailure::status;
        step = failure(kind, {"watch pods", options_.url, 0,
                              "error event " + std::to_string(event->code) + ": " + event->message, ""});
        step.retry_after = event->retry_after;
        return false;
    }
    take_event(std::move(*event));
    return true;
}

void KubernetesSession::take_event(WatchEvent event) {
    watch_version_ = std::move(event.resource_version);
    if (event.type == WatchType::bookmark) return;
    if (!event.pod) {
        observer_.on_refused(1, event.refusal);
        return;
    }
    if (event.type == WatchType::deleted)
        table_->end(event.pod->uid, now());
    else
        table_->put(std::move(*event.pod), now());
}

}  // namespace dnsexp
