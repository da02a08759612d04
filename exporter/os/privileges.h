// What the exporter needs of its host before it starts: capabilities(7) and a kernel that is new enough.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "exporter/base/result.h"

namespace dnsexp {

// An Error that names each missing capability and what to do, unless this thread has CAP_BPF and CAP_PERFMON
// (or CAP_SYS_ADMIN, which stands for both) and CAP_NET_ADMIN in its effective set. Thread-safe.
Status check_privileges();

// An Error unless this is Linux 5.10 or later. Thread-safe.
Status check_kernel();

// ---- the pure parts ----

// A set of capabilities (bit n: capability n) from the text of /proc/PID/status; `key` as "CapPrm:".
Result<uint64_t> parse_capabilities(std::string_view status, std::string_view key);

// The effective one.
Result<uint64_t> parse_effective_capabilities(std::string_view status);

Status judge_capabilities(uint64_t effective);

// Major and minor version of a release: "5.10.0-28" is {5, 10}.
std::optional<std::pair<int, int>> parse_release(std::string_view release);

// `sysname` and `release` as uname(2) gives them: "Linux", "6.1.0-18-amd64".
Status judge_kernel(std::string_view sysname, std::string_view release);

}  // namespace dnsexp
