#include "exporter/http/server.h"

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

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
constexpr auto kSendLimit = std::chrono::seconds(10);  // Prometheus's own limit of a scrape
// A stream calls `write` at least once a second (StreamBody).
constexpr auto kStreamsEnd = std::chrono::seconds(2);
constexpr auto kStreamsEndLook = std::chrono::milliseconds(10);
constexpr size_t kSendChunk = size_t{64} * 1024;

// civetweb gives each open connection a thread, so that slow ones keep others waiting once they are as many.
// A thread that waits costs some 20 kB.
constexpr unsigned kThreads = 96;  // streams have their own

// civetweb takes its options as texts.
constexpr const char* kRequestTimeout = "3000";   // ms for a request's header, and for each pause in sending
constexpr const char* kKeepAliveTimeout = "500";  // ms; an idle connection holds a thread
constexpr const char* kMaxRequestSize = "16384";  // octets of request line and header
constexpr const char* kBacklog = "1024";          // connections that the kernel keeps until a thread is free

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

// Counts what is running, however it ends.
struct Counted {
    explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

  private:
    std::atomic<int>& count_;
};

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
    end_streams();
    if (context_ != nullptr) mg_stop(context_);
    if (library_ready_) mg_exit_library();
}

// Before mg_stop(): after it civetweb writes nothing, and a stream's end would look like a failure to its
// peer.
void HttpServer::end_streams() {
    stopping_ = true;
    const auto deadline = Clock::now() + kStreamsEnd;
    while (streams_ > 0 && Clock::now() < deadline) std::this_thread::sleep_for(kStreamsEndLook);
}

Result<std::unique_ptr<HttpServer>> HttpServer::make(HttpOptions options, HttpHandlers handlers) {
    if (auto status = check_telemetry_path(options.telemetry_path); !status) return std::move(status).error();
    auto addresses = parse_all(options.listen_addresses);
    if (!addresses) return std::move(addresses).error();
    std::unique_ptr<HttpServer> server(
        new HttpServer(std::move(options.telemetry_path), std::move(handlers)));
    if (!options.web_config_file.empty()) {
        auto guard = WebGuard::make(options.web_config_file);
        if (!guard) return std::move(guard).error();
        server->guard_ = std::move(guard).value();
    }
    if (auto status = server->start(*addresses); !status) return std::move(status).error();
    server->addresses_ = bound_addresses(server->context_, std::move(addresses).value());
    return server;
}

Status HttpServer::start(const std::vector<ListenAddress>& addresses) {
    const unsigned features = has_tls() ? MG_FEATURES_TLS : MG_FEATURES_DEFAULT;
    const unsigned ready = mg_init_library(features);
    library_ready_ = true;
    if ((ready & features) != features)
        return Error{"start HTTP server with TLS", "", 0, "the HTTP library was built without it",
                     "build it with deploy/civetweb.sh, or take tls_server_config out of --web.config.file"};
    std::string ports;
    for (const ListenAddress& address : addresses)
        ports += (ports.empty() ? "" : ",") + civetweb_port(address) + (has_tls() ? "s" : "");

    const std::string threads = std::to_string(kThreads + kStreamsMax);
    // clang-format off
    std::array<const char*, 19> settings = {
        "listening_ports", ports.c_str(),
        "num_threads", threads.c_str(),
        "listen_backlog", kBacklog,
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
    callbacks.external_ssl_ctx = &HttpServer::on_tls;
    mg_init_data init{&callbacks, this, settings.data()};
    std::array<char, 256> reason{};
    mg_error_data error{nullptr, reason.data(), reason.size()};
    context_ = mg_start2(&init, &error);
    if (context_ != nullptr) return ok();
    return Error{"start HTTP server on", ports, 0, reason.data(),
                 "another process may have taken the port just now: try again"};
}

// False: the peer has not got all.
bool HttpServer::send_stream(mg_connection* connection, const StreamBody& stream, bool is_chunked) const {
    const Counted counted(streams_);
    bool sent = true;
    stream([&](std::string_view text) {
        if (stopping_) return false;
        return sent = text.empty() || send_all(connection, is_chunked ? chunk(text) : std::string(text));
    });
    return sent && (!is_chunked || send_all(connection, chunk("")));
}

HttpResponse HttpServer::routed(const HttpRequest& request) const {
    HttpResponse response;
    makers_.run([&] { response = router_.respond(request); });
    return response;
}

HttpResponse HttpServer::respond(const mg_connection* connection) const {
    const mg_request_info& info = *mg_get_request_info(connection);
    const std::string accept_encoding = header_of(info, "accept-encoding");
    const bool collects = mg_get_header(connection, kCollectorHeader) != nullptr;
    const std::string host = header_of(info, "host");
    const std::string if_none_match = header_of(info, "if-none-match");
    HttpRequest request{info.request_method,
                        info.local_uri_raw,
                        accept_encoding,
                        collects ? Scraper::collector : Scraper::reader,
                        info.query_string != nullptr ? info.query_string : "",
                        host,
                        is_loopback_address(info.remote_addr)};
    request.if_none_match = if_none_match;
    if (!guard_) return routed(request);
    const char* authorization = mg_get_header(connection, "Authorization");
    const WebVerdict verdict = guard_->judge(
        {authorization != nullptr ? authorization : "", info.remote_addr, is_probe_path(request.path),
         info.client_cert != nullptr ? info.client_cert->peer_cert : nullptr});
    request.authenticated = verdict.authenticated;
    HttpResponse response =
        verdict.refused == 0
            ? routed(request)
            : text_response(verdict.refused, std::string(reason_phrase(verdict.refused)) + "\n");
    set_headers(response, verdict.headers);
    return response;
}

int HttpServer::serve(mg_connection* connection) const {
    const mg_request_info& info = *mg_get_request_info(connection);
    HttpResponse response = respond(connection);

    // A body that we don't read ends the connection: the next request would be read from its middle.
    const bool keep = !response.stream && !has_body(info) &&
                      wants_keep_alive(info.http_version, header_of(info, "connection"));
    if (!keep) mg_disable_keep_alive(connection);
    const bool is_chunked = response.stream && std::string_view(info.http_version) == "1.1";
    if (is_chunked) response.headers.emplace_back("Transfer-Encoding", "chunked");
    const bool sent = send_all(connection, response_head(response, keep, std::chrono::system_clock::now())) &&
                      (std::string_view(info.request_method) == "HEAD" ||
                       (response.stream ? send_stream(connection, response.stream, is_chunked)
                                        : send_all(connection, response.body)));
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
        HttpResponse response = text_response(status, std::string(reason_phrase(status)) + "\n");
        const auto* server = static_cast<const HttpServer*>(mg_get_user_data(mg_get_context(connection)));
        if (server->guard_) set_headers(response, server->guard_->headers());
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

int HttpServer::on_tls(void** context, void* server) {
    // Called again at the end, to free it: the guard does.
    *context = static_cast<const HttpServer*>(server)->guard_->tls_context();
    return 1;  // it is all set up
}

}  // namespace dnsexp
