/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * What differs between the BPF target and the host, and nothing else: the only #ifdef __bpf__ of the dual headers.
 * A dual header (x.h) is plain C that is also valid C++20: no helpers, no maps, no libc, __u8 in place of bool. */
#ifndef DNS_PLATFORM_H
#define DNS_PLATFORM_H

#include <linux/types.h>

#ifdef __bpf__
#define DNS_INLINE static inline __attribute__((always_inline, unused))
#define DNS_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
/* Hides from the compiler what it knows of a value, so that it keeps a bound check where the verifier wants it. */
#define DNS_OPAQUE(value) asm volatile("" : "+r"(value))
/* For a value that was checked to be at most `mask`, which is 2^n - 1: says so in the register that is used. Verifiers
 * before Linux 6.8 lose a bound that was learned on a copy. */
#define DNS_BOUND(value, mask) do { DNS_OPAQUE(value); (value) &= (mask); } while (0)
/* Makes the compiler read memory anew. What is read back from a map is an unknown number to the verifier, so paths that
 * differ only in such a number are walked once. */
#define DNS_RELOAD() asm volatile("" ::: "memory")
/* True when n octets at offset would pass the end. The verifier learns a packet's bounds from this form alone; on the
 * host, a pointer past the end is undefined. */
#define DNS_BEYOND(data, offset, n, end) ((data) + (offset) + (n) > (end))
/* Unaligned loads; the verifier refuses them at load time on a machine that can't. */
#define DNS_LOAD16(p) (*(const __u16 *)(p))
#define DNS_LOAD32(p) (*(const __u32 *)(p))
#define DNS_LOAD64(p) (*(const __u64 *)(p))
#else
#define DNS_INLINE static inline __attribute__((unused))
#ifdef __cplusplus
#define DNS_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define DNS_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define DNS_OPAQUE(value) ((void)(value))
#define DNS_BOUND(value, mask) ((void)(value))
#define DNS_RELOAD() ((void)0)
#define DNS_BEYOND(data, offset, n, end) ((__u64)((end) - (data)) < (__u64)(offset) + (n))
#define DNS_LOAD16(p) dns_host_load16(p)
#define DNS_LOAD32(p) dns_host_load32(p)
#define DNS_LOAD64(p) dns_host_load64(p)
DNS_INLINE __u16 dns_host_load16(const __u8 *p)
{
	__u16 value;
	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}
DNS_INLINE __u32 dns_host_load32(const __u8 *p)
{
	__u32 value;
	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}
DNS_INLINE __u64 dns_host_load64(const __u8 *p)
{
	__u64 value;
	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}
#endif
DNS_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of names are masked in little-endian order");

#endif
