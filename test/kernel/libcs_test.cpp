// Which C libraries are found: those of containers, of overlays, of programs that come and go.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "test/kernel/calls.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

namespace fs = std::filesystem;

const fs::path musl = DNSEXP_STAND_IN "/musl";

// A folder in memory, in a mount namespace of this thread's own until it goes.
class Scratch {
  public:
    Scratch() : before_(open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
        REQUIRE(before_);
        REQUIRE(mkdtemp(path_) != nullptr);
        // unshare() keeps the working directory from being shared with other threads, and setns() wants that.
        REQUIRE(unshare(CLONE_FS | CLONE_NEWNS) == 0);
        REQUIRE(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
        REQUIRE(mount("tmpfs", path_, "tmpfs", 0, nullptr) == 0);
    }
    ~Scratch() {
        if (setns(before_.get(), CLONE_NEWNS) != 0) std::abort();
        rmdir(path_);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] fs::path path() const { return path_; }

  private:
    UniqueFd before_;
    char path_[32] = "/tmp/dnsexp-libcs-XXXXXX";
};

// A program in a root folder of its own. It ends when the object goes.
class Contained {
  public:
    Contained(const fs::path& root, const char* program, std::vector<const char*> arguments = {}) {
        int to[2], from[2];
        REQUIRE(pipe2(to, O_CLOEXEC) == 0);
        REQUIRE(pipe2(from, O_CLOEXEC) == 0);
        arguments.insert(arguments.begin(), program);
        arguments.push_back(nullptr);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            const bool ready =
                dup2(to[0], 0) == 0 && dup2(from[1], 1) == 1 && chroot(root.c_str()) == 0 && chdir("/") == 0;
            if (ready) execv(program, const_cast<char* const*>(arguments.data()));
            _exit(127);
        }
        close(to[0]);
        close(from[1]);
        to_ = UniqueFd(to[1]);
        from_ = UniqueFd(from[0]);
    }
    ~Contained() { end(); }
    Contained(const Contained&) = delete;
    Contained& operator=(const Contained&) = delete;

