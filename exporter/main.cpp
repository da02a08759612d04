// The command: flags, configuration, and then what the sub-command does or a reason why not. Exit codes: 0
// stopped or checked, 1 could not run, 2 bad flags.
#include <cstdio>
#include <exception>

#include "exporter/app/chains_command.h"
#include "exporter/app/check_command.h"
#include "exporter/app/serve.h"
#include "exporter/app/watch.h"
#include "exporter/config/config_file.h"
#include "exporter/config/flags.h"
#include "exporter/os/capabilities.h"
#include "exporter/os/memory.h"
#include "exporter/web/web_guard.h"

namespace {

enum ExitCode { exit_ok = 0, exit_failed = 1 };

int check_config(const dnsexp::Flags& flags, const dnsexp::ConfigLoad& load) {
    bool valid = true;
    const auto tell = [&valid](const std::string& error) {
        std::fprintf(stderr, "%s\n", error.c_str());
        valid = false;
    };
    for (const auto& error : load.errors) tell(error.text());
    if (flags.config_check && !flags.web_config_file.empty())
        for (const std::string& error : dnsexp::check_web_config(flags.web_config_file)) tell(error);
    if (!valid) return exit_failed;
    if (flags.config_check) std::printf("configuration is valid\n");
    return exit_ok;
}

dnsexp::Status run_command(const dnsexp::Config& config, const dnsexp::Flags& flags) {
    switch (flags.command) {
        case dnsexp::Command::watch:
            return dnsexp::run_watch(config, flags);
        case dnsexp::Command::chains:
            return dnsexp::run_chains(config, flags);
        case dnsexp::Command::check:
            return dnsexp::run_check(config, flags);
        case dnsexp::Command::serve:
            break;
    }
    return dnsexp::serve(config, flags);
}

int run(int argc, char** argv) {
    dnsexp::bound_memory_pools();
    // Of the threads too, which all come later.
    if (const auto status = dnsexp::forbid_new_privileges(); !status) {
        std::fprintf(stderr, "ebpf_dns_exporter: %s\n", status.error().message().c_str());
        return exit_failed;
    }
    const auto parsed = dnsexp::parse_flags(argc, argv);
    if (const auto* exit = std::get_if<dnsexp::FlagsExit>(&parsed)) {
        std::fputs(exit->text.c_str(), exit->code == 0 ? stdout : stderr);
        return exit->code;
    }
    const auto& flags = std::get<dnsexp::Flags>(parsed);
    dnsexp::log_configure(flags.log_level, flags.log_format);
    dnsexp::ConfigLoad load;
    if (!flags.config_file.empty()) load = dnsexp::load_config(flags.config_file);
    if (const int code = check_config(flags, load); code != exit_ok || flags.config_check) return code;
    const auto status = run_command(dnsexp::with_flags(load.config, flags), flags);
    if (status) return exit_ok;
    std::fprintf(stderr, "ebpf_dns_exporter: %s\n", status.error().message().c_str());
    return exit_failed;
}

}  // namespace

// What the library throws (out of memory, no thread to be had) is caught, so that the stack unwinds and the
// programs are detached.
int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ebpf_dns_exporter: %s\n", error.what());
        return exit_failed;
    }
}
