// The programs of sockets on this process alone, and sockets that go by the names of several.
#pragma once

#include <netinet/in.h>

#include <string>
#include <vector>

#include "exporter/base/unique_fd.h"
#include "exporter/bpf/loader.h"
#include "test/support/packet_builder.h"

struct bpf_link;

namespace dnsexp::test {

// This process is in a cgroup of its own, on which the programs are, while the object lives. Sockets belong
// to the cgroup in which they were made.
class OwnCgroup {
  public:
    explicit OwnCgroup(const LoadedPrograms& programs);
    ~OwnCgroup();
    OwnCgroup(const OwnCgroup&) = delete;
    OwnCgroup& operator=(const OwnCgroup&) = delete;

  private:
    UniqueFd root_, before_;
    std::string name_;
    std::vector<bpf_link*> links_;
};

// An address of 127.0.0.0/8, by its last octet.
sockaddr_in local(uint8_t last, uint16_t port = 53);

// A socket of a process that goes by `name`: bound to `at`, or connected to `to`. What has not come after a
// second fails the test case.
class Socket {
  public:
    static Socket bound(const std::string& name, const sockaddr_in& at, int type = SOCK_DGRAM);
    static Socket connected(const std::string& name, const sockaddr_in& to, int type = SOCK_DGRAM);
    [[nodiscard]] Socket accept() const;

    void send(const Bytes& message) const;
    void send_to(const sockaddr_in& to, const Bytes& message) const;
    Bytes receive();
    // Who sent what was received last.
    [[nodiscard]] const sockaddr_in& peer() const { return peer_; }

  private:
    explicit Socket(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
    sockaddr_in peer_{};
};

}  // namespace dnsexp::test
