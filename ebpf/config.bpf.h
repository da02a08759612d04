/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The knobs. Constants are set between open and load; `settings` may change at any time. */
#ifndef CONFIG_BPF_H
#define CONFIG_BPF_H

#include "ebpf/dns_abi.h"

const volatile struct dns_hash_keys hash_keys __weak = {}; /* random */
const volatile __u64 query_timeout_ns __weak = 5000000000; /* an unanswered query is given up at this age */
const volatile __u64 late_window_ns __weak = 30000000000;  /* for so long after that, answers are known as late or duplicate */
const volatile __u32 pending_set_mask __weak = 16383;      /* sets of the pending table minus one; sets are a power of two */
const volatile __u32 workload_backend __weak = DNS_BACKEND_NONE; /* who tells whose a message is */

struct dns_settings settings __weak = {};

#endif
