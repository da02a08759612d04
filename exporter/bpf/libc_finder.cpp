#include "exporter/bpf/libc_finder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <memory>

namespace dnsexp {
namespace {

constexpr uint32_t kTriesMax = 3;
constexpr size_t kLibcsAProgram = 4;  // an old one that an upgrade has replaced, and the new one, are two
constexpr size_t kMapsChunk = size_t{64} * 1024;
constexpr size_t kMapsOctetsMax = size_t{8} << 20;  // 65,530 mappings (vm.max_map_count) with long paths
constexpr int kHandleOfIdentity = 0x200;            // linux/fcntl.h: AT_HANDLE_FID (Linux 6.5)

struct CloseFolder {
    void operator()(DIR* folder) const { closedir(folder); }
};

struct FileKey {
    uint64_t device, inode;
};

// As the kernel has it at hand: a server that does not answer, of a network's file system, is not asked.
std::optional<FileKey> key_of(const std::string& path) {
    struct statx info {};
    if (statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, STATX_INO, &info) != 0) return std::nullopt;
    return FileKey{uint64_t{info.stx_dev_major} << 32 | info.stx_dev_minor, info.stx_ino};
}

// A file of an overlay, such as a container's, is that of the layer below: a probe at it is hit through each
// overlay. Its handle tells which it is; empty where it can't be had.
std::string overlay_id(int file) {
    struct {
        file_handle head;
        unsigned char octets[MAX_HANDLE_SZ];
    } handle{};
    int mount = 0;
    handle.head.handle_bytes = MAX_HANDLE_SZ;
    if (name_to_handle_at(file, "", &handle.head, &mount, AT_EMPTY_PATH | kHandleOfIdentity) != 0) return "";
    return "overlay:" +
           std::string(reinterpret_cast<const char*>(handle.head.f_handle), handle.head.handle_bytes);
}

// Empty: not a file that can be probed.
std::string id_of(int file, const Mapping& mapping) {
    struct stat info {};
    struct statfs system {};
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || fstatfs(file, &system) != 0) return "";
    if (system.f_type == OVERLAYFS_SUPER_MAGIC) {
        if (auto id = overlay_id(file); !id.empty()) return id;
        // Kernels that give no handle show the layer's own numbers here.
        return "mapped:" + std::string(mapping.device) + ":" + std::string(mapping.inode);
    }
    return "file:" + std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

// Calls `each` with the lines of a file that is read once, up to a bound.
template <typename Each>
void for_lines(int file, const Each& each) {
    std::string text;
    for (size_t total = 0; total < kMapsOctetsMax;) {
        const size_t kept = text.size();
        text.resize(kept + kMapsChunk);
        const ssize_t got = read(file, text.data() + kept, kMapsChunk);
        if (got < 0 && errno == EINTR) {
            text.resize(kept);
            continue;
        }
        text.resize(kept + static_cast<size_t>(std::max<ssize_t>(got, 0)));
        if (got <= 0) break;
        total += static_cast<size_t>(got);
        size_t begin = 0;
        for (size_t end = text.find('\n', kept); end != std::string::npos; end = text.find('\n', begin)) {
            each(std::string_view(text).substr(begin, end - begin));
            begin = end + 1;
        }
        text.erase(0, begin);
    }
}

}  // namespace

std::optional<Mapping> parse_mapping(std::string_view line) {
    const auto word = [&line] {
        const std::string_view taken = line.substr(0, line.find(' '));
        line.remove_prefix(std::min(line.size(), taken.size() + 1));
        return taken;
    };
    Mapping mapping;
    mapping.range = word();
    const std::string_view rights = word();
    word();  // the offset
    mapping.device = word();
    mapping.inode = word();
    const size_t path = line.find_first_not_of(' ');
    if (rights.size() != 4 || mapping.inode.empty() || mapping.range.find('-') == std::string_view::npos)
        return std::nullopt;
    mapping.executable = rights[2] == 'x';
    if (path != std::string_view::npos) mapping.path = line.substr(path);
    constexpr std::string_view deleted = " (deleted)";
    if (mapping.path.ends_with(deleted)) mapping.path.remove_suffix(deleted.size());
    return mapping;
}

