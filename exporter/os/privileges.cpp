#include "exporter/os/privileges.h"

#include <linux/capability.h>
#include <sys/utsname.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "exporter/os/read_file.h"

namespace dnsexp {
namespace {

constexpr int kOldestMajor = 5;  // README.md, limits: the oldest kernel that the programs are tested with
constexpr int kOldestMinor = 10;

bool has(uint64_t set, int capability) {
    return (set >> capability & 1) != 0;
}

}  // namespace

Result<uint64_t> parse_capabilities(std::string_view status, std::string_view key) {
    const Error malformed{"read capabilities from", "/proc/self/status", 0,
                          "there is no line " + std::string(key) + " in hexadecimal", ""};
    size_t at = status.find(key);
    // Only at the start of a line: the first line holds the command's name, which can be anything.
    while (at != std::string_view::npos && at != 0 && status[at - 1] != '\n') at = status.find(key, at + 1);
    if (at == std::string_view::npos) return malformed;
    std::string_view digits = status.substr(at + key.size());
    digits.remove_prefix(std::min(digits.find_first_not_of(" \t"), digits.size()));
    digits = digits.substr(0, digits.find('\n'));
    uint64_t set = 0;
    constexpr int hexadecimal = 16;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), set, hexadecimal);
    if (error != std::errc{} || end != digits.data() + digits.size()) return malformed;
    return set;
}

Result<uint64_t> parse_effective_capabilities(std::string_view status) {
    return parse_capabilities(status, "CapEff:");
}

Status judge_capabilities(uint64_t effective) {
    const bool admin = has(effective, CAP_SYS_ADMIN);
    std::string missing;
    const auto require = [&](bool there, const char* name) {
        if (!there) missing += (missing.empty() ? "" : ", ") + std::string(name);
    };
    require(admin || has(effective, CAP_BPF), "CAP_BPF");
    require(has(effective, CAP_NET_ADMIN), "CAP_NET_ADMIN");
    require(admin || has(effective, CAP_PERFMON), "CAP_PERFMON");
    if (missing.empty()) return ok();
    return Error{
        "check privileges", "", EPERM, "missing " + missing,
        "run as root, or give the service AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON, or the "
        "container --cap-add BPF --cap-add NET_ADMIN --cap-add PERFMON"};
}

std::optional<std::pair<int, int>> parse_release(std::string_view release) {
    int major = 0, minor = 0;
    const char* end = release.data() + release.size();
    const auto first = std::from_chars(release.data(), end, major);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, minor);
    if (second.ec != std::errc{}) return std::nullopt;
    return std::pair(major, minor);
}

Status judge_kernel(std::string_view sysname, std::string_view release) {
    const std::string object = std::string(sysname) + " " + std::string(release);
    const char* hint = "Linux 5.10 or later is needed";
    if (sysname != "Linux") return Error{"check kernel", object, 0, "this is not Linux", hint};
    const auto version = parse_release(release);
    if (!version) return Error{"check kernel", object, 0, "the release does not start with a version", hint};
    if (*version < std::pair(kOldestMajor, kOldestMinor))
        return Error{"check kernel", object, 0, "the kernel is too old", hint};
    return ok();
}

Status check_privileges() {
    // thread-self, not self: capabilities belong to threads, and self shows the main thread's.
    const auto status = read_file("/proc/thread-self/status");
    if (!status) return status.error();
    const auto effective = parse_effective_capabilities(status.value());
    if (!effective) return effective.error();
    return judge_capabilities(effective.value());
}

Status check_kernel() {
    utsname name{};
    if (uname(&name) != 0) return Error{"check kernel", "", errno, "", ""};
    return judge_kernel(name.sysname, name.release);
}

}  // namespace dnsexp
