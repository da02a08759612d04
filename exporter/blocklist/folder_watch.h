// Tells when something happens in the folders of files: inotify(7).
#pragma once

#include <string>
#include <vector>

#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Folders rather than files, since files are replaced by renaming; and where a file is a symbolic link, as in
// volumes of Kubernetes, another link of its folder is what is replaced. What lies behind links to other
// folders is not watched. Not thread-safe.
class FolderWatch {
  public:
    // Where the system has no inotify to give, nothing is told.
    explicit FolderWatch(const std::vector<std::string>& files);

    // Watches folders that were not there before, or are others by now.
    void renew();

    // Becomes readable when something has happened; -1: never.
    [[nodiscard]] int fd() const { return fd_.get(); }
    // Takes all that has happened.
    void drain();

  private:
    std::vector<std::string> folders_;
    UniqueFd fd_;
};

}  // namespace dnsexp
