// Names in a sentence.
#pragma once

#include <string>
#include <vector>

namespace dnsexp {

// "a, b, c"; empty for no names.
inline std::string comma_list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace dnsexp
