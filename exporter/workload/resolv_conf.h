// What a resolver appends to names, as resolv.conf(5) says it. The file is a container's own and hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/source/search_list.h"

namespace dnsexp {

// The last `search` or `domain` line, as glibc reads it: what is no name (RFC 1035, 2.3.4) or the root is
// left out, and so is what comes after 32 suffixes or 2,048 octets, Kubernetes's bounds of a pod's list.
// (glibc has had none since 2.26, musl reads 256 octets.) Escapes are not known.
SearchList parse_resolv_conf(std::string_view text);

// "Example.com." -> a suffix of a SearchList; nothing where it is no name, or the root.
std::optional<std::string> wire_suffix(std::string_view domain);

// The list of etc/resolv.conf below the folder `root`, such as /proc/PID/root. Symbolic links are followed,
// but not out of the folder; only a regular file of up to 64 KiB is opened. Waits for nothing but the file
// system, which a container can't choose without privileges of the host's. Errors: errno of what failed,
// EINVAL for what is no regular file, EFBIG.
Result<SearchList> read_search_list(const std::string& root);

}  // namespace dnsexp
