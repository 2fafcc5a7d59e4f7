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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;

/**
 * Programs of any user that call sendmail, through a real queue into a Maildir. They run as nobody, as PHP would as
 * www-data: nothing of the queue is theirs.
 */
class SendmailInteropIT {
    private static final String USER = "posternsendmail";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private Path home;
    private Process send;

    @BeforeEach
    void site() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Files.createDirectory(directory.resolve("qmail"));
        Files.createDirectory(home.resolve("control"));
        Files.writeString(home.resolve("control/me"), "hoge.example.com\n");
        TestingPrograms.succeed("useradd", "-m", "-d", directory.resolve(USER).toString(), USER);
        TestingPrograms.succeed(
                "setpriv",
                "--reuid=" + USER,
                "--regid=" + USER,
                "--init-groups",
                TestingPrograms.links().resolve("maildirmake").toString(),
                directory.resolve(USER).resolve("Maildir").toString());
        ProcessBuilder builder = new ProcessBuilder(
                        TestingPrograms.links().resolve("qmail-send").toString(), "./Maildir/")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile());
        builder.environment().put("QMAILHOME", home.toString());
        send = builder.start();
        await().atMost(LIMIT).until(() -> Files.exists(home.resolve("postern-queue/format")));
    }

    @AfterEach
    void undo() throws Exception {
        send.destroy();
        send.waitFor();
        TestingPrograms.run(new ProcessBuilder("userdel", "-r", "-f", USER), "");
    }

    /** Runs a command line as nobody, who is in no group of ours. */
    private Outcome asNobody(String input, String... command) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "env",
                "-i",
                "PATH=/usr/bin:/bin",
                "HOME=/",
                "USER=nobody",
                "QMAILHOME=" + home));
        line.addAll(List.of(command));
        return TestingPrograms.run(
                new ProcessBuilder(line).directory(Path.of("/").toFile()), input);
    }

    /** The same, and it must say nothing. */
    private void silentlyAsNobody(String input, String... command) throws IOException {
        assertThat(asNobody(input, command)).isEqualTo(new Outcome(0, ""));
    }

    private static String sendmail() throws IOException {
        return TestingPrograms.links().resolve("sendmail").toString();
    }

    /** The message that has arrived, without the lines that the delivery and the queue put on top. */
    private String arrived() throws IOException {
        Path arriving = directory.resolve(USER).resolve("Maildir/new");
        await().atMost(LIMIT).until(() -> !files(arriving).isEmpty());
        Path file = files(arriving).getFirst();
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Files.delete(file);
        assertThat(text.lines().skip(2).findFirst().orElseThrow())
                .matches("Received: \\(qmail [0-9]+ invoked by uid 65534\\); .* -0000");
        return text.lines().findFirst().orElseThrow() + "\n"
                + text.substring(text.indexOf("-0000\n") + "-0000\n".length());
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void phpsMailWithCrLfArrivesAsItWasMeant() throws IOException {
        // What PHP 8's mail() writes to sendmail_path: a header with CR LF, and the text as the script has it.
        String message = "To: " + USER + "@hoge.example.com\r\nSubject: =?UTF-8?Q?gr=C3=BC=C3=9Fe?=\r\n"
                + "X-PHP-Originating-Script: 0:a.php\r\nFrom: shop@hoge.example.com\r\n\r\nline\n.\n.dot\n\u00fc\n";
        silentlyAsNobody(message, "sh", "-c", sendmail() + " -t -i -fbounce@hoge.example.com");
        String arrived = arrived();
        assertThat(arrived)
                .startsWith("Return-Path: <bounce@hoge.example.com>\nDate: ")
                .endsWith(">\n" + message.replace("\r", ""));
    }

    @Test
    void cronsReportArrives() throws IOException {
        String message = "From: root (Cron Daemon)\nTo: " + USER + "\nSubject: Cron <root@hoge> true\n"
                + "MIME-Version: 1.0\nX-Cron-Env: <SHELL=/bin/sh>\n\noutput\n";
        silentlyAsNobody(message, sendmail(), "-i", "-FCronDaemon", "-B8BITMIME", "-oem", USER);
        assertThat(arrived())
                .startsWith("Return-Path: <nobody@hoge.example.com>\n")
                .contains("From: root@hoge.example.com (Cron Daemon)\nTo: " + USER + "@hoge.example.com\nSubject: Cron")
                .endsWith("\n\noutput\n");
    }

    @Test
    void sNailSends() throws IOException {
        silentlyAsNobody(
                "hello\n.\nthere\n",
                "s-nail",
                "-n",
                "-Snodot",
                "-Smta=" + sendmail(),
                "-s",
                "subject",
                USER + "@hoge.example.com");
        assertThat(arrived())
                .startsWith("Return-Path: <nobody@hoge.example.com>\n")
                .contains("\nTo: " + USER + "@hoge.example.com\n", "\nSubject: subject\n")
                .endsWith("\n\nhello\n.\nthere\n");
    }

    @Test
    void muttSends() throws IOException {
        silentlyAsNobody(
                "hello\n",
                "mutt",
                "-n",
                "-F",
                "/dev/null",
                "-e",
                "set sendmail=\"" + sendmail() + " -oem -oi\" copy=no use_envelope_from=yes from=me@hoge.example.com"
                        + " dsn_notify=failure dsn_return=hdrs",
                "-s",
                "subject",
                "-b",
                "blind@[127.0.0.1]",
                "--",
                USER + "@hoge.example.com");
        assertThat(arrived())
                .startsWith("Return-Path: <me@hoge.example.com>\n")
                .contains("\nTo: " + USER + "@hoge.example.com\n", "\nSubject: subject\n")
                .doesNotContain("blind")
                .endsWith("\n\nhello\n");
    }

    @Test
    void swaksSpeaksToBs() throws IOException {
        Outcome outcome = asNobody(
                "",
                "swaks",
                "--pipe",
                sendmail() + " -bs",
                "--from",
                "me@hoge.example.com",
                "--to",
                USER + "@hoge.example.com",
                "--helo",
                "here",
                "--data",
                "Subject: pipe\n\nhello\n");
        assertThat(outcome.exit()).as("%s", outcome.output()).isZero();
        assertThat(arrived()).startsWith("Return-Path: <me@hoge.example.com>\n").contains("Subject: pipe\n\nhello\n");
    }
}
