/* LD_PRELOAD: connect() by TCP over IPv4 comes from $BIND_ADDR. For clients that cannot choose their address. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int connect(int fd, const struct sockaddr *to, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    int type = 0;
    socklen_t size = sizeof type;
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    const char *address = getenv("BIND_ADDR");
    if (address && to->sa_family == AF_INET && type == SOCK_STREAM) {
        struct sockaddr_in from = {.sin_family = AF_INET};
        inet_pton(AF_INET, address, &from.sin_addr);
        if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0) return -1;
    }
    return real(fd, to, length);
}
