// What a test does in a process of its own, since it can't be undone.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace dnsexp::test {

// The last octet of what a child says: one that became another program, say, has not said all.
inline constexpr char kSaidAll = '\n';

// The text that `action` returns in a child; what it throws, and a child that ended before, are told in
// words.
template <typename Action>
std::string in_child(const Action& action) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) {
        std::string text;
        try {
            text = action();
        } catch (const std::exception& error) {
            text = std::string("threw: ") + error.what();
        }
        text += kSaidAll;
        _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    close(ends[1]);
    std::string text;
    char piece[1024];
    for (ssize_t size = read(ends[0], piece, sizeof piece); size > 0;
         size = read(ends[0], piece, sizeof piece))
        text.append(piece, static_cast<size_t>(size));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (text.empty() || text.back() != kSaidAll)
        text += "ended early";
    else
        text.pop_back();
    if (WIFSIGNALED(status)) text += " ended by signal " + std::to_string(WTERMSIG(status));
    return text;
}

}  // namespace dnsexp::test
