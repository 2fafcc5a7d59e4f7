package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingSmtpServer;

/** qmail-send's log, read by Debian's logwatch (its script for qmail): it knows every line that deliveries make. */
class QmailLogToolsIT {
    private static final Path LOGWATCH =
            Path.of(".peers/logwatch/usr/share/logwatch/scripts/services/qmail").toAbsolutePath();
    private static final Duration LIMIT = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    @Test
    void logwatchReadsTheLog() throws IOException {
        Map<String, String> answers = Map.of(
                "RCPT TO:<no@elsewhere.example>", "550 5.1.1 no such user\r\n",
                "RCPT TO:<later@elsewhere.example>", "451 4.2.1 later\r\n");
        try (TestingSmtpServer hop = TestingSmtpServer.answering(answers);
                TestingSite site = new TestingSite(directory)) {
            String user = "plogs";
            Path home = site.systemAccount(user);
            String here = "@" + TestingSite.ME;
            Files.writeString(home.resolve(".qmail-program"), "|echo said; exit 0\n");
            site.control("smtproutes", ":127.0.0.1:" + hop.port() + "\n");
            // Mail for a postmaster who is not there would wait.
            site.control("doublebounceto", "nobody\n");
            TestingSite.Server log = site.send();
            inject(
                    site,
                    user + here,
                    user + here,
                    user + "-program" + here,
                    "yes@elsewhere.example",
                    "no@elsewhere.example",
                    "later@elsewhere.example");
            // A double bounce, which bounces as well.
            inject(site, "no@elsewhere.example", "nobody" + here);
            await().atMost(LIMIT).until(() -> log.log().contains("triple bounce: discarding bounce/"));
            await().atMost(LIMIT).until(() -> log.log().contains("deferral: 127.0.0.1_does_not_like_recipient."));
            // All but the one with a recipient that is deferred.
            await().atMost(LIMIT).until(() -> count(log.log(), "end msg ") == count(log.log(), "new msg ") - 1);
            log.end();
            assertThat(log.log()).endsWith("status: exiting\n").contains(" exitasap\n", "bounce msg ");

            // The one line that no delivery makes: there is no postmaster.
            String report = TestingPrograms.succeed(
                    "sh",
                    "-c",
                    "export LOGWATCH_DETAIL_LEVEL=10 qmail_high_detail=1; grep -v '^warning: mail for postmaster' \"$1\" | perl \"$0\"",
                    LOGWATCH.toString(),
                    log.logFile().toString());
            assertThat(report.replaceAll("\\s+", " "))
                    .contains(
                            "Emails from (Threshold of 0): ",
                            user + here + " - 1 Time(s)",
                            "no@elsewhere.example - 1 Time(s)",
                            "#@[] - 1 Time(s)",
                            "Emails to Remote Server",
                            "yes@elsewhere.example - 1 Time(s)",
                            "Emails to Local Server",
                            user + "-program" + here + " - 1 Time(s)",
                            "Success(250) - 1 Time(s)",
                            "Deferral(451) - 1 Time(s)",
                            "Failure(550) - ")
                    .doesNotContain("Unmatched");
        }
    }

    private static int count(String text, String word) {
        return text.split(word, -1).length - 1;
    }

    private static void inject(TestingSite site, String sender, String... recipients) throws IOException {
        List<String> command = new ArrayList<>(List.of(TestingSite.link("sendmail"), "-f" + sender));
        command.addAll(List.of(recipients));
        assertThat(site.run("Subject: t\n\nx\n", command.toArray(String[]::new)).exit())
                .isZero();
    }
}
