// What `check` has found out: plain data, for a table or for JSON.
#pragma once

#include <string>
#include <vector>

namespace dnsexp {

enum class Finding { yes, partly, no, unknown };

struct CheckRow {
    std::string name;
    std::string purpose;  // what it is for: counting (the main job), workloads, calls (of getaddrinfo()), web
    Finding finding = Finding::unknown;
    std::string detail;  // what was found, or why not
    std::string remedy;  // what to do about it; never empty where the finding is `no`
};
using CheckRows = std::vector<CheckRow>;

struct CheckReport {
    std::string kernel;  // sysname and release
    CheckRows rows;
    bool counting = false;  // on at least one interface, and on each that was named
    std::string backend;    // of workloads: cgroup, kprobe; empty: none can be seen
    bool calls = false;     // of getaddrinfo() are seen
};

}  // namespace dnsexp
