#include "exporter/workload/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "exporter/base/clock.h"
#include "exporter/base/log.h"

namespace dnsexp {
namespace {

constexpr uint64_t kWalkShare = 20;  // a walk may take one part in so many of the time
constexpr uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr size_t kReadSize = 16'384;  // many events of some 50 octets; one is at most 16 + NAME_MAX + 1

// A folder that went away, or was never one, between its name and the call.
bool is_gone(int errnum) {
    return errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ENODEV;
}

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

CgroupTree::CgroupTree(std::string root, const CgroupTreeLimits& limits, UniqueFd folder, uint64_t root_id,
                       uint64_t device)
    : root_(std::move(root)),
      limits_(limits),
      root_folder_(std::move(folder)),
      root_id_(root_id),
      device_(device),
      index_(root_id, limits),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (!inotify_)
        warn_once("no inotify for cgroups: short-lived ones are missed; see fs.inotify.max_user_instances",
                  std::generic_category().message(errno));
}

Result<std::unique_ptr<CgroupTree>> CgroupTree::open(std::string root, CgroupTreeLimits limits) {
    // The root alone may be a symlink: the user named it.
    UniqueFd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status = {};
    if (!folder || fstat(folder.get(), &status) != 0)
        return Error{.operation = "open cgroup hierarchy",
                     .object = root,
                     .errnum = errno,
                     .detail = "",
                     .hint = "give the folder where the cgroup hierarchy is mounted"};
    std::unique_ptr<CgroupTree> tree(
        new CgroupTree(std::move(root), limits, std::move(folder), status.st_ino, status.st_dev));
    tree->walk_all();
    tree->next_walk_ns_ = 0;  // the first walk on demand need not wait
    return tree;
}

std::optional<std::string> CgroupTree::path_of(uint64_t id) {
    index_.forget_older(monotonic_ns());
    if (auto path = index_.path_of(id)) return path;
    if (auto read = read_events(); !read) trouble_ = read.error();
    if (auto path = index_.path_of(id)) return path;
    if (!may_walk()) return std::nullopt;
    walk_all();
    return index_.path_of(id);
}

CgroupTreeUse CgroupTree::use() const {
    return {index_.live(), index_.ended(), index_.watches(), walks_, gone_early_};
}

Status CgroupTree::poll() {
    index_.forget_older(monotonic_ns());
    if (auto read = read_events(); !read) return read;
    if ((walk_due_ || blind_) && may_walk()) walk_all();
    if (!trouble_) return ok();
    Error error = std::move(*trouble_);
    trouble_.reset();
    return error;
}

// As much as waits now: under a storm of new cgroups the end of the queue would run away.
Status CgroupTree::read_events() {
    int waiting = 0;
    if (!inotify_ || ioctl(inotify_.get(), FIONREAD, &waiting) != 0) return ok();
    alignas(inotify_event) std::array<char, kReadSize> buffer;
    while (waiting > 0) {
        const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return ok();
        if (size <= 0) {
            walk_due_ = true;
            return Error{.operation = "read inotify events of",
                         .object = root_,
                         .errnum = errno,
                         .detail = "",
                         .hint = "cgroups are found by walks until it works again"};
        }
        waiting -= static_cast<int>(size);
        inotify_event event{};
        for (size_t at = 0; at + sizeof event <= static_cast<size_t>(size); at += sizeof event + event.len) {
            std::memcpy(&event, buffer.data() + at, sizeof event);
            handle_event(event.wd, event.mask, event.len > 0 ? buffer.data() + at + sizeof event : "");
        }
    }
    return ok();
}

// An event can be older than what the tree knows. What it says to have come is therefore looked up; what it
// says to have gone, and is there again, comes back with an event behind it in the queue.
void CgroupTree::handle_event(int watch, uint32_t mask, const char* name) {
    if ((mask & IN_Q_OVERFLOW) != 0) {
        walk_due_ = true;
        return;
    }
    const auto parent = index_.watched_by(watch);
    if (!parent) return;  // of a folder that has ended
    if ((mask & IN_IGNORED) != 0) return index_.lose_watch(watch);
    if ((mask & IN_ISDIR) == 0) return;
    if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        if (const auto child = index_.child(*parent, name)) index_.end_below(*child, monotonic_ns());
        return drop_idle_watches();
    }
    const UniqueFd folder = open_living(*parent);
    if (folder) take_in(folder.get(), *parent, name, (mask & IN_CREATE) != 0);
}

// Opens a folder of the tree name by name. Nothing where it is no longer there: an event will tell.
UniqueFd CgroupTree::open_living(uint64_t id) {
    UniqueFd folder(openat(root_folder_.get(), ".", kOpenFolder));
    for (const std::string& name : index_.names_to(id)) {
        if (!folder) break;
        folder = UniqueFd(openat(folder.get(), name.c_str(), kOpenFolder));
    }
    struct stat status = {};
    if (!folder) {
        note_unopened(index_.path_of(id).value_or(""));
    } else if (fstat(folder.get(), &status) != 0 || status.st_ino != id) {
        folder.reset();
    }
    return folder;
}

