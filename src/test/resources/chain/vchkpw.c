/* A foreign checkpassword, as vchkpw is: accounts of many domains, the rights of who owns the home directory.
 *
 *   usage: vchkpw PROGRAM [ARGUMENTS ...]
 *
 * Reads "user@domain NUL password NUL timestamp NUL" from descriptor 3. The password is VCHKPW_PASSWORD's, the home
 * directory is VCHKPW_HOMES/domain/user. Sets USER, DOMAIN, HOME, SHELL, takes the owner's ids, changes to HOME, becomes
 * PROGRAM.
 * exit: 1 refused, 2 misused, 111 temporary failure */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 512 /* octets on descriptor 3: the interface's own limit */

int main(int argc, char **argv) {
    char in[MOST + 1], home[4096];
    size_t length = 0;
    struct stat owner;
    if (argc < 2) return 2;
    for (;;) {
        ssize_t r = read(3, in + length, sizeof in - length);
        if (r < 0) return 111;
        if (r == 0) break;
        length += r;
        if (length > MOST) return 1;
    }
    close(3);

    char *user = in, *end = in + length;
    char *password = memchr(user, 0, end - user);
    if (!password++ || !memchr(password, 0, end - password)) return 2;
    char *domain = strchr(user, '@');
    const char *expected = getenv("VCHKPW_PASSWORD"), *homes = getenv("VCHKPW_HOMES");
    if (!expected || !homes) return 111;
    if (!domain || strchr(user, '/') || *user == '.' || domain[1] == '.' || strcmp(password, expected)) return 1;
    *domain++ = 0;
    if (snprintf(home, sizeof home, "%s/%s/%s", homes, domain, user) >= (int)sizeof home || stat(home, &owner)) return 1;
    if (!getuid() && (setgroups(1, &owner.st_gid) || setgid(owner.st_gid) || setuid(owner.st_uid))) return 111;
    if (chdir(home)) return 111;
    if (setenv("USER", user, 1) || setenv("DOMAIN", domain, 1)) return 111;
    if (setenv("HOME", home, 1) || setenv("SHELL", "/bin/sh", 1)) return 111;
    execvp(argv[1], argv + 1);
    return 111;
}
