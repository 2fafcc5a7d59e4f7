package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code user}: root binds the low ports and is somebody else then; who is not root cannot become another. */
class ServeUserIT {
    private static final int NOBODY = 65534;
    private static final String ADDRESS = "127.77.0.1";

    @TempDir
    Path directory;

    private Path home;

    @BeforeEach
    void site() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Files.createDirectory(directory.resolve("home"));
        TestingPrograms.succeed("./postern", "version");
        for (String sub : List.of("", "Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.createDirectories(directory.resolve("joe").resolve(sub));
        }
        Files.writeString(users(), "joe:{PLAIN}secret::::" + directory.resolve("joe") + ":\n");
        Files.setPosixFilePermissions(users(), PosixFilePermissions.fromString("rw-------"));
        if (isRoot()) {
            TestingPrograms.succeed(
                    "chown", "-R", "nobody:", directory.resolve("joe").toString(), users().toString());
        }
    }

    private Path users() {
        return directory.resolve("users");
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private TestingServe serve(String user, String pop3d, String smtpd) throws IOException {
        Path toml = Files.writeString(directory.resolve("postern.toml"), """
                me = "gate.example"
                home = "%1$s/state"
                user = "%2$s"
                pop3d.listen = "%3$s"
                smtpd.listen = "%4$s"
                users.file = "%1$s/users"
                """.formatted(directory, user, pop3d, smtpd));
        return TestingServe.start(List.of(), home, "--config", toml.toString());
    }

    @Test
    void rootBindsItsPortsAndIsTheUserThen() throws IOException {
        if (!isRoot()) {
            notRoot();
            return;
        }
        try (TestingServe serve = serve("nobody", ADDRESS + ":110", ADDRESS + ":25")) {
            assertThat(serve.isAlive()).as(serve.log()).isTrue();
            try (Stream<Path> threads = Files.list(Path.of("/proc/" + serve.pid() + "/task"))) {
                assertThat(threads)
                        .isNotEmpty()
                        .allSatisfy(thread -> assertThat(Files.readString(thread.resolve("status")))
                                .contains("Uid:\t65534\t65534\t65534\t65534\n", "Gid:\t65534\t65534\t65534\t65534\n"));
            }
            assertThat(Files.getAttribute(directory.resolve("state"), "unix:uid"))
                    .isEqualTo(NOBODY);
            try (TestingClient pop = new TestingClient("127.0.0.1", ADDRESS, 110)) {
                pop.say("USER joe");
                assertThat(pop.say("PASS secret")).startsWith("+OK");
                pop.say("QUIT");
            }
            try (TestingClient smtp = new TestingClient("127.0.0.1", ADDRESS, 25)) {
                smtp.say("HELO client.example");
                smtp.say("MAIL FROM:<a@b.example>");
                assertThat(smtp.say("RCPT TO:<joe@gate.example>")).startsWith("250 ");
                assertThat(smtp.say("DATA")).startsWith("354 ");
                assertThat(smtp.say("Subject: x\r\n\r\ny\r\n.")).startsWith("250 ");
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> serve.log().contains("delivery 1: success"));
        }
        TestingPrograms.succeed(
                "chown", "-R", "root:", directory.resolve("state").toString());
        try (TestingServe serve = serve("nobody", "127.0.0.1:0", "127.0.0.1:0")) {
            assertThat(serve.exit()).isEqualTo(111);
            assertThat(serve.log())
                    .contains("home: " + directory
                            + "/state is not nobody's: while nothing runs there, chown -R nobody: ");
        }
    }

    /** What an ordinary user hears. */
    private void notRoot() throws IOException {
        try (TestingServe serve = serve("nobody", "127.0.0.1:0", "127.0.0.1:0")) {
            assertThat(serve.exit()).isEqualTo(111);
            assertThat(serve.log()).contains("user: only root can become nobody, and this runs as uid ");
        }
    }

    @Test
    void aUserThatIsNotThereIsToldWithARemedy() throws IOException {
        try (TestingServe serve = serve("nosuchuser", "127.0.0.1:0", "127.0.0.1:0")) {
            assertThat(serve.exit()).isEqualTo(111);
            assertThat(serve.log())
                    .contains("user: there is no user nosuchuser: make one, useradd --system --user-group nosuchuser");
        }
    }
}
