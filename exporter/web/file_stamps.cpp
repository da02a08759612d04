#include "exporter/web/file_stamps.h"

#include <sys/stat.h>

#include <algorithm>

namespace dnsexp {
namespace {

constexpr uint64_t kSettleNs = 100'000'000;

uint64_t ns_of(const timespec& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

FileStamps stamps_of(const std::vector<std::string>& paths) {
    FileStamps stamps;
    for (const std::string& path : paths) {
        struct stat status {};
        FileStamp& stamp = stamps.emplace_back();
        if (stat(path.c_str(), &status) != 0) continue;
        stamp = {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size), ns_of(status.st_mtim),
                 ns_of(status.st_ctim)};
    }
    return stamps;
}

// A change that lies ahead is one of before the clock was set back.
bool are_settled(const FileStamps& stamps, uint64_t now_ns) {
    return std::all_of(stamps.begin(), stamps.end(), [now_ns](const FileStamp& stamp) {
        return stamp.changed_ns > now_ns || now_ns - stamp.changed_ns >= kSettleNs;
    });
}

}  // namespace dnsexp
