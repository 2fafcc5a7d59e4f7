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
    private static final String NOBODY = "65534";
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
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
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

    /** The message that this uid has sent, arrived, without the lines that the delivery and the queue put on top. */
    private String arrived(String submitter) throws IOException {
        Path arriving = directory.resolve(USER).resolve("Maildir/new");
        await().atMost(LIMIT).until(() -> !files(arriving).isEmpty());
        Path file = files(arriving).getFirst();
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Files.delete(file);
        assertThat(text.lines().skip(2).findFirst().orElseThrow())
                .matches("Received: \\(qmail [0-9]+ invoked by uid " + submitter + "\\); .* -0000");
        return text.lines().findFirst().orElseThrow() + "\n"
                + text.substring(text.indexOf("-0000\n") + "-0000\n".length());
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void phpsMailArrivesAsItWasMeant() throws IOException {
        // PHP 8 writes the header's lines with CR LF, and the text as the script has it.
        Outcome outcome = asNobody(
                "",
                "php",
                "-n",
                "-d",
                "sendmail_path=" + sendmail() + " -t -i",
                "-r",
                "exit(mail('" + USER + "@hoge.example.com', '=?UTF-8?Q?gr=C3=BC=C3=9Fe?=', \"line\\n.\\n.dot\\n\\xfc\","
                        + " 'From: shop@hoge.example.com', '-fbounce@hoge.example.com') ? 0 : 1);");
        assertThat(outcome).isEqualTo(new Outcome(0, ""));
        assertThat(arrived(NOBODY))
                .startsWith("Return-Path: <bounce@hoge.example.com>\nDate: ")
                .endsWith(">\nTo: " + USER + "@hoge.example.com\nSubject: =?UTF-8?Q?gr=C3=BC=C3=9Fe?=\n"
                        + "From: shop@hoge.example.com\n\nline\n.\n.dot\n\u00fc\n");
    }

    /** Debian's cron, with mounts of its own: it knows /usr/sbin/sendmail alone, and this machine's jobs are not its. */
    @Test
    void cronsReportArrives() throws Exception {
        Path crontab = Files.createDirectories(directory.resolve("spool/cron/crontabs"))
                .resolve(USER);
        Files.writeString(crontab, "@reboot echo output; echo .\n");
        Files.setPosixFilePermissions(crontab, PosixFilePermissions.fromString("rw-------"));
        TestingPrograms.succeed("chown", USER, crontab.toString());
        Path none = Files.createDirectory(directory.resolve("none"));
        ProcessBuilder builder = new ProcessBuilder(
                        "unshare",
                        "-m",
                        "sh",
                        "-euc",
                        "mount --make-rprivate /; mount --bind spool /var/spool; mount --bind \"$2\" /usr/sbin;"
                                + " mount -t tmpfs none /run; if [ -d /etc/cron.d ]; then mount --bind none /etc/cron.d; fi;"
                                + " if [ -e /etc/crontab ]; then mount --bind /dev/null /etc/crontab; fi; exec \"$1\" -f",
                        "sh",
                        Path.of(".peers/cron/usr/sbin/cron").toAbsolutePath().toString(),
                        TestingPrograms.links().toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("cron.log").toFile());
        builder.environment().put("QMAILHOME", home.toString());
        Process cron = builder.start();
        try {
            String arrived = arrived(TestingPrograms.succeed("id", "-u", USER).strip());
            assertThat(none).isEmptyDirectory();
            assertThat(arrived)
                    .startsWith("Return-Path: <" + USER + "@hoge.example.com>\n")
                    .contains("From: root@hoge.example.com (Cron Daemon)\nTo: " + USER
                            + "@hoge.example.com\nSubject: Cron <" + USER + "@")
                    .endsWith("\n\noutput\n.\n");
        } finally {
            cron.destroy();
            cron.waitFor();
        }
    }

    @Test
    void bsdMailxSends() throws IOException {
        Path settings = Files.writeString(directory.resolve("mailrc"), "set sendmail=" + sendmail() + "\n");
        silentlyAsNobody(
                "hello\n.\nthere\n",
                "env",
                "MAILRC=" + settings,
                Path.of(".peers/bsd-mailx/usr/bin/bsd-mailx").toAbsolutePath().toString(),
                "-n",
                "-s",
                "subject",
                "-b",
                "blind@[127.0.0.1]",
                USER + "@hoge.example.com");
        assertThat(arrived(NOBODY))
                .startsWith("Return-Path: <nobody@hoge.example.com>\n")
                .contains("\nTo: " + USER + "@hoge.example.com\n", "\nSubject: subject\n")
                .doesNotContain("blind")
                .endsWith("\n\nhello\n.\nthere\n");
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
        assertThat(arrived(NOBODY))
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
        assertThat(arrived(NOBODY))
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
        assertThat(arrived(NOBODY))
                .startsWith("Return-Path: <me@hoge.example.com>\n")
                .contains("Subject: pipe\n\nhello\n");
    }
}
