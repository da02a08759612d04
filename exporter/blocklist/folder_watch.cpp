#include "exporter/blocklist/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "exporter/base/log.h"
#include "exporter/base/result.h"

namespace dnsexp {
namespace {

// Ends of changes, not each write.
constexpr uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF;

std::string folder_of(const std::string& file) {
    const size_t slash = file.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

FolderWatch::FolderWatch(const std::vector<std::string>& files) {
    for (const std::string& file : files) folders_.push_back(folder_of(file));
    std::ranges::sort(folders_);
    folders_.erase(std::unique(folders_.begin(), folders_.end()), folders_.end());
    if (folders_.empty()) return;
    fd_.reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd_) {
        const Error error{"start inotify", "", errno, "", ""};
        log_warn("changes of blocklists are found by looking every now and then", {{"err", error.message()}});
    }
    renew();
}

void FolderWatch::renew() {
    if (!fd_) return;
    // Of the same folder it is the same watch.
    for (const std::string& folder : folders_) (void)inotify_add_watch(fd_.get(), folder.c_str(), kEvents);
}

void FolderWatch::drain() {
    std::array<char, 4'096> events;
    while (fd_ && ::read(fd_.get(), events.data(), events.size()) > 0) {
    }
}

}  // namespace dnsexp
