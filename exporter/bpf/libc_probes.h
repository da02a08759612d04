// The programs at getaddrinfo(), attached to each C library that a process of the host has mapped. Their
// records come through the ring of the other programs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "ebpf/dns_abi.h"
#include "exporter/base/log.h"
#include "exporter/base/result.h"
#include "exporter/bpf/libc_finder.h"
#include "exporter/bpf/skeleton.h"

struct bpf_link;

namespace dnsexp {

struct LibcProbesOptions {
    LibcFinderOptions finder;
    std::chrono::milliseconds between_passes{10'000};
};

// Thread-safe. It has a thread of its own: to let go of a library takes the kernel a fifth of a second, to
// attach to one that thousands of processes have mapped perhaps as long.
class LibcProbes {
  public:
    // Loads the programs; nothing is attached yet. `events`: the ring's file descriptor. `hierarchy`: which
    // cgroup a process is in; needs the kernel's BTF. Needs CAP_BPF and CAP_PERFMON.
    static Result<std::unique_ptr<LibcProbes>> make(int events, dns_hierarchy hierarchy,
                                                    LibcProbesOptions options = {});
    LibcProbes(const LibcProbes&) = delete;
    LibcProbes& operator=(const LibcProbes&) = delete;
    ~LibcProbes();

    // Attaches to what processes have mapped, and goes on to do so: what is new is found by the next pass.
    // What no process maps any more is let go, since an attached library keeps its file system busy. Call it
    // once. An Error: nothing can be attached (without CAP_SYS_ADMIN), and nobody tries again.
    Status start();

    // Looks for no more of them, and leaves what is attached so. Without privileges, every process would seem
    // to be gone, and its library with it.
    void stop_following();

    // C libraries whose calls are seen now.
    [[nodiscard]] size_t attached() const { return attached_count_; }
    // Its programs.
    [[nodiscard]] const bpf_object* object() const { return skeleton_->obj; }
    // Of all CPUs since the start.
    [[nodiscard]] Result<dns_call_stats> counts() const;

  private:
    struct Attached {
        bpf_link *call, *end;
        std::string path;
    };

    LibcProbes(CallSkeleton skeleton, bool core, LibcProbesOptions options)
        : skeleton_(std::move(skeleton)),
          core_(core),
          between_passes_(options.between_passes),
          finder_(std::move(options.finder)) {}
    void run(const std::stop_token& stop);
    Status pass();
    Status attach(const LibcFile& libc);
    Result<bpf_link*> attach_program(bpf_program* program, const LibcFile& libc, uint64_t offset,
                                     bool at_return);
    static void detach(const Attached& one);
    void let_go(const std::string& id);
    void tell_limits(const LibcChanges& changes);
    LogLevel level_of_line() { return told_++ < kInfoLines ? LogLevel::info : LogLevel::debug; }

    // A host where containers come and go tells of the first ones; of the rest at debug.
    static constexpr uint32_t kInfoLines = 8;

    CallSkeleton skeleton_;
    bool core_;  // the programs that use the kernel's BTF were loaded
    std::chrono::milliseconds between_passes_;
    // What follows is start()'s, then the thread's.
    LibcFinder finder_;
    std::map<std::string, Attached> attached_;  // by the finder's id
    bool told_refused_ = false, told_full_ = false;
    uint32_t told_ = 0;

    std::atomic<size_t> attached_count_ = 0;
    std::jthread thread_;
};

}  // namespace dnsexp
