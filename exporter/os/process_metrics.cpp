#include "exporter/os/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>

#include "exporter/os/read_file.h"

namespace dnsexp {
namespace {

constexpr int kFirstFieldAfterCommand = 3;  // proc(5): 1 is the pid, 2 the command

std::optional<uint64_t> parse_number(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Error malformed(const char* path, std::string detail) {
    return Error{"read process metrics from", path, 0, std::move(detail), ""};
}

Result<uint64_t> count_open_fds() {
    const char* path = "/proc/self/fd";
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path), &closedir);
    if (!directory) return Error{"read directory", path, errno, "", ""};
    uint64_t count = 0;
    // Each thread has a DIR of its own, so glibc's readdir is safe.
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    while (const dirent* entry = readdir(directory.get()))
        if (entry->d_name[0] != '.') ++count;
    return count - 1;  // the directory itself is open while it is read
}

Result<uint64_t> soft_limit(__rlimit_resource resource, const char* name) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0) return Error{"read resource limit", name, errno, "", ""};
    if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<uint64_t>::max();
    return static_cast<uint64_t>(limit.rlim_cur);
}

}  // namespace

Result<ProcessStat> parse_process_stat(std::string_view text) {
    const size_t command_end = text.rfind(')');
    if (command_end == std::string_view::npos)
        return malformed("/proc/self/stat", "there is no command in parentheses");
    ProcessStat stat;
    struct Wanted {
        int field;
        uint64_t ProcessStat::*member;
    };
    constexpr Wanted wanted[] = {{14, &ProcessStat::user_ticks},
                                 {15, &ProcessStat::system_ticks},
                                 {22, &ProcessStat::start_ticks},
                                 {23, &ProcessStat::virtual_bytes},
                                 {24, &ProcessStat::resident_pages}};
    std::string_view rest = text.substr(command_end + 1);
    int field = kFirstFieldAfterCommand;
    for (const Wanted& want : wanted) {
        std::optional<uint64_t> number;
        for (; field <= want.field; ++field) {
            const size_t start = rest.find_first_not_of(' ');
            if (start == std::string_view::npos) return malformed("/proc/self/stat", "fields are missing");
            rest.remove_prefix(start);
            const size_t size = std::min(rest.find_first_of(" \n"), rest.size());
            number = parse_number(rest.substr(0, size));
            rest.remove_prefix(size);
        }
        if (!number)
            return malformed("/proc/self/stat", "field " + std::to_string(want.field) + " is no number");
        stat.*want.member = *number;
    }
    return stat;
}

Result<uint64_t> parse_boot_time(std::string_view text) {
    constexpr std::string_view key = "btime ";
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.substr(0, key.size()) != key) continue;
        const auto seconds = parse_number(line.substr(key.size()));
        if (!seconds) return malformed("/proc/stat", "btime is no number");
        return *seconds;
    }
    return malformed("/proc/stat", "there is no btime");
}

Result<ProcessMetrics> read_process_metrics() {
    const auto stat_text = read_file("/proc/self/stat");
    if (!stat_text) return stat_text.error();
    const auto stat = parse_process_stat(stat_text.value());
    if (!stat) return stat.error();
    const auto boot_text = read_file("/proc/stat");
    if (!boot_text) return boot_text.error();
    const auto boot_time = parse_boot_time(boot_text.value());
    if (!boot_time) return boot_time.error();
    const auto open_fds = count_open_fds();
    if (!open_fds) return open_fds.error();
    const auto max_fds = soft_limit(RLIMIT_NOFILE, "RLIMIT_NOFILE");
    if (!max_fds) return max_fds.error();
    const auto max_memory = soft_limit(RLIMIT_AS, "RLIMIT_AS");
    if (!max_memory) return max_memory.error();

    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    const ProcessStat& raw = stat.value();
    return ProcessMetrics{
        .cpu_seconds = static_cast<double>(raw.user_ticks + raw.system_ticks) / ticks_per_second,
        .open_fds = open_fds.value(),
        .max_fds = max_fds.value(),
        .virtual_memory_bytes = raw.virtual_bytes,
        .virtual_memory_max_bytes = max_memory.value(),
        .resident_memory_bytes = raw.resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)),
        .start_time_seconds =
            static_cast<double>(boot_time.value()) + static_cast<double>(raw.start_ticks) / ticks_per_second,
    };
}

}  // namespace dnsexp
