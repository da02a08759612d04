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
#else
#define DNS_INLINE static inline __attribute__((unused))
#ifdef __cplusplus
#define DNS_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define DNS_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define DNS_OPAQUE(value) ((void)(value))
#endif

#endif
