// The man page, made of the command line's declarations.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace dnsexp {

// The page in roff, with the macros of man(7): every option and sub-command of `app`, and what is to be said
// besides. Throws nothing but std::bad_alloc.
std::string manual(const CLI::App& app);

// The text in which nothing has a meaning to roff, on one line.
std::string roff_escaped(const std::string& text);

}  // namespace dnsexp