    [[nodiscard]] uint32_t pid() const { return static_cast<uint32_t>(pid_); }
    // What the program prints to a line.
    std::string tell(const std::string& line) {
        const std::string text = line + "\n";
        if (write(to_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return "gone";
        char answer[64];
        const ssize_t got = read(from_.get(), answer, sizeof answer);
        return got > 0 ? std::string(answer, static_cast<size_t>(got - 1)) : "gone";
    }
    void end() {
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

  private:
    pid_t pid_ = -1;
    UniqueFd to_, from_;
};

// Asks until a call is told of.
bool is_seen(Calls& calls, Contained& program) {
    return soon([&] {
        CHECK(program.tell("127.0.0.1") == "0");
        return !calls.take(program.pid()).empty();
    });
}

}  // namespace

TEST_CASE("The C library of a container is found while one runs, and let go when it has ended", "[calls]") {
    const Scratch scratch;
    fs::copy(musl, scratch.path(), fs::copy_options::recursive);
    Calls calls;
    const size_t before = calls.probes().attached();
    Contained container(scratch.path(), "/ask");
    REQUIRE(is_seen(calls, container));
    CHECK(calls.probes().attached() == before + 1);
    (void)calls.take(container.pid());
    CHECK(container.tell("127.1.2.3") == "0");
    const auto records = calls.take(container.pid());
    REQUIRE(records.size() == 2);
    CHECK(records[0].name() == "127.1.2.3");
    CHECK(records[1].event.outcome == 0);
    CHECK(records[1].event.latency_ns > 0);
    CHECK(records[1].comm() == "ask");
    container.end();
    CHECK(soon([&] { return calls.probes().attached() == before; }));
    // Nothing holds the file system any more.
    CHECK(soon([&] { return umount(scratch.path().c_str()) == 0; }));
}

TEST_CASE("Containers with copies of one C library are each seen", "[calls]") {
    const Scratch scratch;
    fs::copy(musl, scratch.path() / "a", fs::copy_options::recursive);
    fs::copy(musl, scratch.path() / "b", fs::copy_options::recursive);
    Calls calls;
    const size_t before = calls.probes().attached();
    Contained a(scratch.path() / "a", "/ask"), b(scratch.path() / "b", "/ask");
    CHECK(is_seen(calls, a));
    CHECK(is_seen(calls, b));
    CHECK(calls.probes().attached() == before + 2);
}

TEST_CASE("A C library that was deleted or replaced is seen where it runs on", "[calls]") {
    const Scratch scratch;
    fs::copy(musl, scratch.path(), fs::copy_options::recursive);
    Contained old(scratch.path(), "/ask");
    CHECK(old.tell("127.0.0.1") == "0");
    for (const auto& file : fs::directory_iterator(scratch.path() / "lib")) fs::remove(file);
    Calls calls;
    CHECK(is_seen(calls, old));
    fs::copy(musl / "lib", scratch.path() / "lib");
    Contained upgraded(scratch.path(), "/ask");
    CHECK(is_seen(calls, upgraded));
    CHECK(is_seen(calls, old));
}

TEST_CASE("Overlays that share a C library tell of each call once", "[calls]") {
    const Scratch scratch;
    const fs::path& path = scratch.path();
    fs::copy(musl, path / "image", fs::copy_options::recursive);
    for (const std::string name : {"a", "b"}) {
        for (const char* part : {"upper", "work", "root"}) fs::create_directories(path / name / part);
        const std::string options = "lowerdir=" + (path / "image").string() +
                                    ",upperdir=" + (path / name / "upper").string() +
                                    ",workdir=" + (path / name / "work").string();
        REQUIRE(mount("overlay", (path / name / "root").c_str(), "overlay", 0, options.c_str()) == 0);
    }
    Calls calls;
    const size_t before = calls.probes().attached();
    Contained a(path / "a" / "root", "/ask"), b(path / "b" / "root", "/ask");
    CHECK(is_seen(calls, a));
    CHECK(is_seen(calls, b));
    std::this_thread::sleep_for(std::chrono::milliseconds(500) * slow());  // for another pass
    CHECK(calls.probes().attached() == before + 1);
    (void)calls.take(a.pid());
    for (int i = 0; i < 10; ++i) CHECK(a.tell("127.0.0.1") == "0");
    CHECK(calls.take(a.pid()).size() == 20);
    // The library stays for the one that still runs.
    a.end();
    std::this_thread::sleep_for(std::chrono::milliseconds(500) * slow());
    CHECK(is_seen(calls, b));
}

TEST_CASE("A program without a C library is passed over", "[calls]") {
    const Scratch scratch;
    const char* busybox = access("/bin/busybox", X_OK) == 0 ? "/bin/busybox" : "/usr/bin/busybox";
    fs::copy(busybox, scratch.path() / "busybox");
    Calls calls;
    const size_t before = calls.probes().attached();
    Contained program(scratch.path(), "/busybox", {"cat"});
    CHECK(program.tell("it runs") == "it runs");
    std::this_thread::sleep_for(std::chrono::milliseconds(1000) * slow());
    CHECK(calls.probes().attached() == before);
    CHECK(program.tell("and on") == "and on");
}

TEST_CASE("A file that only bears a C library's name does no harm", "[calls]") {
    const Scratch scratch;
    fs::copy(musl, scratch.path(), fs::copy_options::recursive);
    // Its own loader maps what it likes: here as an executable mapping of this process.
    const fs::path fake = scratch.path() / "libc.so.6";
    const UniqueFd file(open(fake.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0755));
    REQUIRE(ftruncate(file.get(), 8192) == 0);
    void* mapped = mmap(nullptr, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0);
    REQUIRE(mapped != MAP_FAILED);
    Calls calls;
    Contained container(scratch.path(), "/ask");
    CHECK(is_seen(calls, container));
    munmap(mapped, 8192);
}
