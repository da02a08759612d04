#include <cstdio>

#include "exporter/version.h"

int main() { std::puts("ebpf_dns_exporter " DNSEXP_VERSION); }
