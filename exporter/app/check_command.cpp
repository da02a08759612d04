#include "exporter/app/check_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "exporter/app/check_judge.h"
#include "exporter/app/check_output.h"
#include "exporter/terminal/screen.h"

namespace dnsexp {
namespace {

std::string text_of(const CheckReport& report, bool as_json) {
    if (as_json) return check_json(report) + "\n";
    const size_t width = isatty(STDOUT_FILENO) == 1 ? terminal_size(STDOUT_FILENO).width : 0;
    std::string text;
    for (const std::string& line : check_table(report, width)) text += line + "\n";
    return text;
}

}  // namespace

Status run_check(const Config& config, const Flags& flags) {
    const CheckReport report = judge_host(gather_check_facts(config, flags), config);
    if (std::fputs(text_of(report, flags.check.json).c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        return Error{"write", "stdout", errno, "", ""};
    if (report.counting) return ok();
    return Error{"check this host", "", 0, "the exporter can't count here", "each `no` says what to do"};
}

}  // namespace dnsexp
