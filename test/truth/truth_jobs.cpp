#include "test/truth/truth_jobs.h"

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {
namespace {

Result<TruthJob> job_of(const std::string& line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto refused = [&](const char* why) { return Error{"read a job", line, 0, why, ""}; };
    if (!json.is_object() || !json.contains("capture") || !json["capture"].is_string())
        return refused("no JSON object with \"capture\"");
    if (!json.contains("ports") || !json["ports"].is_array()) return refused("no list \"ports\"");
    TruthJob job{json["capture"].get<std::string>(), {}};
    for (const auto& port : json["ports"]) {
        const uint64_t number = port.is_number_unsigned() ? port.get<uint64_t>() : 0;
        if (number < 1 || number > 65535) return refused("a port is 1 to 65535");
        job.ports.push_back(static_cast<uint16_t>(number));
    }
    if (job.ports.empty() || job.ports.size() > DNS_PORTS_MAX) return refused("too few or too many ports");
    return job;
}

}  // namespace

Result<TruthOptions> parse_truth_options(int argc, char** argv, bool for_kernel) {
    TruthOptions options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--tunnels")
            options.tunnels = true;
        else if (for_kernel && word == "--old")
            options.old_kernel = true;
        else if (for_kernel && word == "--xdp")
            options.xdp = true;
        else
            return Error{"read the command line", std::string(word), 0, "not known here", ""};
    }
    return options;
}

Status do_truth_jobs(const std::function<Status(const TruthJob&)>& work) {
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto job = job_of(line);
        if (!job) return job.error();
        if (auto status = work(job.value()); !status) return status;
        std::puts(R"({"end": true})");
        if (std::fflush(stdout) != 0) return Error{"write", "standard output", errno, "", ""};
    }
    return ok();
}

}  // namespace dnsexp::test