bool is_libc_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const auto is_like = [name](std::string_view first, std::string_view last) {
        return name.size() > first.size() + last.size() && name.starts_with(first) && name.ends_with(last);
    };
    return name == "libc.so.6" || name == "libc.so" || is_like("libc-2.", ".so") ||
           is_like("ld-musl-", ".so.1") || is_like("libc.musl-", ".so.1");
}

Result<LibcChanges> LibcFinder::pass() {
    LibcChanges changes;
    ++pass_;
    if (auto status = meet_all(changes); !status) return status.error();
    std::erase_if(programs_, [this](const auto& entry) { return entry.second.seen_pass != pass_; });
    for (auto& [key, program] : programs_)
        if (is_due(program)) look(program, changes);
    forget(changes);
    return changes;
}

Status LibcFinder::meet_all(LibcChanges& changes) {
    const std::unique_ptr<DIR, CloseFolder> folder(opendir(options_.proc.c_str()));
    if (!folder) return Error{"read", options_.proc, errno, "", ""};
    // Each DIR has one user, so glibc's readdir is safe.
    while (const dirent* entry = readdir(folder.get())) {  // NOLINT(concurrency-mt-unsafe)
        const std::string_view name = entry->d_name;
        uint32_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc() && end == name.data() + name.size()) meet(pid, changes);
    }
    return ok();
}

std::string LibcFinder::path_of(uint32_t pid, const std::string& entry) const {
    return options_.proc + "/" + std::to_string(pid) + "/" + entry;
}

void LibcFinder::meet(uint32_t pid, LibcChanges& changes) {
    const auto executable = key_of(path_of(pid, "exe"));
    if (!executable) {
        changes.refused += errno == EACCES || errno == EPERM;  // ENOENT: a thread of the kernel, or gone
        return;
    }
    const auto root = key_of(path_of(pid, "root"));
    if (!root) return;
    const ProgramKey key = {executable->device, executable->inode, root->device, root->inode};
    if (!programs_.contains(key) && programs_.size() >= options_.programs_max) return;
    Program& program = programs_[key];
    program.newest = program.seen_pass == pass_ ? std::max(program.newest, pid) : pid;
    program.seen_pass = pass_;
}

// A program that has a C library may have another by now, since an upgrade.
bool LibcFinder::is_due(const Program& program) {
    return program.libcs.empty() ? program.tries < kTriesMax : program.newest != program.looked_at;
}

void LibcFinder::look(Program& program, LibcChanges& changes) {
    const uint32_t pid = program.newest;
    const UniqueFd maps(open(path_of(pid, "maps").c_str(), O_RDONLY | O_CLOEXEC));
    if (!maps) return;  // it has ended: no try
    size_t lines = 0;
    for_lines(maps.get(), [&](std::string_view line) {
        ++lines;
        look_at_mapping(pid, line, program, changes);
    });
    if (lines == 0) return;  // it is ending: its memory is gone already
    program.looked_at = pid;
    ++program.tries;
}

void LibcFinder::look_at_mapping(uint32_t pid, std::string_view line, Program& program,
                                 LibcChanges& changes) {
    const auto mapping = parse_mapping(line);
    if (!mapping || !mapping->executable || !is_libc_path(mapping->path)) return;
    // What is mapped is opened, not what its path leads to now.
    const std::string name = path_of(pid, "map_files/" + std::string(mapping->range));
    UniqueFd file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    changes.denied |= !file && errno == EPERM;
    if (!file) return;
    const std::string id = id_of(file.get(), *mapping);
    if (id.empty() || (program.libcs.size() >= kLibcsAProgram && !program.libcs.contains(id))) return;
    if (!libcs_.contains(id)) {
        if (libcs_.size() >= options_.libcs_max) {
            changes.full = true;
            return;
        }
        libcs_.insert(id);
        changes.found.push_back({id, std::move(file), std::string(mapping->path), pid});
    }
    program.libcs.insert(id);
}

void LibcFinder::forget(LibcChanges& changes) {
    std::set<std::string> mapped;
    for (const auto& [key, program] : programs_) mapped.insert(program.libcs.begin(), program.libcs.end());
    std::set_difference(libcs_.begin(), libcs_.end(), mapped.begin(), mapped.end(),
                        std::back_inserter(changes.gone));
    libcs_ = std::move(mapped);
}

}  // namespace dnsexp
