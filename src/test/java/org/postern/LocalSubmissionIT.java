package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;

/** Programs of several users submit to {@code postern serve}, on a machine that has no qmail directory. */
class LocalSubmissionIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private Outcome sendmailAs(int uid) throws IOException {
        List<String> line = List.of(
                "setpriv",
                "--reuid=" + uid,
                "--regid=" + uid,
                "--clear-groups",
                "env",
                "-i",
                "PATH=/usr/bin:/bin",
                "HOME=/",
                "USER=script",
                "POSTERN_QUEUE=" + directory.resolve("state/queue"),
                TestingPrograms.links().resolve("sendmail").toString(),
                "-t",
                "-i");
        return TestingPrograms.run(
                new ProcessBuilder(line).directory(Path.of("/").toFile()), "To: joe\nSubject: t\n\nhi\n");
    }

    private List<String> arrived() throws IOException {
        Path arriving = directory.resolve("joe/Maildir/new");
        List<String> texts = new ArrayList<>();
        if (Files.isDirectory(arriving)) {
            try (Stream<Path> files = Files.list(arriving)) {
                for (Path file : files.toList()) {
                    texts.add(Files.readString(file, StandardCharsets.ISO_8859_1));
                }
            }
        }
        return texts;
    }

    @Test
    void whoeverSubmitsIsNamedAndADownTimeLosesNothing() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path state = Files.createDirectory(directory.resolve("state"));
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Files.createDirectory(directory.resolve("joe"));
        TestingPrograms.succeed(
                TestingPrograms.links().resolve("maildirmake").toString(),
                home.resolve("Maildir").toString());
        Path users = Files.writeString(directory.resolve("users"), "joe:{PLAIN}secret:0:0::" + home + ":\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        Path settings = Files.writeString(directory.resolve("postern.toml"), """
                me = "hoge.example.com"
                home = "%s"
                [pop3d]
                listen = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                [users]
                file = "%s"
                """.formatted(state, users));
        try (TestingServe serve =
                TestingServe.start(List.of(), directory.resolve("joe"), "--config", settings.toString())) {
            for (int uid : List.of(1, 33, 65534)) {
                assertThat(sendmailAs(uid)).isEqualTo(new Outcome(0, ""));
            }
            await().atMost(LIMIT).until(() -> arrived().size() == 3);
            assertThat(serve.log()).doesNotContain("drop");
        }
        assertThat(sendmailAs(33)).isEqualTo(new Outcome(0, ""));
        try (Stream<Path> waiting = Files.list(state.resolve("queue/drop"))) {
            assertThat(waiting).hasSize(1);
        }
        try (TestingServe _ =
                TestingServe.start(List.of(), directory.resolve("joe"), "--config", settings.toString())) {
            await().atMost(LIMIT).until(() -> arrived().size() == 4);
        }
        List<String> texts = arrived();
        for (int uid : List.of(1, 65534)) {
            assertThat(texts)
                    .filteredOn(t -> t.contains("invoked by uid " + uid + ")"))
                    .hasSize(1);
        }
        assertThat(texts).filteredOn(t -> t.contains("invoked by uid 33)")).hasSize(2);
        assertThat(texts)
                .allMatch(t -> t.contains("From: script@hoge.example.com\nTo: joe@hoge.example.com\nSubject: t\n"));
    }
}
