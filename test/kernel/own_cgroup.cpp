#include "test/kernel/own_cgroup.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "exporter/bpf/cgroup_root.h"

namespace dnsexp::test {
namespace {

UniqueFd open_folder(int at, const std::string& path) {
    return UniqueFd(openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// This process's cgroup of version 2, from the hierarchy's root on ("0::/...", cgroups(7)).
std::string cgroup_now() {
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("0::/")) return "." + line.substr(3);
    return ".";
}

bool enter(int folder) {
    const UniqueFd processes(openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC));
    return processes && write(processes.get(), "0", 1) == 1;
}

// While it lives, this process goes by another name.
class Named {
  public:
    explicit Named(const std::string& name) {
        prctl(PR_GET_NAME, before_);
        prctl(PR_SET_NAME, name.c_str());
    }
    ~Named() { prctl(PR_SET_NAME, before_); }
    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;

  private:
    char before_[DNS_COMM_LENGTH] = {};
};

UniqueFd make_socket(int type) {
    UniqueFd made(socket(AF_INET, type | SOCK_CLOEXEC, 0));
    REQUIRE(made);
    const timeval second{1, 0};
    const int yes = 1;
    REQUIRE(setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) == 0);
    REQUIRE(setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
    return made;
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

OwnCgroup::OwnCgroup(const LoadedPrograms& programs) : name_("dnsexp-test-" + std::to_string(getpid())) {
    auto root = open_cgroup_root();
    if (!root) FAIL(root.error().message());
    root_ = std::move(root->folder);
    before_ = open_folder(root_.get(), cgroup_now());
    if (!before_) before_ = open_folder(root_.get(), ".");
    REQUIRE(mkdirat(root_.get(), name_.c_str(), 0755) == 0);
    const UniqueFd own = open_folder(root_.get(), name_);
    for (bpf_program* program : owner_programs(programs)) {
        bpf_link* link = bpf_program__attach_cgroup(program, own.get());
        if (!link) FAIL("attach " << bpf_program__name(program) << ": " << std::strerror(errno));
        links_.push_back(link);
    }
    REQUIRE(enter(own.get()));
}

OwnCgroup::~OwnCgroup() {
    const bool left = enter(before_.get());
    for (bpf_link* link : links_) bpf_link__destroy(link);
    unlinkat(root_.get(), name_.c_str(), AT_REMOVEDIR);
    if (!left) std::abort();  // the next test would be in a cgroup that is none of its own
}

sockaddr_in local(uint8_t last, uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
    return address;
}

Socket Socket::bound(const std::string& name, const sockaddr_in& at, int type) {
    const Named named(name);
    Socket made(make_socket(type));
    REQUIRE(bind(made.fd_.get(), generic(at), sizeof at) == 0);
    if (type == SOCK_STREAM) REQUIRE(listen(made.fd_.get(), 8) == 0);
    return made;
}

Socket Socket::connected(const std::string& name, const sockaddr_in& to, int type) {
    const Named named(name);
    Socket made(make_socket(type));
    REQUIRE(connect(made.fd_.get(), generic(to), sizeof to) == 0);
    return made;
}

Socket Socket::accept() const {
    UniqueFd accepted(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(accepted);
    return Socket(std::move(accepted));
}

void Socket::send(const Bytes& message) const {
    REQUIRE(::send(fd_.get(), message.data(), message.size(), 0) == static_cast<ssize_t>(message.size()));
}

void Socket::send_to(const sockaddr_in& to, const Bytes& message) const {
    REQUIRE(sendto(fd_.get(), message.data(), message.size(), 0, generic(to), sizeof to) ==
            static_cast<ssize_t>(message.size()));
}

Bytes Socket::receive() {
    Bytes message(65536);
    socklen_t length = sizeof peer_;
    const ssize_t octets =
        recvfrom(fd_.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&peer_), &length);
    if (octets < 0) FAIL("nothing came: " << std::strerror(errno));
    message.resize(static_cast<size_t>(octets));
    return message;
}

}  // namespace dnsexp::test
