// What a process's resolver appends to names: plain data between the room that finds it and the one that
// counts by it.
#pragma once

#include <string>
#include <vector>

namespace dnsexp {

struct SearchList {
    // In the order of the list, each as a wire name (RFC 1035, 3.1) in lower case, the root label included;
    // none is the root itself.
    std::vector<std::string> suffixes;
};

}  // namespace dnsexp
