// The paths under /api/: JSON, for this host alone. DNS names and clients are private.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/http/message.h"

namespace dnsexp {

// Called on several threads at a time, with the query's octets as sent. Returns JSON; an Error is one of the
// request's own (400), what is thrown one of ours (500).
struct ApiEndpoint {
    std::string path;
    std::function<Result<std::string>(std::string_view query)> answer;
    // In place of `answer`: JSON lines as they come. An empty body: there are too many streams already (503).
    std::function<Result<StreamBody>(std::string_view query)> open_stream = {};
};

inline constexpr std::string_view kApiRoot = "/api/";

// The response to a request whose path begins with kApiRoot. Of the peers that are not authenticated, those
// not on loopback, and web pages that come by a name of their own, get 403. Thread-safe.
HttpResponse answer_api(const HttpRequest& request, const std::vector<ApiEndpoint>& endpoints);

}  // namespace dnsexp
