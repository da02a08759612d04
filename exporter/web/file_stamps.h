// Whether files have changed, by what stat tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dnsexp {

// One a path, in their order. A file that is not there has a stamp as well.
struct FileStamp {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint64_t size = 0;
    uint64_t modified_ns = 0;  // since 1970
    uint64_t changed_ns = 0;   // of the inode, as above

    bool operator==(const FileStamp&) const = default;
};
using FileStamps = std::vector<FileStamp>;

FileStamps stamps_of(const std::vector<std::string>& paths);

// Whether no file was changed within the last 100 ms: one that is just being written is not to be read, and
// two changes within one tick of the file system's clock look like one. `now_ns` since 1970.
bool are_settled(const FileStamps& stamps, uint64_t now_ns);

}  // namespace dnsexp
