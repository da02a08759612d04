#include "exporter/http/server.h"

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "exporter/base/log.h"
#include "exporter/http/local_peer.h"
#include "exporter/http/port_check.h"
#include "exporter/http/token.h"
#include "exporter/http/wire_format.h"

namespace dnsexp {
namespace {

// Sent with each scrape by Prometheus and by the agents that use its scraper.
constexpr const char* kCollectorHeader = "X-Prometheus-Scrape-Timeout-Seconds";

using Clock = std::chrono::steady_clock;

// A client that takes its response byte by byte would hold a thread for ever: civetweb limits each pause, not
// the sum.
constexpr auto kSendLimit = std::chrono::seconds(30);
constexpr size_t kSendChunk = size_t{64} * 1024;

// civetweb takes its options as texts.
constexpr const char* kThreads = "8";             // a scrape takes one; the rest wait in the queue
constexpr const char* kRequestTimeout = "5000";   // ms for a request's header, and for each pause in sending
constexpr const char* kKeepAliveTimeout = "500";  // ms; an idle connection holds a thread
constexpr const char* kMaxRequestSize = "16384";  // octets of request line and header

Result<std::vector<ListenAddress>> parse_all(const std::vector<std::string>& texts) {
    std::vector<ListenAddress> addresses;
    for (const std::string& text : texts) {
        auto address = parse_listen_address(text);
        if (!address) return std::move(address).error();
        addresses.push_back(std::move(address).value());
    }
    if (addresses.empty())
        return Error{"start HTTP server", "", 0, "no address to listen on", "give --web.listen-address"};
    return check_ports(addresses);
}

// All values of a header, joined by commas (RFC 9110, 5.3).
std::string header_of(const mg_request_info& info, std::string_view lower_name) {
    std::string joined;
    for (int i = 0; i < info.num_headers; ++i) {
        const mg_header& header = info.http_headers[i];
        if (!same_token(header.name, lower_name)) continue;
        if (!joined.empty()) joined += ',';
        joined += header.value;
    }
    return joined;
}

// Whether the client sent a body with its request: we never read one.
bool has_body(const mg_request_info& info) {
    return info.content_length > 0 || !header_of(info, "transfer-encoding").empty();
}

bool send_all(mg_connection* connection, std::string_view bytes) {
    const auto deadline = Clock::now() + kSendLimit;
    while (!bytes.empty()) {
        const size_t size = std::min(bytes.size(), kSendChunk);
        if (mg_write(connection, bytes.data(), size) != static_cast<int>(size)) return false;
        bytes.remove_prefix(size);
        if (Clock::now() > deadline) return false;
    }
    return true;
}

std::vector<std::string> bound_addresses(const mg_context* context, std::vector<ListenAddress> addresses) {
    // civetweb lists its ports in the order in which it was given them; port 0 has become the one that was
    // chosen.
    std::vector<mg_server_port> ports(addresses.size());
    const int count = mg_get_server_ports(context, static_cast<int>(ports.size()), ports.data());
    std::vector<std::string> texts;
    for (size_t i = 0; i < addresses.size() && static_cast<int>(i) < count; ++i) {
        addresses[i].port = static_cast<uint16_t>(ports[i].port);
        texts.push_back(to_string(addresses[i]));
    }
    return texts;
}

}  // namespace

HttpServer::HttpServer(std::string telemetry_path, HttpHandlers handlers)
    : router_(std::move(telemetry_path), std::move(handlers)) {}

HttpServer::~HttpServer() {
    if (context_ != nullptr) mg_stop(context_);
    if (library_ready_) mg_exit_library();
}

Result<std::unique_ptr<HttpServer>> HttpServer::make(HttpOptions options, HttpHandlers handlers) {
    if (auto status = check_telemetry_path(options.telemetry_path); !status) return std::move(status).error();
    auto addresses = parse_all(options.listen_addresses);
    if (!addresses) return std::move(addresses).error();
    std::string ports;
    for (const ListenAddress& address : *addresses)
        ports += (ports.empty() ? "" : ",") + civetweb_port(address);

    std::unique_ptr<HttpServer> server(
        new HttpServer(std::move(options.telemetry_path), std::move(handlers)));
    // The result tells which optional features came up; none is asked for, so it says nothing.
    mg_init_library(MG_FEATURES_DEFAULT);
    server->library_ready_ = true;

    // clang-format off
    std::array<const char*, 17> settings = {
        "listening_ports", ports.c_str(),
        "num_threads", kThreads,
        "request_timeout_ms", kRequestTimeout,
        "enable_keep_alive", "yes",
        "keep_alive_timeout_ms", kKeepAliveTimeout,
        "max_request_size", kMaxRequestSize,
        "tcp_nodelay", "1",  // header and body are two writes: Nagle's algorithm would hold the second back
        "decode_url", "no",  // paths are compared as they are sent
        nullptr};
    // clang-format on
    mg_callbacks callbacks{};
    callbacks.begin_request = &HttpServer::on_request;
    callbacks.http_error = &HttpServer::on_error;
    callbacks.log_message = &HttpServer::on_log;
    mg_init_data init{&callbacks, server.get(), settings.data()};
    std::array<char, 256> reason{};
    mg_error_data error{nullptr, reason.data(), reason.size()};
    server->context_ = mg_start2(&init, &error);
    if (server->context_ == nullptr) {
        return Error{"start HTTP server on", ports, 0, reason.data(),
                     "another process may have taken the port just now: try again"};
    }
    server->addresses_ = bound_addresses(server->context_, std::move(addresses).value());
    return server;
}

int HttpServer::serve(mg_connection* connection) const {
    const mg_request_info& info = *mg_get_request_info(connection);
    const std::string accept_encoding = header_of(info, "accept-encoding");
    const bool collects = mg_get_header(connection, kCollectorHeader) != nullptr;
    const std::string host = header_of(info, "host");
    const HttpResponse response = router_.respond({info.request_method, info.local_uri_raw, accept_encoding,
                                                   collects ? Scraper::collector : Scraper::reader,
                                                   info.query_string != nullptr ? info.query_string : "",
                                                   host, is_loopback_address(info.remote_addr)});

    // A body that we don't read ends the connection: the next request would be read from its middle.
    const bool keep = !has_body(info) && wants_keep_alive(info.http_version, header_of(info, "connection"));
    if (!keep) mg_disable_keep_alive(connection);
    const bool sent =
        send_all(connection, response_head(response, keep, std::chrono::system_clock::now())) &&
        (std::string_view(info.request_method) == "HEAD" || send_all(connection, response.body));
    if (!sent) mg_disable_keep_alive(connection);
    return response.status;
}

int HttpServer::on_request(mg_connection* connection) {
    // civetweb is C: no exception may pass through it. What still gets here is a lack of memory.
    try {
        return static_cast<const HttpServer*>(mg_get_user_data(mg_get_context(connection)))
            ->serve(connection);
    } catch (...) {
        mg_disable_keep_alive(connection);
        return 500;
    }
}

int HttpServer::on_error(mg_connection* connection, int status, const char* message) {
    // civetweb's own page would echo what the client sent as the HTTP version.
    mg_disable_keep_alive(connection);
    try {
        log_debug("refused a request", {{"status", std::to_string(status)}, {"err", message}});
        const HttpResponse response = text_response(status, std::string(reason_phrase(status)) + "\n");
        const auto now = std::chrono::system_clock::now();
        send_all(connection, response_head(response, false, now) + response.body);
    } catch (...) {
        // Out of memory: the connection closes without an answer.
    }
    return 0;  // answered
}

int HttpServer::on_log(const mg_connection* connection, const char* message) {
    // Without a request behind it, the message is about the server; with one, any client can cause it at
    // will.
    const bool about_request = mg_get_request_info(connection) != nullptr;
    log_write(about_request ? LogLevel::debug : LogLevel::warn, "HTTP server", {{"err", message}});
    return 1;  // civetweb writes nothing of its own
}

}  // namespace dnsexp
