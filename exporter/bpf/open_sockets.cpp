#include "exporter/bpf/open_sockets.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <unordered_set>

#include "ebpf/dns_abi.h"
#include "ebpf/dns_message.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

using Inodes = std::unordered_set<uint64_t>;

struct CloseFolder {
    void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

template <typename Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() && end == text.data() + text.size();
}

// Names of a folder's entries that are numbers.
std::vector<uint32_t> numbers_in(const std::string& path) {
    std::vector<uint32_t> numbers;
    const Folder folder(opendir(path.c_str()));
    if (!folder) return numbers;
    while (const dirent* entry = readdir(folder.get())) {
        uint32_t number = 0;
        if (read_number(std::string_view(entry->d_name), number)) numbers.push_back(number);
    }
    return numbers;
}

// "0100007F:0035": an address and a port, in hexadecimal (proc_net_tcp.rst of the kernel).
bool has_port(std::string_view endpoint, const std::vector<uint16_t>& ports) {
    const size_t colon = endpoint.rfind(':');
    uint16_t port = 0;
    return colon != std::string_view::npos && read_number(endpoint.substr(colon + 1), port, 16) &&
           std::find(ports.begin(), ports.end(), port) != ports.end();
}

// Inode numbers of the DNS sockets in a process's network namespace.
void add_dns_sockets(const std::string& process, const std::vector<uint16_t>& ports, Inodes& inodes) {
    for (const char* table : {"/net/udp", "/net/udp6", "/net/tcp", "/net/tcp6"}) {
        std::ifstream file(process + table);
        std::string line;
        std::getline(file, line);  // the heading
        while (std::getline(file, line)) {
            std::istringstream words(line);
            std::string number, local, remote, skipped;
            uint64_t inode = 0;
            words >> number >> local >> remote;
            for (int i = 0; i < 6; ++i)
                words >> skipped;  // state, queues, timer, retransmissions, uid, timeout
            if (words >> inode && inode != 0 && (has_port(local, ports) || has_port(remote, ports)))
                inodes.insert(inode);
        }
    }
}

// Whether a line of /proc/PID/cgroup is of this hierarchy: version 2 names no controller.
bool is_of_hierarchy(const std::string& controllers, dns_hierarchy hierarchy) {
    constexpr const char* names[] = {"", "pids", "memory", "cpuacct"};
    if (hierarchy == DNS_HIERARCHY_UNIFIED) return controllers.empty();
    return ("," + controllers + ",").find("," + std::string(names[hierarchy]) + ",") != std::string::npos;
}

// The process's id of a hierarchy's cgroup; 0 where it can't be had. Lines of /proc/PID/cgroup: number,
// controllers, path.
uint64_t cgroup_of(const std::string& process, const OpenSocketsTask& task) {
    std::ifstream file(process + "/cgroup");
    for (std::string line; std::getline(file, line);) {
        const size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        if (!is_of_hierarchy(line.substr(first + 1, second - first - 1), task.hierarchy)) continue;
        const std::string path = "." + line.substr(second + 1);
        struct stat info {};
        if (fstatat(task.cgroup_root, path.c_str(), &info, 0) != 0) return 0;
        return task.hierarchy == DNS_HIERARCHY_UNIFIED ? info.st_ino : info.st_ino | DNS_CGROUP_V1;
    }
    return 0;
}

dns_owner owner_of(uint32_t pid, const std::string& process, const OpenSocketsTask& task) {
    dns_owner owner{};
    owner.task.pid = owner.task.tid = pid;
    struct stat info {};
    if (stat(process.c_str(), &info) == 0) owner.task.uid = info.st_uid;
    std::ifstream file(process + "/comm");
    std::string comm;
    std::getline(file, comm);
    std::memcpy(owner.task.comm, comm.data(), std::min<size_t>(comm.size(), DNS_COMM_LENGTH - 1));
    owner.task.cgroup = cgroup_of(process, task);
    owner.slots[0] = owner.slots[1] = DNS_SLOT_UNKNOWN;
    constexpr uint8_t no_name[DNS_COMM_LENGTH] = {};
    owner.group = dns_group_of(owner.task.cgroup, task.by_name ? owner.task.comm : no_name, task.keys);
    return owner;
}

// "socket:[1234]"
uint64_t socket_inode(const std::string& link) {
    char target[64];
    const ssize_t length = readlink(link.c_str(), target, sizeof target);
    const std::string_view text(target, static_cast<size_t>(std::max<ssize_t>(length, 0)));
    uint64_t inode = 0;
    if (!text.starts_with("socket:[") || !read_number(text.substr(8, text.size() - 9), inode)) return 0;
    return inode;
}

// A look at all processes. The first one that has a socket is its owner.
class Search {
  public:
    explicit Search(const OpenSocketsTask& task) : task_(task) {}

    OpenSocketsFound run() {
        const std::vector<uint32_t> processes = numbers_in("/proc");
        for (const uint32_t pid : processes) look_at_namespace(path_of(pid));
        for (const uint32_t pid : processes) look_at_sockets(pid);
        return found_;
    }

  private:
    static std::string path_of(uint32_t pid) { return "/proc/" + std::to_string(pid); }

    void look_at_namespace(const std::string& process) {
        struct stat info {};
        if (stat((process + "/ns/net").c_str(), &info) == 0 && namespaces_.insert(info.st_ino).second)
            add_dns_sockets(process, task_.ports, inodes_);
    }

    void look_at_sockets(uint32_t pid) {
        if (inodes_.empty()) return;
        const std::string process = path_of(pid);
        UniqueFd handle;
        if (access((process + "/fd/").c_str(), R_OK | X_OK) != 0) {
            found_.refused += errno == EACCES;
            return;
        }
        for (const uint32_t number : numbers_in(process + "/fd")) {
            const uint64_t inode = socket_inode(process + "/fd/" + std::to_string(number));
            if (inode == 0 || !inodes_.contains(inode)) continue;
            if (!handle) handle.reset(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
            own(pid, process, handle.get(), static_cast<int>(number), inode);
        }
    }

    void own(uint32_t pid, const std::string& process, int handle, int number, uint64_t inode) {
        const UniqueFd socket(static_cast<int>(syscall(SYS_pidfd_getfd, handle, number, 0)));
        if (!socket) {
            found_.refused += errno == EPERM;
            return;
        }
        const int key = socket.get();
        const dns_owner owner = owner_of(pid, process, task_);
        if (bpf_map_update_elem(task_.owners, &key, &owner, BPF_NOEXIST) != 0 && errno != EEXIST) return;
        inodes_.erase(inode);
        ++found_.sockets;
    }

    const OpenSocketsTask& task_;
    OpenSocketsFound found_;
    std::set<ino_t> namespaces_;
    Inodes inodes_;
};

}  // namespace

Result<OpenSocketsFound> own_open_sockets(const OpenSocketsTask& task) {
    if (access("/proc/self/net/udp", R_OK) != 0) return Error{"read", "/proc/self/net/udp", errno, "", ""};
    return Search(task).run();
}

}  // namespace dnsexp
