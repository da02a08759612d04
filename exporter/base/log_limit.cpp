#include "exporter/base/log_limit.h"

#include <algorithm>
#include <utility>

namespace dnsexp {

bool LogLimit::admits(int level, std::string_view message, Clock::time_point now) {
    const auto found = std::find_if(windows_.begin(), windows_.end(), [&](const Window& one) {
        return one.left_out.level == level && one.left_out.message == message;
    });
    if (found == windows_.end()) {
        if (windows_.size() < capacity) windows_.push_back({{level, std::string(message), 0}, 1, now});
        return true;
    }
    if (found->admitted < most) {
        ++found->admitted;
        return true;
    }
    ++found->left_out.count;
    return false;
}

std::vector<LogLimit::LeftOut> LogLimit::over(Clock::time_point now) {
    std::vector<LeftOut> left_out;
    std::erase_if(windows_, [&](Window& one) {
        if (now - one.begin < window) return false;
        if (one.left_out.count > 0) left_out.push_back(std::move(one.left_out));
        return true;
    });
    return left_out;
}

}  // namespace dnsexp
