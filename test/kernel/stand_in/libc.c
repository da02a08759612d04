/* A file that is named as a C library is and has a getaddrinfo() of its own, which does what the test says: calls itself, is
 * left by longjmp(), returns any number. */
#include "libc.h"

int getaddrinfo(const char *node, const char *service, const struct stand_in *task, void **result)
{
	int returned = 0;
	(void)node;
	(void)service;
	(void)result;
	if (task && task->inside)
		task->inside(task->data);
	if (task)
		returned = task->returned;
	return returned;
}
