// dns_alert_sender: the exporter's delivery of alerts without the rest of it, for tests against real servers.
// It takes destinations as options and commands on stdin: "send FIRST LAST" (sequence numbers), "reopen" and
// "status", which each answer a line; the end of stdin ends it.
#include <getopt.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "exporter/alerts/dispatcher.h"
#include "exporter/base/clock.h"

namespace {

using namespace dnsexp;

constexpr char kUsage[] =
    "usage: dns_alert_sender [--ca FILE] [--header LINE] [--facility NAME] [--file PATH] [--syslog ADDRESS]\n"
    "                        [--webhook URL] [--alertmanager URL] [--delays MIN_MS,MAX_MS]\n"
    "Options hold for the destinations behind them.\n";

struct Arguments {
    AlertingConfig config;
    SinkWorker::Delays delays;
};

void add(Arguments& arguments, AlertDestination destination, DestinationType type) {
    destination.type = type;
    arguments.config.destinations.push_back(std::move(destination));
}

bool read_delays(const std::string& text, SinkWorker::Delays& delays) {
    long long least = 0;
    long long most = 0;
    if (std::sscanf(text.c_str(), "%lld,%lld", &least, &most) != 2 || least <= 0 || most < least)
        return false;
    delays = {std::chrono::milliseconds(least), std::chrono::milliseconds(most)};
    return true;
}

bool parse(int argc, char** argv, Arguments& arguments) {
    const option options[] = {{"file", required_argument, nullptr, 'f'},
                              {"syslog", required_argument, nullptr, 's'},
                              {"webhook", required_argument, nullptr, 'w'},
                              {"alertmanager", required_argument, nullptr, 'a'},
                              {"facility", required_argument, nullptr, 'F'},
                              {"ca", required_argument, nullptr, 'c'},
                              {"header", required_argument, nullptr, 'H'},
                              {"delays", required_argument, nullptr, 'd'},
                              {}};
    AlertDestination next;
    for (int name = 0; (name = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
        switch (name) {
            case 'f':
                next.path = optarg;
                add(arguments, next, DestinationType::file);
                break;
            case 's':
                next.address = optarg;
                add(arguments, next, DestinationType::syslog);
                break;
            case 'w':
                next.url = optarg;
                add(arguments, next, DestinationType::webhook);
                break;
            case 'a':
                next.url = optarg;
                add(arguments, next, DestinationType::alertmanager);
                break;
            case 'F':
                next.facility = optarg;
                break;
            case 'c':
                next.ca_file = optarg;
                break;
            case 'H':
                next.headers.emplace_back(optarg);
                break;
            case 'd':
                if (!read_delays(optarg, arguments.delays)) return false;
                break;
            default:
                return false;
        }
    }
    return optind == argc;
}

// Of a domain of its own, so that no server takes two for one.
Alert alert_of(uint64_t number) {
    Alert alert;
    alert.sequence = number;
    alert.time_unix_ns = unix_ns();
    alert.event_type = "TUNNELING";
    alert.severity = 2 + number % 2;
    alert.score = 80;
    alert.domain = "d" + std::to_string(number) + ".example";
    alert.client = "10.0.0.7";
    alert.role = "client";
    alert.pid = 4711;
    alert.process = "a\"b]c\\d";
    alert.details = "143 names in 20 s, 98 % NULL";
    return alert;
}

std::string status_line(const AlertDispatcher& dispatcher) {
    auto list = nlohmann::json::array();
    for (const SinkStatus& one : dispatcher.status())
        list.push_back({{"name", one.name},
                        {"delivered", one.delivered},
                        {"rejected", one.rejected},
                        {"dropped", one.dropped},
                        {"failed", one.failed},
                        {"queued", one.queued},
                        {"up", one.is_up}});
    return list.dump();
}

bool obey(const std::string& line, AlertDispatcher& dispatcher) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "status") {
        std::cout << status_line(dispatcher) << std::endl;
        return true;
    }
    uint64_t first = 0;
    uint64_t last = 0;
    if (command == "reopen") {
        dispatcher.reopen();
    } else if (command == "send" && words >> first >> last) {
        for (uint64_t number = first; number <= last; ++number) dispatcher.send(alert_of(number));
    } else {
        std::cerr << "dns_alert_sender: no such command: " << line << "\n";
        return false;
    }
    std::cout << "done" << std::endl;
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!parse(argc, argv, arguments)) {
        std::cerr << kUsage;
        return 2;
    }
    const auto dispatcher = AlertDispatcher::make(arguments.config, arguments.delays);
    if (!dispatcher) {
        std::cerr << "dns_alert_sender: " << dispatcher.error().message() << "\n";
        return 1;
    }
    for (std::string line; std::getline(std::cin, line);)
        if (!obey(line, *dispatcher.value())) return 1;
    return 0;
}
