package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;

/**
 * Our grants are read, and grants for us written, by small C programs that do with a spool what relay-ctrl 3.1.1's do:
 * the original is not to be had from Debian. Needs a C compiler.
 */
class RelayCtrlInteropIT {
    /** open, fstat, mtime + expiry >= now, up to 8192 octets, each NUL-ended string with a = into the environment. */
    private static final String CHECK = """
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/stat.h>
            #include <time.h>
            #include <unistd.h>
            int main(int argc, char **argv) {
              static char content[8192];
              struct stat status;
              long expiry = atol(argv[3]), length, at;
              int file;
              if (chdir(argv[1]) || (file = open(argv[2], O_RDONLY)) == -1) { puts("not found"); return 1; }
              if (fstat(file, &status) || status.st_mtime + expiry < time(0)) { puts("expired"); return 2; }
              clearenv();
              length = read(file, content, sizeof content);
              for (at = 0; at < length; at += strlen(content + at) + 1)
                if (memchr(content + at, 0, length - at) && strchr(content + at, '=')) putenv(content + at);
              printf("granted USER=%s DOMAIN=%s\\n", getenv("USER") ? getenv("USER") : "unset",
                     getenv("DOMAIN") ? getenv("DOMAIN") : "unset");
              return 0;
            }
            """;

    /** A temporary name of the original's form, mode 0666, the strings with their NUL, rename. */
    private static final String ALLOW = """
            #include <fcntl.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/stat.h>
            #include <sys/time.h>
            #include <unistd.h>
            int main(int argc, char **argv) {
              char temporary[100];
              struct timeval now;
              int file, i;
              umask(0);
              if (chdir(argv[1])) return 1;
              gettimeofday(&now, 0);
              sprintf(temporary, ".%ld.%ld:%d", (long) now.tv_sec, (long) now.tv_usec, (int) getpid());
              if ((file = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666)) == -1) return 2;
              for (i = 3; i < argc; i++)
                if (write(file, argv[i], strlen(argv[i]) + 1) == -1) return 3;
              return close(file) || rename(temporary, argv[2]);
            }
            """;

    @TempDir
    Path scratch;

    private Path spool;

    @BeforeEach
    void compile() throws Exception {
        spool = Files.createDirectory(scratch.resolve("spool"));
        compile("check", CHECK);
        compile("allow", ALLOW);
    }

    private void compile(String name, String source) throws Exception {
        Path file = Files.writeString(scratch.resolve(name + ".c"), source);
        assertThat(command(
                        "cc", "-w", "-D_GNU_SOURCE", "-o", scratch.resolve(name).toString(), file.toString()))
                .as("compiling %s (apt-get install gcc libc6-dev)", file)
                .isEmpty();
    }

    private String command(String... argv) throws Exception {
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        process.waitFor();
        return output;
    }

    private String theirCheck(String ip, int expiry) throws Exception {
        return command(scratch.resolve("check").toString(), spool.toString(), ip, Integer.toString(expiry));
    }

    private TestingCall ours(String ip) {
        return TestingCall.stdin("").env("RELAY_CTRL_DIR", spool.toString()).env("TCPREMOTEIP", ip);
    }

    @Test
    void theirsReadsOurs() throws Exception {
        ours("192.0.2.7").env("USER", "jos\u00e9").env("DOMAIN", "example.com").run(new RelayCtrlAllow(), "allow");
        assertThat(theirCheck("192.0.2.7", 600)).isEqualTo("granted USER=jos\u00e9 DOMAIN=example.com\n");
        ours("192.0.2.8").run(new RelayCtrlAllow(), "allow");
        assertThat(theirCheck("192.0.2.8", 600)).isEqualTo("granted USER=unset DOMAIN=unset\n");
        assertThat(theirCheck("192.0.2.9", 600)).isEqualTo("not found\n");
    }

    @Test
    void oursReadsTheirs() throws Exception {
        List<String> allow =
                new ArrayList<>(List.of(scratch.resolve("allow").toString(), spool.toString(), "192.0.2.7"));
        assertThat(command(allow.toArray(String[]::new))).isEmpty();
        Tool.Exit.Exec next = check("192.0.2.7");
        assertThat(next.env().get("RELAYCLIENT")).isEmpty();
        assertThat(next.env().has("USER")).isFalse();

        allow.addAll(List.of("USER=joe", "DOMAIN=example.com"));
        assertThat(command(allow.toArray(String[]::new))).isEmpty();
        next = check("192.0.2.7");
        assertThat(next.env().get("USER")).isEqualTo("joe");
        assertThat(next.env().get("DOMAIN")).isEqualTo("example.com");
    }

    @Test
    void eachRenewsTheOthers() throws Exception {
        String[] allow = {scratch.resolve("allow").toString(), spool.toString(), "192.0.2.7", "USER=joe"};
        for (int i = 0; i < 10; i++) {
            command("touch", "-d", "1 hour ago", spool.resolve("192.0.2.7").toString());
            if (i % 2 == 0) {
                assertThat(command(allow)).isEmpty();
            } else {
                ours("192.0.2.7").env("USER", "joe").run(new RelayCtrlAllow(), "allow");
            }
            assertThat(theirCheck("192.0.2.7", 50)).isEqualTo("granted USER=joe DOMAIN=unset\n");
            assertThat(check("192.0.2.7").env().get("USER")).isEqualTo("joe");
        }
    }

    @Test
    void theirsSeesOurExpiryAndWeTheirs() throws Exception {
        ours("192.0.2.7").env("USER", "joe").run(new RelayCtrlAllow(), "allow");
        command("touch", "-d", "100 seconds ago", spool.resolve("192.0.2.7").toString());
        assertThat(theirCheck("192.0.2.7", 50)).isEqualTo("expired\n");
        assertThat(check("192.0.2.7").env().has("RELAYCLIENT")).isTrue();
        ours("192.0.2.7").env("RELAY_CTRL_EXPIRY", "50").run(new RelayCtrlAge(), "relay-ctrl-age");
        assertThat(theirCheck("192.0.2.7", 600)).isEqualTo("not found\n");
    }

    private Tool.Exit.Exec check(String ip) throws IOException {
        return (Tool.Exit.Exec) ours(ip).run(new RelayCtrlCheck(), "relay-ctrl-check", "next");
    }
}
