#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "exporter/os/signals.h"

using namespace dnsexp;

namespace {

// What the code under test changes is the test program's too: put it back.
class SavedSignals {
  public:
    SavedSignals() {
        pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
        sigaction(SIGPIPE, nullptr, &pipe_);
    }
    ~SavedSignals() {
        sigaction(SIGPIPE, &pipe_, nullptr);
        pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    }
    SavedSignals(const SavedSignals&) = delete;
    SavedSignals& operator=(const SavedSignals&) = delete;

  private:
    sigset_t mask_{};
    struct sigaction pipe_ {};
};

}  // namespace

TEST_CASE("Signals that end or reload the exporter come through the descriptor, one a call") {
    const SavedSignals saved;
    const auto fd = make_signal_fd();
    REQUIRE(fd);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        CHECK(read_signal(fd.value().get()) == 0);
        REQUIRE(pthread_kill(pthread_self(), number) == 0);
        pollfd ready{fd.value().get(), POLLIN, 0};
        CHECK(poll(&ready, 1, 1000) == 1);
        CHECK(read_signal(fd.value().get()) == number);
    }
    CHECK(read_signal(fd.value().get()) == 0);
}

TEST_CASE("Writing to a pipe that nobody reads is an error and not the end") {
    const SavedSignals saved;
    const auto fd = make_signal_fd();
    REQUIRE(fd);
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    close(ends[0]);
    CHECK(write(ends[1], "x", 1) == -1);
    CHECK(errno == EPIPE);
    close(ends[1]);
}
