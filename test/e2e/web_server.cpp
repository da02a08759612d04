// The HTTP server alone, with a web configuration, for the tests of --web.config.file: no eBPF, so it starts
// at once. Prints the address that it listens on, or why it can't, and runs until SIGTERM. usage:
// dns_web_server FILE
#include <signal.h>

#include <iostream>

#include "exporter/http/server.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: dns_web_server FILE\n";
        return 2;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there are threads: they inherit it

    dnsexp::HttpHandlers handlers;
    handlers.metrics = [](dnsexp::Scraper) { return std::string("up 1\n"); };
    handlers.ready = [] { return true; };
    handlers.healthy = [] { return true; };
    const auto echo = [](std::string_view query) -> dnsexp::Result<std::string> {
        return "\"" + std::string(query) + "\"\n";
    };
    handlers.api = {{"/api/v1/echo", echo}};
    const auto server = dnsexp::HttpServer::make({{"127.0.0.1:0"}, "/metrics", argv[1]}, std::move(handlers));
    if (!server) {
        std::cerr << "dns_web_server: " << server.error().message() << "\n";
        return 1;
    }
    std::cout << server.value()->addresses().front() << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}
