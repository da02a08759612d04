// What a test does in a process of its own, since it can't be undone.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <typeinfo>

namespace dnsexp::test {

// The last octet of what a child says: one that became another program, say, has not said all.
inline constexpr char kSaidAll = '\n';

// Set for a child: the descriptor that it speaks to, and which call of in_child() it is to do.
inline constexpr const char* kChildVariable = "DNSEXP_TEST_CHILD";

// The test's name as an argument that means this test alone to Catch.
inline std::string only_this_test() {
    std::string argument;
    for (const char c : Catch::getResultCapture().getCurrentTestName()) {
        if (c == ',' || c == '[' || c == '*' || c == '"' || c == '\\') argument += '\\';
        argument += c;
    }
    return argument;
}

template <typename Action>
[[noreturn]] void say_as_child(int fd, const Action& action) {
    std::string text;
    try {
        text = action();
    } catch (const std::exception& error) {
        text = std::string("threw: ") + error.what();
    }
    text += kSaidAll;
    _exit(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

// Begins this program anew for this test alone: a fork would have the memory of threads that it has not.
inline pid_t start_child(int fd, const std::string& call) {
    const std::string test = only_this_test();
    const std::string task = std::to_string(fd) + ":" + call;
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child > 0) return child;
    setenv(kChildVariable, task.c_str(), 1);
    if (freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
    execl("/proc/self/exe", "unit_tests", test.c_str(), nullptr);
    _exit(127);
}

// The text that `action` returns in a process of its own, which has done what the test does before this call;
// what it throws, and a child that ended before, are told in words.
template <typename Action>
std::string in_child(const Action& action) {
    static int calls = 0;  // of this place in the source: a lambda's type has its own
    const std::string call = typeid(Action).name() + (":" + std::to_string(calls++));
    if (const char* variable = std::getenv(kChildVariable)) {
        const std::string task = variable;
        if (task.substr(task.find(':') + 1) == call) say_as_child(std::stoi(task), action);
        return "";  // what another child does
    }
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = start_child(ends[1], call);
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
