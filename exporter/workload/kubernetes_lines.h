// Lines of a watch, from pieces of any size.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace dnsexp {

// Holds at most one unfinished line. Not thread-safe.
class LineSplitter {
  public:
    enum class Outcome { more, stopped, too_long };

    explicit LineSplitter(size_t most) : most_(most) {}

    // Hands each line that is complete, without its end ("\n" or "\r\n"), to `take`, which says whether to go
    // on; empty lines are left out. too_long: a line has more than `most` octets; it was not handed out, and
    // nothing more will be.
    Outcome add(std::string_view piece, const std::function<bool(std::string_view)>& take);

  private:
    size_t most_;
    std::string rest_;
};

}  // namespace dnsexp
