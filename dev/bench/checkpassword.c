/* A foreign checkpassword: what vchkpw and its kin are to the chain, with nothing that costs time of its own.
 *
 *   usage: checkpassword PROGRAM [ARGUMENTS ...]
 *
 * Reads "user NUL password NUL timestamp NUL" from descriptor 3. The password is BENCH_PASSWORD's, the home directory
 * is BENCH_HOMES/user. Sets USER, HOME, SHELL, changes to HOME, becomes PROGRAM.
 * exit: 1 refused, 2 misused, 111 temporary failure */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 512 /* octets on descriptor 3: the interface's own limit */

int main(int argc, char **argv) {
    char in[MOST + 1], home[4096];
    size_t length = 0;
    if (argc < 2) return 2;
    for (;;) {
        ssize_t r = read(3, in + length, sizeof in - length);
        if (r < 0) return 111;
        if (r == 0) break;
        length += r;
        if (length > MOST) return 1;
    }
    close(3);

    const char *user = in, *end = in + length;
    const char *password = memchr(user, 0, end - user);
    if (!password++ || !memchr(password, 0, end - password)) return 2;

    const char *expected = getenv("BENCH_PASSWORD"), *homes = getenv("BENCH_HOMES");
    if (!expected || !homes) return 111;
    if (!*user || strchr(user, '/') || *user == '.' || strcmp(password, expected)) return 1;
    if (snprintf(home, sizeof home, "%s/%s", homes, user) >= (int)sizeof home || chdir(home)) return 1;
    if (setenv("USER", user, 1) || setenv("HOME", home, 1) || setenv("SHELL", "/bin/sh", 1)) return 111;
    execvp(argv[1], argv + 1);
    return 111;
}
