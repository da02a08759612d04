// Finds the C libraries that the host's processes have mapped, those of its containers too: through /proc, a
// few processes at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// A C library that was not known before.
struct LibcFile {
    std::string id;    // tells files apart: two mounts of one file have one
    UniqueFd file;     // open for reading
    std::string path;  // as a process that maps it sees it; anybody's octets
    uint32_t pid;      // of that process
};

struct LibcFinderOptions {
    std::string proc = "/proc";
    size_t programs_max = 8192;  // executables that are remembered, each with the root folder it runs in
    size_t libcs_max = 64;
};

// What a pass over all processes has brought.
struct LibcChanges {
    std::vector<LibcFile> found;    // C libraries that were not known
    std::vector<std::string> gone;  // ids of those that no program has mapped any more; they are forgotten
    uint32_t refused = 0;  // processes that may not be looked into: without CAP_SYS_PTRACE, other users'
    bool denied = false;   // what is mapped may not be opened: without CAP_SYS_ADMIN, anything
    bool full = false;     // there are more than libcs_max
};

// A pass learns which programs run: which executables, in which root folder; and reads what the newest
// process of each has mapped, unless it did before. A program that maps no C library at three passes is taken
// to have none: the first looks may have come before the dynamic linker mapped it. Not thread-safe.
class LibcFinder {
  public:
    explicit LibcFinder(LibcFinderOptions options = {}) : options_(std::move(options)) {}

    // An Error: there are no processes to read. Takes some 10 us a process.
    Result<LibcChanges> pass();

  private:
    using ProgramKey = std::array<uint64_t, 4>;  // device and inode of the executable and of the root folder
    struct Program {
        uint64_t seen_pass = 0;
        uint32_t newest = 0;  // process, in the pass
        uint32_t looked_at = 0;
        uint32_t tries = 0;
        std::set<std::string> libcs;
    };

    [[nodiscard]] std::string path_of(uint32_t pid, const std::string& entry) const;
    Status meet_all(LibcChanges& changes);
    void meet(uint32_t pid, LibcChanges& changes);
    [[nodiscard]] static bool is_due(const Program& program);
    void look(Program& program, LibcChanges& changes);
    void look_at_mapping(uint32_t pid, std::string_view line, Program& program, LibcChanges& changes);
    void forget(LibcChanges& changes);

    LibcFinderOptions options_;
    uint64_t pass_ = 0;
    std::map<ProgramKey, Program> programs_;
    std::set<std::string> libcs_;
};

// ---- the pure parts ----

// A line of /proc/PID/maps (proc_pid_maps(5)).
struct Mapping {
    std::string_view range;  // "7f00-7f01", which is its name in /proc/PID/map_files
    bool executable = false;
    std::string_view device, inode;
    std::string_view path;  // empty: of no file. Without the mark of a deleted one
};
std::optional<Mapping> parse_mapping(std::string_view line);

// Whether a file is called as C libraries are: glibc's libc.so.6 and libc-2.N.so, musl's libc.so,
// ld-musl-ARCH.so.1 and libc.musl-ARCH.so.1.
bool is_libc_path(std::string_view path);

}  // namespace dnsexp
