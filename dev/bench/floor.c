/* floor: what a session costs where nothing is decided. Answers SMTP's connect, HELO, QUIT, or POP's USER, PASS, STAT, QUIT,
 * with fixed lines: no settings, no rules, no log, no accounts, no files. No server of that protocol can be faster on
 * this machine beside this load generator; the distance to it is what deciding costs.
 *
 *   usage: floor smtp|pop PORT
 *
 * Two processes (one a processor, as the machine of the figures has), each with its own epoll loop and listening socket.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, EVENTS = 64, PROCESSES = 2 };

static int smtp;

static void say(int fd, const char *line) {
    if (write(fd, line, strlen(line)) < 0) return; /* the client has gone: its next event ends it */
}

static const char *answer(const char *command) {
    if (smtp) return *command == 'Q' ? "221 floor.example\r\n" : "250 floor.example\r\n";
    return *command == 'S' ? "+OK 10 10260\r\n" : "+OK \r\n";
}

/* A command comes in one piece from our generator. */
static int serve(int fd) {
    char in[512];
    ssize_t n = read(fd, in, sizeof in);
    if (n < 0 && errno == EAGAIN) return 1;
    if (n <= 0) return 0;
    say(fd, answer(in));
    return *in != 'Q';
}

static void loop(int port) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, BACKLOG) < 0) {
        perror("floor: unable to listen");
        exit(111);
    }
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                if (!serve(fd)) close(fd);
                continue;
            }
            int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (client < 0) continue;
            event.data.fd = client;
            epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
            say(client, smtp ? "220 floor.example ESMTP\r\n" : "+OK <1.1@floor.example>\r\n");
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "floor: usage: floor smtp|pop PORT\n");
        return 100;
    }
    smtp = strcmp(argv[1], "smtp") == 0;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < PROCESSES; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            loop(atoi(argv[2]));
        }
    }
    loop(atoi(argv[2]));
}