bool CgroupTree::may_walk() const {
    return monotonic_ns() >= next_walk_ns_;
}

void CgroupTree::walk_all() {
    const uint64_t start = monotonic_ns();
    ++walks_;
    walk_due_ = blind_ = false;
    walk_whole_ = true;
    if (UniqueFd root = open_living(root_id_)) visit(std::move(root), root_id_);
    if (walk_whole_) index_.end_unseen(walks_, monotonic_ns());
    drop_idle_watches();
    const uint64_t end = monotonic_ns();
    const auto gap = static_cast<uint64_t>(std::chrono::nanoseconds(limits_.walk_gap).count());
    next_walk_ns_ = end + std::max(gap, (end - start) * (kWalkShare - 1));
}

// Watches a folder, then lists it: a child that comes meanwhile is met twice, never missed.
void CgroupTree::visit(UniqueFd folder, uint64_t id) {
    watch(folder.get(), id);
    const std::unique_ptr<DIR, CloseDirectory> directory(fdopendir(folder.get()));
    if (!directory) return note_trouble("list cgroup", index_.path_of(id).value_or(""));
    folder.release();
    for (;;) {
        errno = 0;
        // Each DIR has one user, so glibc's readdir is safe.
        const dirent* entry = readdir(directory.get());  // NOLINT(concurrency-mt-unsafe)
        if (entry == nullptr) break;
        if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") take_in(dirfd(directory.get()), id, entry->d_name, false);
    }
    if (errno != 0 && !is_gone(errno)) note_trouble("list cgroup", index_.path_of(id).value_or(""));
}

// Takes the folder `name` and all below it into the tree. Recursive through visit(); the index bounds the
// depth.
void CgroupTree::take_in(int parent_folder, uint64_t parent_id, const char* name, bool is_new) {
    UniqueFd folder(openat(parent_folder, name, kOpenFolder));
    struct stat status = {};
    if (folder && fstat(folder.get(), &status) != 0) return note_trouble("read inode of cgroup", name);
    if (!folder) {
        const bool closed = errno == EACCES;
        if (is_new && is_gone(errno)) ++gone_early_;
        note_unopened(name);
        // It has a name all the same.
        if (!closed || fstatat(parent_folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(status.st_mode))
            return;
    }
    if (status.st_dev != device_ || !place(parent_id, name, status.st_ino)) return;
    if (folder) visit(std::move(folder), status.st_ino);
}

bool CgroupTree::place(uint64_t parent_id, const char* name, uint64_t id) {
    const auto placed = index_.place(parent_id, name, id, walks_, monotonic_ns());
    drop_idle_watches();
    if (placed == CgroupIndex::Placed::beyond_limits)
        warn_once("too many or too deep cgroups: some stay unknown",
                  std::to_string(index_.live()) + " are known");
    if (placed == CgroupIndex::Placed::parent_ended) walk_due_ = true;
    return placed == CgroupIndex::Placed::yes;
}

void CgroupTree::watch(int folder, uint64_t id) {
    if (index_.watch_of(id) >= 0) return;
    int watch = -1;
    errno = ENOSPC;
    if (inotify_ && index_.watches() < limits_.most_watches)
        // inotify takes a path only; this one leads to the open folder itself.
        watch =
            inotify_add_watch(inotify_.get(), ("/proc/self/fd/" + std::to_string(folder)).c_str(), kEvents);
    if (watch >= 0) return index_.set_watch(id, watch);
    blind_ = true;
    warn_once("can't watch every cgroup: short-lived ones are missed; see fs.inotify.max_user_watches",
              std::generic_category().message(errno));
}

// Current kernels keep the watch of a removed cgroup, and its inode, until it is asked to go.
void CgroupTree::drop_idle_watches() {
    for (const int watch : index_.take_idle_watches()) inotify_rm_watch(inotify_.get(), watch);
}

// A folder that could not be opened, with errno as open left it. The user it was delegated to may close it.
void CgroupTree::note_unopened(const std::string& name) {
    if (errno == EACCES)
        warn_once("can't read a cgroup's folder: those below it stay unknown", name);
    else if (!is_gone(errno))
        note_trouble("open cgroup", name);
}

// With errno as the failed call left it. A walk that met trouble ends nothing: what it did not see may live.
void CgroupTree::note_trouble(const char* operation, std::string object) {
    const int errnum = errno;
    walk_whole_ = false;
    if (trouble_) return;
    trouble_ = Error{.operation = operation,
                     .object = std::move(object),
                     .errnum = errnum,
                     .detail = "below " + root_,
                     .hint = "cgroups there may stay unknown until the next walk"};
}

void CgroupTree::warn_once(const char* message, const std::string& why) {
    if (warned_.insert(message).second) log_warn(message, {{"root", root_}, {"err", why}});
}

}  // namespace dnsexp
