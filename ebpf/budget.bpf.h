/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * A limit of what records cost: so many a millisecond on one CPU, and a burst. Programs that interrupt each other may both
 * take the last one, which does not matter to a limit of cost. */
#ifndef BUDGET_BPF_H
#define BUDGET_BPF_H

#include "ebpf/dns_platform.h"

enum { BUDGET_TIME_SHIFT = 20 }; /* a unit of its time, 2^20 ns, is about a millisecond */

struct dns_allowance {
	__u64 filled; /* when, in units */
	__u32 left, pad;
};

/* Takes one; 0: there is none left. `rate`: how many come back in a unit; `burst`: how many there are at most. */
static __always_inline __u32 budget_take(struct dns_allowance *of, __u64 now_ns, const __u32 rate, const __u32 burst)
{
	const __u64 time = now_ns >> BUDGET_TIME_SHIFT;
	if (of->filled != time) {
		const __u64 back = time > of->filled ? (time - of->filled) * rate : 0;
		of->filled = time;
		of->left = of->left + back > burst ? burst : of->left + back;
	}
	if (!of->left)
		return 0;
	of->left--;
	return 1;
}

#endif
