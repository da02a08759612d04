// Appends alerts to a file as JSON lines.
//
// The file stays JSON lines: a line that a full disk cut is completed once there is room, or ended where that
// is not possible any more. A file that was renamed or removed is made anew with the next alert.
#pragma once

#include <string>
#include <vector>

#include "exporter/alerts/sink.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

class FileSink : public AlertSink {
  public:
    explicit FileSink(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] size_t max_batch() const override { return 50; }
    Delivery deliver(const std::vector<Alert>& batch, const std::stop_token& stop) override;
    // Makes the file where it is missing, for its owner to write and its group to read.
    Status open() override;

  private:
    [[nodiscard]] bool is_moved() const;
    [[nodiscard]] bool ends_in_a_line() const;
    void begin_line(std::string line);
    Status write_rest();
    [[nodiscard]] Error error(const char* operation, int errnum) const;

    const std::string path_;
    UniqueFd file_;
    // Of a line that was written in part: the line, what is missing, and the file's size then. Empty: there
    // is none.
    std::string line_, rest_;
    off_t size_when_cut_ = 0;
};

}  // namespace dnsexp
