// The folders of a cgroup hierarchy by id, ended ones included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/workload/cgroup_index.h"

namespace dnsexp {

// What the tree holds, and what it could not learn.
struct CgroupTreeUse {
    size_t live = 0;
    size_t ended = 0;
    size_t watches = 0;
    uint64_t walks = 0;       // full walks since the start, the first included
    uint64_t gone_early = 0;  // folders gone before their event was read (at least so many)
};

// Knows which folder an id (st_ino) is, for a cgroup v2 or v1 hierarchy or any other folder of one file
// system (mounts below the root are left out). On cgroup v2 the id is what bpf_get_current_cgroup_id()
// returns.
//
// inotify tells of each folder that comes and goes; the tree is walked at the start, when inotify lost
// events, for an id that nobody knows and, where there aren't enough watches, again and again. All such walks
// keep walk_gap apart, and so far apart that they take a twentieth of the time at most. A walk happens in the
// call that needs it: some 10 us a cgroup, so a second when the tree is full.
//
// What it can't know: a cgroup that ended before poll() read of its start (an event bears a name, no id), one
// below a folder that this process may not read, one deeper than 64 folders or with a path longer than
// PATH_MAX, one beyond most_live. The first is counted in gone_early, the others are said once in the log.
//
// Memory: some 350 octets a living cgroup (22 MB at most_live, measured with names of 85 octets), about as
// much an ended one; the kernel has an inode and a watch of some 1 KB for each living one. Paths of ended
// ones take 4 MiB at most. Follows no symlink, and opens folders only relative to others, so that a parent
// may be renamed meanwhile. Not thread-safe.
class CgroupTree {
  public:
    // `root` is a folder, such as the mount point of a hierarchy. Walks it. Fails where it can't be opened;
    // no inotify is no error.
    static Result<std::unique_ptr<CgroupTree>> open(std::string root, CgroupTreeLimits limits = {});

    // Readable when there is something to poll() for; -1 where there is no inotify.
    [[nodiscard]] int fd() const { return inotify_.get(); }

    // Reads what is waiting, without blocking. Call it as soon as fd() is readable, since a short-lived
    // cgroup is only known if it is still there, and once a second in any case, for walks that are due. An
    // error is of the last walk or of inotify (once each time); the tree stays usable, what it knows stays
    // known.
    Status poll();

    // The path of the folder with this id, "/" for the root, of one that lives or that ended at most `keep`
    // ago; nothing where unknown. Reads waiting events, then walks if it may, before it says so. The text may
    // hold any byte but NUL: escape it at the edge.
    std::optional<std::string> path_of(uint64_t id);

    [[nodiscard]] CgroupTreeUse use() const;

  private:
    CgroupTree(std::string root, const CgroupTreeLimits& limits, UniqueFd folder, uint64_t root_id,
               uint64_t device);

    Status read_events();
    void handle_event(int watch, uint32_t mask, const char* name);
    UniqueFd open_living(uint64_t id);

    [[nodiscard]] bool may_walk() const;
    void walk_all();
    void visit(UniqueFd folder, uint64_t id);
    void take_in(int parent_folder, uint64_t parent_id, const char* name, bool is_new);
    bool place(uint64_t parent_id, const char* name, uint64_t id);
    void watch(int folder, uint64_t id);
    void drop_idle_watches();

    void note_unopened(const std::string& name);
    void note_trouble(const char* operation, std::string object);
    void warn_once(const char* message, const std::string& why);

    std::string root_;
    CgroupTreeLimits limits_;
    UniqueFd root_folder_;
    uint64_t root_id_;
    uint64_t device_;
    CgroupIndex index_;
    UniqueFd inotify_;

    bool blind_ = false;      // some folder has no watch
    bool walk_due_ = false;   // events were lost
    bool walk_whole_ = true;  // the running walk could open and list all that it met
    uint64_t next_walk_ns_ = 0;
    uint64_t walks_ = 0;
    uint64_t gone_early_ = 0;
    std::optional<Error> trouble_;  // for the next poll()
    std::set<std::string_view> warned_;
};

}  // namespace dnsexp
