// exporter/bpf/elf_symbol.h: where getaddrinfo() is in files, as the dynamic linker sees it; and files made
// to mislead.
#include "exporter/bpf/elf_symbol.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/elf.h>
#include <netdb.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "exporter/base/unique_fd.h"

using namespace dnsexp;

namespace {

struct Where {
    std::string path;
    uint64_t offset;
};

// The file and the offset behind an address of this process, as the kernel says.
Where where_is(const void* address) {
    const auto wanted = reinterpret_cast<uintptr_t>(address);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        uint64_t begin = 0, end = 0, offset = 0;
        char hyphen = 0;
        std::string rights, device, inode, path;
        words >> std::hex >> begin >> hyphen >> end >> rights >> offset >> device >> inode >> path;
        if (wanted >= begin && wanted < end) return {path, wanted - begin + offset};
    }
    return {};
}

UniqueFd file_of(const std::string& content) {
    UniqueFd file(memfd_create("elf", MFD_CLOEXEC));
    REQUIRE(write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    return file;
}

std::string why_not(const std::string& content) {
    const auto offset = function_offset(file_of(content).get(), "getaddrinfo");
    return offset ? "found at " + std::to_string(offset.value()) : offset.error().detail;
}

// A library with one segment, and one function in it at address 0x2010, offset 0x1010.
struct Library {
    Elf64_Ehdr header{};
    Elf64_Phdr segment{};
    Elf64_Shdr sections[2]{};
    Elf64_Sym symbols[2]{};
    char names[24] = "\0getaddrinfo\0other";

    Library() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
#if defined(__x86_64__)
        header.e_machine = EM_X86_64;
#else
        header.e_machine = EM_AARCH64;
#endif
        header.e_phoff = offsetof(Library, segment);
        header.e_phnum = 1;
        header.e_phentsize = sizeof segment;
        header.e_shoff = offsetof(Library, sections);
        header.e_shnum = 2;
        header.e_shentsize = sizeof sections[0];
        segment.p_type = PT_LOAD;
        segment.p_flags = PF_X;
        segment.p_offset = 0x1000;
        segment.p_vaddr = 0x2000;
        segment.p_filesz = 0x100;
        sections[0].sh_type = SHT_DYNSYM;
        sections[0].sh_offset = offsetof(Library, symbols);
        sections[0].sh_size = sizeof symbols;
        sections[0].sh_entsize = sizeof symbols[0];
        sections[0].sh_link = 1;
        sections[1].sh_type = SHT_STRTAB;
        sections[1].sh_offset = offsetof(Library, names);
        sections[1].sh_size = sizeof names;
        symbols[1].st_name = 1;
        symbols[1].st_info = STT_FUNC;
        symbols[1].st_shndx = 1;
        symbols[1].st_value = 0x2010;
    }
    [[nodiscard]] std::string octets() const {
        return {reinterpret_cast<const char*>(this), sizeof *this};
    }
};

}  // namespace

TEST_CASE("getaddrinfo() is where the dynamic linker has it, in this process's own C library") {
    void* address = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!address) address = dlsym(RTLD_DEFAULT, "getaddrinfo");
    REQUIRE(address);
    const Where where = where_is(address);
    if (where.path.find("libc") == std::string::npos) {
        WARN("not tested: getaddrinfo() is the sanitizer's own here, of " + where.path);
        return;
    }
    const UniqueFd file(open(where.path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(file);
    const auto offset = function_offset(file.get(), "getaddrinfo");
    INFO((offset ? "" : offset.error().message()));
    REQUIRE(offset);
    CHECK(offset.value() == where.offset);
    CHECK_FALSE(function_offset(file.get(), "getaddrinf"));
    CHECK_FALSE(function_offset(file.get(), "getaddrinfo_"));
}

TEST_CASE("a function's offset is its address in the executable segment") {
    Library library;
    CHECK(why_not(library.octets()) == "found at 4112");
    library.segment.p_flags = PF_R;
    CHECK(why_not(library.octets()) == "a function is in no segment");
    library = {};
    library.symbols[1].st_value = 0x2100;  // the first octet behind it
    CHECK(why_not(library.octets()) == "a function is in no segment");
}

TEST_CASE("what is not a function of this name that the library has itself is passed over") {
    const std::string none = "it has no function getaddrinfo";
    Library library;
    library.symbols[1].st_shndx = SHN_UNDEF;  // one that it wants of another library
    CHECK(why_not(library.octets()) == none);
    library = {};
    library.symbols[1].st_info = STT_OBJECT;
    CHECK(why_not(library.octets()) == none);
    library = {};
    library.symbols[1].st_name = 2;
    CHECK(why_not(library.octets()) == none);
    library = {};
    library.sections[0].sh_type = SHT_SYMTAB;
    CHECK(why_not(library.octets()) == none);
}

TEST_CASE("files that are no library of this machine are refused") {
    CHECK(why_not("") == "it ends too soon");
    CHECK(why_not(std::string(4096, 'x')) == "it is none");
    Library library;
    library.header.e_ident[EI_CLASS] = ELFCLASS32;  // its functions take their arguments in another way
    CHECK(why_not(library.octets()) == "it is of another machine");
    library = {};
    library.header.e_machine = EM_386;
    CHECK(why_not(library.octets()) == "it is of another machine");
}

TEST_CASE("tables that are said to be endless, elsewhere or of another kind are refused") {
    Library library;
    library.sections[0].sh_size = ~uint64_t{0};
    CHECK(why_not(library.octets()) == "a table is too long");
    library = {};
    library.sections[1].sh_size = uint64_t{1} << 40;
    CHECK(why_not(library.octets()) == "a table is too long");
    library = {};
    library.header.e_shnum = 0xffff;
    CHECK(why_not(library.octets()) == "a table is too long");
    library = {};
    library.sections[0].sh_offset = sizeof(Library) - 4;
    CHECK(why_not(library.octets()) == "it ends too soon");
    library = {};
    library.sections[0].sh_offset = ~uint64_t{0};
    CHECK_FALSE(function_offset(file_of(library.octets()).get(), "getaddrinfo"));
    library = {};
    library.sections[0].sh_link = 2;
    CHECK(why_not(library.octets()) == "its symbols have no names");
    library = {};
    library.sections[0].sh_entsize = 1;
    CHECK(why_not(library.octets()) == "a table's entries have an unknown size");
    library = {};
    library.header.e_phentsize = 1;
    CHECK(why_not(library.octets()) == "a table's entries have an unknown size");
}

TEST_CASE("a name that runs to the end of the names has an end all the same") {
    Library library;
    library.sections[1].sh_size = 12;  // without the NUL
    CHECK(why_not(library.octets()) == "it has no function getaddrinfo");
    library.sections[1].sh_size = 13;
    CHECK(why_not(library.octets()) == "found at 4112");
    library.symbols[1].st_name = ~uint32_t{0};
    CHECK(why_not(library.octets()) == "it has no function getaddrinfo");
}

TEST_CASE("whatever is changed in a library, reading it ends") {
    const std::string good = Library().octets();
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        std::string bad = good;
        for (int i = 0; i < 3; ++i) bad[random() % bad.size()] = static_cast<char>(random());
        bad.resize(random() % 4 ? bad.size() : random() % bad.size());
        (void)why_not(bad);
    }
}
