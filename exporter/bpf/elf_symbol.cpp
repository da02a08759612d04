#include "exporter/bpf/elf_symbol.h"

#include <linux/elf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace dnsexp {
namespace {

// Far above what the C libraries have: 70 sections, 14 segments, 3,100 symbols and 35 KiB of names in
// Debian 12's glibc.
constexpr uint64_t kSectionsMax = 1024;
constexpr uint64_t kSegmentsMax = 128;
constexpr uint64_t kSymbolsMax = 65536;
constexpr uint64_t kNamesOctetsMax = uint64_t{1} << 20;

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
#error "no other machine is supported"
#endif

Error malformed(const char* why) {
    return {"read ELF file", "", 0, why, ""};
}

// Fills `to` from the file; short files are errors.
Status read_at(int file, void* to, size_t octets, uint64_t offset) {
    auto* at = static_cast<char*>(to);
    while (octets > 0) {
        const ssize_t got = pread(file, at, octets, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error{"read ELF file", "", errno, "", ""};
        if (got == 0) return malformed("it ends too soon");
        at += got;
        offset += static_cast<uint64_t>(got);
        octets -= static_cast<size_t>(got);
    }
    return ok();
}

// `count` entries of T, whose size the file states too.
template <typename T>
Result<std::vector<T>> read_table(int file, uint64_t offset, uint64_t count, uint64_t most, uint64_t size) {
    if (size != sizeof(T)) return malformed("a table's entries have an unknown size");
    if (count > most) return malformed("a table is too long");
    std::vector<T> table(count);
    if (auto status = read_at(file, table.data(), count * sizeof(T), offset); !status) return status.error();
    return table;
}

Status check_header(const Elf64_Ehdr& header) {
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return malformed("it is none");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != kMachine)
        return malformed("it is of another machine");
    return ok();
}

bool is_function(const Elf64_Sym& symbol, const std::vector<char>& names, std::string_view name) {
    if ((symbol.st_info & 0xf) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) return false;
    // Compared with its NUL: the view's end is that of a literal or a string.
    if (symbol.st_name >= names.size() || names.size() - symbol.st_name <= name.size()) return false;
    const char* at = names.data() + symbol.st_name;
    return std::memcmp(at, name.data(), name.size()) == 0 && at[name.size()] == '\0';
}

// The address of the function, in a table of dynamic symbols; 0 where it has none.
Result<uint64_t> address_in(int file, const Elf64_Shdr& table, const Elf64_Shdr& strings,
                            std::string_view name) {
    const uint64_t count = table.sh_entsize ? table.sh_size / table.sh_entsize : 0;
    const auto symbols = read_table<Elf64_Sym>(file, table.sh_offset, count, kSymbolsMax, table.sh_entsize);
    if (!symbols) return symbols.error();
    const auto names = read_table<char>(file, strings.sh_offset, strings.sh_size, kNamesOctetsMax, 1);
    if (!names) return names.error();
    const auto found =
        std::find_if(symbols.value().begin(), symbols.value().end(),
                     [&](const Elf64_Sym& symbol) { return is_function(symbol, names.value(), name); });
    return found == symbols.value().end() ? uint64_t{0} : uint64_t{found->st_value};
}

// Where the file has what is at this address of the executable segments.
Result<uint64_t> offset_of(const std::vector<Elf64_Phdr>& segments, uint64_t address) {
    for (const Elf64_Phdr& one : segments)
        if (one.p_type == PT_LOAD && (one.p_flags & PF_X) && address >= one.p_vaddr &&
            address - one.p_vaddr < one.p_filesz)
            return address - one.p_vaddr + one.p_offset;
    return malformed("a function is in no segment");
}

}  // namespace

Result<uint64_t> function_offset(int file, std::string_view name) {
    Elf64_Ehdr header{};
    if (auto status = read_at(file, &header, sizeof header, 0); !status) return status.error();
    if (auto status = check_header(header); !status) return status.error();
    const auto sections =
        read_table<Elf64_Shdr>(file, header.e_shoff, header.e_shnum, kSectionsMax, header.e_shentsize);
    if (!sections) return sections.error();
    const auto segments =
        read_table<Elf64_Phdr>(file, header.e_phoff, header.e_phnum, kSegmentsMax, header.e_phentsize);
    if (!segments) return segments.error();
    for (const Elf64_Shdr& section : sections.value()) {
        if (section.sh_type != SHT_DYNSYM) continue;
        if (section.sh_link >= sections.value().size()) return malformed("its symbols have no names");
        const auto address = address_in(file, section, sections.value()[section.sh_link], name);
        if (!address) return address.error();
        if (address.value() != 0) return offset_of(segments.value(), address.value());
    }
    return malformed(("it has no function " + std::string(name)).c_str());
}

}  // namespace dnsexp
