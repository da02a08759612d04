// The HTTP server: the router behind civetweb. The only file of this room that knows civetweb.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/http/router.h"

struct mg_context;
struct mg_connection;

namespace dnsexp {

struct HttpOptions {
    std::vector<std::string> listen_addresses = {":10153"};  // syntax: listen_address.h
    std::string telemetry_path = "/metrics";
};

// Serves from make() until it is destroyed. Make and destroy on one thread; the handlers are called on
// others, which inherit the caller's signal mask.
class HttpServer {
  public:
    // Errors: an address or path that can't be parsed; a port that is taken or forbidden.
    static Result<std::unique_ptr<HttpServer>> make(HttpOptions options, HttpHandlers handlers);
    // Waits for running handlers; takes up to two seconds (civetweb's own poll interval).
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // What is really bound, "host:port" each, in the order of the options.
    [[nodiscard]] std::vector<std::string> addresses() const { return addresses_; }

  private:
    HttpServer(std::string telemetry_path, HttpHandlers handlers);
    int serve(mg_connection* connection) const;
    // civetweb's callbacks.
    static int on_request(mg_connection* connection);
    static int on_error(mg_connection* connection, int status, const char* message);
    static int on_log(const mg_connection* connection, const char* message);

    Router router_;
    mg_context* context_ = nullptr;
    bool library_ready_ = false;  // this object owes one mg_exit_library()
    std::vector<std::string> addresses_;
};

}  // namespace dnsexp
