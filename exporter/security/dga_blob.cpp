#include "exporter/security/dga_blob.h"

// The assembler finds the file from the checkout's root, as the compiler does headers.
asm(".pushsection .rodata\n"
    ".balign 64\n"
    "dnsexp_dga_blob_begin:\n"
    ".incbin \"" DNSEXP_DGA_BLOB
    "\"\n"
    "dnsexp_dga_blob_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const uint8_t dnsexp_dga_blob_begin[] __attribute__((visibility("hidden")));
extern const uint8_t dnsexp_dga_blob_end[] __attribute__((visibility("hidden")));
}

namespace dnsexp {

std::span<const uint8_t> built_in_dga_blob() {
    return {dnsexp_dga_blob_begin, dnsexp_dga_blob_end};
}

}  // namespace dnsexp
