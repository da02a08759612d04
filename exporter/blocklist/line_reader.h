// Lines, from pieces of any size.
#pragma once

#include <string>
#include <string_view>

namespace dnsexp {

// Holds at most one unfinished line. Not thread-safe.
class LineReader {
  public:
    // What is longer is no line of a list: dnsmasq takes 1,025 octets, and names have 255.
    static constexpr size_t longest = 4'096;

    // Hands each complete line to `take(std::string_view line, bool too_long)`, without its end ("\n" or
    // "\r\n"); of one that is too long the begin.
    template <typename Take>
    void add(std::string_view piece, const Take& take) {
        for (size_t end = 0; (end = piece.find('\n')) != std::string_view::npos;
             piece.remove_prefix(end + 1)) {
            if (rest_.empty()) {
                hand_over(piece.substr(0, end), take);
                continue;
            }
            keep(piece.substr(0, end));
            finish(take);
        }
        keep(piece);
    }

    // Hands over the last line where nothing ended it.
    template <typename Take>
    void finish(const Take& take) {
        if (rest_.empty()) return;
        hand_over(rest_, take);
        rest_.clear();
    }

  private:
    // One octet more shows that the line is too long; and one for "\r".
    void keep(std::string_view piece) { rest_ += piece.substr(0, longest + 2 - rest_.size()); }

    template <typename Take>
    static void hand_over(std::string_view line, const Take& take) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        take(line.substr(0, longest), line.size() > longest);
    }

    std::string rest_;
};

}  // namespace dnsexp
