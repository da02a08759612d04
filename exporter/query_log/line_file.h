// A file of lines, or stdout, that stays whole lines.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Not thread-safe.
class LineFile {
  public:
    // An absolute path, appended to and made where it is missing, for its owner to write and its group to
    // read; or "-" for stdout.
    static Result<LineFile> open(const std::string& path);

    struct Written {
        size_t octets = 0;  // of whole lines that are in the file
        int errnum = 0;     // why the rest is not; 0: all is
    };

    // Writes lines, each with its newline. A line that a full disk cuts is taken back, or ended where that is
    // not possible. Waits for a reader of a pipe that is full, and asks `is_over` every now and then whether
    // to give up (ECANCELED).
    Written write(std::string_view lines, const std::function<bool()>& is_over);

  private:
    explicit LineFile(UniqueFd file);

    int write_all(std::string_view text, const std::function<bool()>& is_over, size_t& written);
    void take_back(size_t octets);

    UniqueFd file_;
    bool is_regular_ = false;
    bool ends_in_a_cut_line_ = false;
};

}  // namespace dnsexp
