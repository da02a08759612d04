// The HTTP server: the router behind civetweb. The only file of this room that knows civetweb.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/http/listen_address.h"
#include "exporter/http/makers.h"
#include "exporter/http/router.h"
#include "exporter/web/web_guard.h"

struct mg_context;
struct mg_connection;

namespace dnsexp {

struct HttpOptions {
    std::vector<std::string> listen_addresses = {":10153"};  // syntax: listen_address.h
    std::string telemetry_path = "/metrics";
    // The format is in web/web_config.h; empty: no TLS, no passwords, no headers of its own.
    std::string web_config_file = {};
};

// Serves from make() until it is destroyed. Make and destroy on one thread; the handlers are called on
// others, which inherit the caller's signal mask.
class HttpServer {
  public:
    // Errors: an address or path that can't be parsed; a port that is taken or forbidden; a web configuration
    // that can't be used.
    static Result<std::unique_ptr<HttpServer>> make(HttpOptions options, HttpHandlers handlers);
    // Waits for running handlers; takes up to two seconds (civetweb's own poll interval).
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // What is really bound, "host:port" each, in the order of the options.
    [[nodiscard]] std::vector<std::string> addresses() const { return addresses_; }
    [[nodiscard]] bool has_tls() const { return guard_ && guard_->tls_context() != nullptr; }

  private:
    HttpServer(std::string telemetry_path, HttpHandlers handlers);
    Status start(const std::vector<ListenAddress>& addresses);
    int serve(mg_connection* connection) const;
    [[nodiscard]] HttpResponse routed(const HttpRequest& request) const;
    [[nodiscard]] HttpResponse respond(const mg_connection* connection) const;
    bool send_stream(mg_connection* connection, const StreamBody& stream, bool is_chunked) const;
    void end_streams();
    // civetweb's callbacks.
    static int on_request(mg_connection* connection);
    static int on_error(mg_connection* connection, int status, const char* message);
    static int on_log(const mg_connection* connection, const char* message);
    static int on_tls(void** context, void* server);

    static constexpr unsigned kMakers = 8;  // responses that are made at a time

    Router router_;
    mutable Makers makers_{kMakers};
    std::unique_ptr<WebGuard> guard_;  // null: there is no web configuration
    mg_context* context_ = nullptr;
    std::atomic<bool> stopping_ = false;
    mutable std::atomic<int> streams_ = 0;  // that are running
    bool library_ready_ = false;            // this object owes one mg_exit_library()
    std::vector<std::string> addresses_;
};

}  // namespace dnsexp
