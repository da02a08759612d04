#include "exporter/workload/resolv_conf.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

constexpr size_t kMaxSuffixes = 32;  // Kubernetes's API, MaxDNSSearchPaths
constexpr size_t kMaxOctets = 2048;  // the same, MaxDNSSearchListChars
constexpr size_t kMaxFile = size_t{64} * 1024;
constexpr size_t kMaxLabel = 63;  // RFC 1035, 2.3.4
constexpr size_t kMaxName = 255;  // the same: length octets and the root label included
constexpr std::string_view kBlanks = " \t";
constexpr const char* kFile = "etc/resolv.conf";

// The rest of a line that begins with the keyword and a blank, without blanks before it; empty where it does
// not.
std::string_view value_of(std::string_view line, std::string_view keyword) {
    if (!line.starts_with(keyword)) return {};
    line.remove_prefix(keyword.size());
    const size_t start = line.find_first_not_of(kBlanks);
    return start == 0 || start == std::string_view::npos ? std::string_view() : line.substr(start);
}

std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks, word.size()), text.size()));
    return word;
}

SearchList parse_list(std::string_view text) {
    SearchList list;
    size_t octets = 0;
    while (!text.empty() && list.suffixes.size() < kMaxSuffixes) {
        const std::string_view word = take_word(text);
        octets += word.size() + 1;
        if (octets > kMaxOctets) break;
        if (auto suffix = wire_suffix(word)) list.suffixes.push_back(std::move(*suffix));
    }
    return list;
}

// Without opening it: to open a device or a FIFO can have effects.
Result<UniqueFd> find_file(const std::string& root) {
    const UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return Error{"open folder", root, errno, "", ""};
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    UniqueFd file(static_cast<int>(::syscall(SYS_openat2, folder.get(), kFile, &how, sizeof how)));
    if (!file) return Error{"find file", root + "/" + kFile, errno, "", ""};
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return Error{"look at", root + "/" + kFile, errno, "", ""};
    if (!S_ISREG(info.st_mode)) return Error{"read", root + "/" + kFile, EINVAL, "not a regular file", ""};
    return file;
}

}  // namespace

std::optional<std::string> wire_suffix(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.empty() || domain.find('\\') != std::string_view::npos) return {};
    std::string wire;
    for (size_t at = 0; at <= domain.size();) {
        const std::string_view label = domain.substr(at, domain.find('.', at) - at);
        if (label.empty() || label.size() > kMaxLabel) return {};
        wire += static_cast<char>(label.size());
        for (const char c : label) wire += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        at += label.size() + 1;
    }
    wire += '\0';
    if (wire.size() > kMaxName) return {};
    return wire;
}

SearchList parse_resolv_conf(std::string_view text) {
    SearchList list;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string_view domain = value_of(line, "domain");
        if (!domain.empty()) list = parse_list(take_word(domain));
        const std::string_view search = value_of(line, "search");
        if (!search.empty()) list = parse_list(search);
    }
    return list;
}

Result<SearchList> read_search_list(const std::string& root) {
    const auto found = find_file(root);
    if (!found) return found.error();
    const auto failed = [&](int errnum) { return Error{"read file", root + "/" + kFile, errnum, "", ""}; };
    const std::string same = "/proc/self/fd/" + std::to_string(found.value().get());
    // O_NONBLOCK: who holds a lease on the file (fcntl(2)) could keep it for 45 seconds.
    const UniqueFd file(::open(same.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file) return failed(errno);
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return failed(errno);
        if (size == 0) return parse_resolv_conf(text);
        text.append(buffer.data(), static_cast<size_t>(size));
        if (text.size() > kMaxFile) return failed(EFBIG);
    }
}

}  // namespace dnsexp
