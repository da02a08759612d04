/* Calls getaddrinfo() for each line that it reads, and prints what that returned. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	char name[512];
	while (fgets(name, sizeof(name), stdin)) {
		struct addrinfo *found = 0;
		int returned;
		name[strcspn(name, "\n")] = 0;
		returned = getaddrinfo(name, "53", 0, &found);
		if (!returned)
			freeaddrinfo(found);
		printf("%d\n", returned);
		fflush(stdout);
	}
	return 0;
}
