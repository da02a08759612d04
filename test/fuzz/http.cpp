// Requests of any method, path, query and headers, as values: who may not see names and clients does not; the
// response has sound headers and the length that it tells; parameters that are taken lie within their ranges.
#include <zlib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "exporter/api/parameters.h"
#include "exporter/base/log.h"
#include "exporter/http/api.h"
#include "exporter/http/local_peer.h"
#include "exporter/http/router.h"
#include "exporter/http/token.h"
#include "exporter/http/wire_format.h"
#include "exporter/web/basic_credentials.h"
#include "test/fuzz/input.h"
#include "test/fuzz/one_line.h"

using namespace dnsexp;

namespace {

constexpr std::string_view kMetrics = "# TYPE dns_queries_total counter\ndns_queries_total 1\n";

void require(bool condition) {
    if (!condition) __builtin_trap();
}

// Reads a query as its endpoint does; `fits` tells whether what was taken is within its range.
template <typename Filter>
ApiEndpoint endpoint(const char* path, Result<Filter> (*parse)(std::string_view),
                     bool (*fits)(const Filter&)) {
    return {path, [=](std::string_view query) -> Result<std::string> {
                const auto filter = parse(query);
                if (filter) {
                    require(fits(filter.value()));
                    return std::string("{}");
                }
                require(test::is_one_plain_line(filter.error().message()));
                return filter.error();
            }};
}

bool within(uint32_t value, uint32_t most) {
    return value >= 1 && value <= most;
}

// A stream of one line, for who asks for every transaction; with any other sample there is no room.
Result<StreamBody> open_stream(std::string_view query) {
    const auto filter = parse_stream_filter(query);
    if (!filter) return filter.error();
    require(within(filter.value().sample, stream_sample_max));
    if (filter.value().sample != 1) return StreamBody();
    return StreamBody([](const std::function<bool(std::string_view)>& write) { write("{}\n"); });
}

std::vector<ApiEndpoint> endpoints() {
    return {
        {"/api/v1/stream", {}, open_stream},
        {"/api/v1/fault",
         [](std::string_view query) -> Result<std::string> {
             if (query.empty()) throw 1;
             throw std::runtime_error(std::string(query));
         }},
        endpoint<WorkloadFilter>("/api/v1/workloads", parse_workload_filter,
                                 [](const auto& f) { return within(f.limit, workload_limit_max); }),
        endpoint<DomainFilter>("/api/v1/domains", parse_domain_filter,
                               [](const auto& f) { return within(f.limit, domain_limit_max); }),
        endpoint<ServerFilter>("/api/v1/servers", parse_server_filter,
                               [](const auto& f) { return within(f.limit, server_limit_max); }),
        endpoint<ChainRange>("/api/v1/chains", parse_chain_range,
                             [](const auto& f) { return f.limit <= chain_limit_max; }),
        endpoint<AlertFilter>("/api/v1/alerts", parse_alert_filter,
                              [](const auto& f) { return f.limit <= alert_limit_max; }),
    };
}

Router make_router() {
    log_configure(LogLevel::error, LogFormat::logfmt);
    return {"/metrics",
            {[](Scraper) { return std::string(kMetrics); }, [] { return true; }, [] { return false; },
             endpoints(),
             [] {
                 return Status(Error{"reload", "", 0, "there is nothing to reload", ""});
             }}};
}

// The one member of this gzip text (RFC 1952), which may be as long as what it was made of.
std::string unpacked(const std::string& packed) {
    std::array<char, kMetrics.size() + 1> text{};
    z_stream stream{};
    require(inflateInit2(&stream, 15 + 16) == Z_OK);  // the largest window, and gzip's frame alone
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = text.size();
    require(inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0);
    inflateEnd(&stream);
    return {text.data(), stream.total_out};
}

std::string header_of(const HttpResponse& response, std::string_view name) {
    std::string value;
    for (const auto& header : response.headers) {
        if (header.first != name) continue;
        require(value.empty());
        value = header.second;
    }
    return value;
}

void check_response(const HttpRequest& request, const HttpResponse& response) {
    for (const auto& [name, value] : response.headers)
        require(test::is_one_plain_line(name) && test::is_one_plain_line(value));
    const std::string length = header_of(response, "Content-Length");
    require(response.status == 304 || response.stream ? length.empty() && response.body.empty()
                                                      : length == std::to_string(response.body.size()));
    if (header_of(response, "Content-Type") == "application/json")
        require(nlohmann::json::accept(response.body));
    if (request.path == "/metrics" && response.status == 200)
        require((header_of(response, "Content-Encoding") == "gzip" ? unpacked(response.body)
                                                                   : response.body) == kMetrics);
    if (request.path.starts_with(kApiRoot) && !request.authenticated && !request.from_loopback)
        require(response.status == 403);
}

// Our own addresses are no names that DNS could give.
void check_host(std::string_view host) {
    if (!is_loopback_address(host)) return;
    const bool is_v6 = host.find(':') != std::string_view::npos;
    require(is_unresolved_host(is_v6 ? "[" + std::string(host) + "]:10153" : std::string(host)));
}

// A connection that says close stays open for nobody.
void check_keep_alive(std::string_view version, std::string_view connection) {
    const bool keeps = wants_keep_alive(version, connection);
    if (same_token(connection, "close")) require(!keeps);
    const std::string head = response_head(text_response(404, "no\n"), keeps, {});
    require(head.ends_with(keeps ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Router router = make_router();
    test::FuzzInput input({data, size});
    const uint8_t who = input.octet();
    const auto rest = input.rest();
    std::string_view lines(reinterpret_cast<const char*>(rest.data()), rest.size());
    const auto next_line = [&lines] {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        return line;
    };
    HttpRequest request;
    request.method = next_line();
    request.path = next_line();
    request.query = next_line();
    request.accept_encoding = next_line();
    request.host = next_line();
    request.if_none_match = next_line();
    request.from_loopback = (who & 1) != 0;
    request.authenticated = (who & 2) != 0;
    request.scraper = (who & 4) != 0 ? Scraper::collector : Scraper::reader;
    check_response(request, router.respond(request));
    check_host(request.host);

    const std::string_view connection = next_line();
    check_keep_alive((who & 8) != 0 ? "1.0" : "1.1", connection);
    if (const auto credentials = basic_credentials(next_line()))
        require(credentials->user.find(':') == std::string::npos);
    return 0;
}
