#include "exporter/config/manual.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "exporter/config/flags.h"

using namespace dnsexp;

namespace {

std::string printed_by(const char* flag) {
    const char* arguments[] = {"ebpf_dns_exporter", flag};
    const auto parsed = parse_flags(2, arguments);
    REQUIRE(std::holds_alternative<FlagsExit>(parsed));
    CHECK(std::get<FlagsExit>(parsed).code == 0);
    return std::get<FlagsExit>(parsed).text;
}

// The long options and the sub-commands of --help: lines that begin with a dash after blanks, or with a word
// below "Subcommands:".
std::set<std::string> words_of_help() {
    std::set<std::string> words;
    std::istringstream lines(printed_by("--help"));
    bool commands = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "Subcommands:") commands = true;
        std::istringstream text(line);
        std::string word;
        text >> word;
        if (commands && !line.empty() && line[0] >= 'a' && line[0] <= 'z') words.insert(word);
        if (const size_t dashes = word.find("--"); dashes == 0 || word.starts_with("-h,"))
            words.insert(word.substr(dashes));
    }
    return words;
}

}  // namespace

TEST_CASE("The man page has every option and sub-command of --help") {
    const std::set<std::string> words = words_of_help();
    for (const char* known : {"--help", "--help-man", "--config.file", "--seccomp.filter", "--interval",
                              "--pid", "--json", "serve", "watch", "chains", "check"})
        CHECK(words.contains(known));
    const std::string page = printed_by("--help-man");
    for (const std::string& word : words) {
        INFO(word);
        const std::string as_item = word[0] == '-' ? roff_escaped(word) + "\\fR" : "\n.SS " + word + "\n";
        CHECK(page.find(as_item) != std::string::npos);
    }
}

TEST_CASE("The man page has the sections that man-pages(7) tells of, in its order") {
    const std::string page = printed_by("--help-man");
    CHECK(page.starts_with(".TH EBPF_DNS_EXPORTER 8 "));
    size_t at = 0;
    for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "FILES",
                                "ENVIRONMENT", "SIGNALS", "EXIT STATUS", "SEE ALSO"}) {
        INFO(section);
        at = page.find("\n.SH " + std::string(section) + "\n", at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("Text in the man page is no request and no escape of roff") {
    CHECK(roff_escaped("plain text") == "plain text");
    CHECK(roff_escaped("--a.b") == "\\-\\-a.b");
    CHECK(roff_escaped("a\\fB") == "a\\efB");
    CHECK(roff_escaped(".so /etc/passwd") == "\\&.so /etc/passwd");
    CHECK(roff_escaped("'br") == "\\&'br");
    CHECK(roff_escaped("two\n.lines") == "two .lines");
}

TEST_CASE("--help says a default, or all, of each option that takes a value") {
    std::istringstream lines(printed_by("--help-man"));
    bool takes_value = false;
    for (std::string line; std::getline(lines, line);) {
        if (takes_value) {
            INFO(line);
            CHECK(line.find("default") != std::string::npos);
        }
        takes_value = line.starts_with("\\fB\\-\\-") && line.find("\\fI") != std::string::npos;
    }
}
