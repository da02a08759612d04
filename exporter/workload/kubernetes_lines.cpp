#include "exporter/workload/kubernetes_lines.h"

namespace dnsexp {

LineSplitter::Outcome LineSplitter::add(std::string_view piece,
                                        const std::function<bool(std::string_view)>& take) {
    for (;;) {
        const size_t end = piece.find('\n');
        const std::string_view part = piece.substr(0, end);
        if (part.size() > most_ - rest_.size()) return Outcome::too_long;
        rest_ += part;
        if (end == std::string_view::npos) return Outcome::more;
        piece.remove_prefix(end + 1);
        std::string_view line = rest_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool goes_on = line.empty() || take(line);
        rest_.clear();
        if (!goes_on) return Outcome::stopped;
    }
}

}  // namespace dnsexp
