#include "exporter/bpf/cgroup_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace dnsexp {
namespace {

constexpr ino_t root_inode =
    1;  // of every hierarchy's true root (kernel/cgroup/cgroup.c: the first id of its kernfs)

// Mount points, from the view of this process and, with the host's PIDs, of the host's first one.
struct CgroupMount {
    std::string path, type, options;
};

// proc_pid_mountinfo(5): fields, a hyphen, type, source, options. Spaces in paths are \040; cgroup mounts
// have none.
std::vector<CgroupMount> cgroup_mounts() {
    std::vector<CgroupMount> mounts;
    for (const std::string prefix : {"/proc/self", "/proc/1"}) {
        std::ifstream file(prefix + "/mountinfo");
        for (std::string line; std::getline(file, line);) {
            const size_t hyphen = line.find(" - ");
            if (hyphen == std::string::npos) continue;
            std::istringstream before(line.substr(0, hyphen)), behind(line.substr(hyphen + 3));
            std::string skipped, path, type, source, options;
            before >> skipped >> skipped >> skipped >> skipped >> path;
            behind >> type >> source >> options;
            if (type != "cgroup2" && type != "cgroup") continue;
            mounts.push_back({prefix == "/proc/1" ? "/proc/1/root" + path : path, type, options});
        }
    }
    return mounts;
}

bool is_true_root(int fd) {
    struct stat info {};
    return fstat(fd, &info) == 0 && info.st_ino == root_inode;
}

Result<CgroupRoot> mount_privately() {
    const Error failed{"mount cgroup2", "", 0, "", "mount it at /sys/fs/cgroup, or give CAP_SYS_ADMIN"};
    const auto error = [&] {
        Error now = failed;
        now.errnum = errno;
        return now;
    };
    const UniqueFd context(fsopen("cgroup2", FSOPEN_CLOEXEC));
    if (!context) return error();
    if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return error();
    UniqueFd folder(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
    if (!folder) return error();
    const bool of_host = is_true_root(folder.get());
    std::string path = "/proc/self/fd/" + std::to_string(folder.get());
    return CgroupRoot{std::move(folder), std::move(path), of_host, false};
}

bool has_option(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        const size_t comma = std::min(options.find(','), options.size());
        if (options.substr(0, comma) == wanted) return true;
        options.remove_prefix(std::min(comma + 1, options.size()));
    }
    return false;
}

}  // namespace

Result<CgroupRoot> open_cgroup_root() {
    CgroupRoot best;
    for (const CgroupMount& mount : cgroup_mounts()) {
        if (mount.type != "cgroup2") continue;
        UniqueFd folder(open(mount.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder) continue;
        const bool of_host = is_true_root(folder.get());
        if (of_host || !best.folder) best = {std::move(folder), mount.path, of_host, true};
        if (of_host) break;
    }
    if (best.of_host) return best;
    auto own = mount_privately();
    if (!own && !best.folder) return own.error();
    if (own && (own->of_host || !best.folder)) return own;
    return best;
}

V1Hierarchy find_v1_hierarchy() {
    constexpr std::pair<const char*, dns_hierarchy> controllers[] = {
        {"pids", DNS_HIERARCHY_PIDS}, {"memory", DNS_HIERARCHY_MEMORY}, {"cpuacct", DNS_HIERARCHY_CPUACCT}};
    const auto mounts = cgroup_mounts();
    for (const auto& [name, controller] : controllers)
        for (const CgroupMount& mount : mounts)
            if (mount.type == "cgroup" && has_option(mount.options, name) &&
                access(mount.path.c_str(), R_OK | X_OK) == 0)
                return {controller, mount.path};
    return {};
}

}  // namespace dnsexp
