// Errors as values. A function that can fail returns Result<T>; nothing throws after start-up.
#pragma once

#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace dnsexp {

// What failed, on what, and why. `message()` is one line for the user; `hint` says what to do about it.
struct Error {
    std::string operation;  // what was tried: "attach program", "read file"
    std::string object;     // on what: an interface, a path, a key; may be empty
    int errnum = 0;         // errno of the failed call, 0 when there was none
    std::string detail;     // why, in words, where errno does not say it
    std::string hint;       // what the user can do; may be empty

    // "attach program eth0: Operation not permitted (detail); hint". Never contains a newline of our own.
    [[nodiscard]] std::string message() const {
        std::string text = operation;
        if (!object.empty()) text += (text.empty() ? "" : " ") + object;
        if (errnum != 0) text += ": " + std::generic_category().message(errnum);
        if (!detail.empty()) text += errnum != 0 ? " (" + detail + ")" : ": " + detail;
        if (!hint.empty()) text += "; " + hint;
        return text;
    }
};

// A value or an Error. Check with `if (!result)` before taking the value.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &value(); }
    T& operator*() & { return value(); }
    const Error& error() const& { return std::get<1>(state_); }
    Error&& error() && { return std::get<1>(std::move(state_)); }

  private:
    std::variant<T, Error> state_;
};

struct Done {};  // the value of an operation that returns nothing
using Status = Result<Done>;
inline Status ok() {
    return Status{Done{}};
}

}  // namespace dnsexp
