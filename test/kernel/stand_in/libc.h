/* What the stand-in's getaddrinfo() is asked to do, where the real one has its hints. */
#ifndef STAND_IN_LIBC_H
#define STAND_IN_LIBC_H

struct stand_in {
    void (*inside)(void* data); /* called while the call lasts; may be null */
    void* data;
    int returned;
};

typedef int stand_in_getaddrinfo(const char* node, const char* service, const struct stand_in* task,
                                 void** result);

#endif
