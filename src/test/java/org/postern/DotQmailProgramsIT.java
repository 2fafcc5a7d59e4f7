package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingSite.Server;

/**
 * The programs for .qmail lines in a user's .qmail files: qmail-send runs them as that user, and what they put into the
 * queue is delivered.
 */
@Timeout(120)
class DotQmailProgramsIT {
    private static final String USER = "posterndotqmail";
    private static final String AT = "@" + TestingSite.ME;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private TestingSite site;
    private Path home;
    private Server send;

    @BeforeEach
    void user() throws IOException {
        site = new TestingSite(directory);
        home = site.systemAccount(USER);
        qmail(".qmail", "./Maildir/\n");
        qmail(".qmail-kept-default", "./Maildir/\n");
        send = site.send();
    }

    @AfterEach
    void close() throws IOException {
        site.close();
    }

    private void qmail(String name, String lines) throws IOException {
        Path file = Files.writeString(home.resolve(name), lines);
        Object uid = Files.getAttribute(home, "unix:uid");
        Files.setAttribute(file, "unix:uid", uid);
    }

    /** A message of the user's to himself. */
    private void send(String extension, String subject) throws IOException {
        TestingPrograms.Outcome outcome = site.run(
                "Subject: " + subject + "\nTo: undisclosed:;\n\nbody\n",
                TestingSite.link("qmail-inject"),
                "-a",
                "-f",
                "sender" + AT,
                USER + extension + AT);
        assertThat(outcome).isEqualTo(new TestingPrograms.Outcome(0, ""));
    }

    /** The messages in the Maildir, when there are that many. */
    private List<String> arrived(int count) throws IOException {
        Path arriving = home.resolve("Maildir/new");
        await().atMost(LIMIT).alias(send.log()).until(() -> files(arriving) >= count);
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.list(arriving)) {
            for (Path file : files.toList()) {
                texts.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(texts).hasSize(count);
        return texts;
    }

    private static long files(Path in) throws IOException {
        try (Stream<Path> files = Files.list(in)) {
            return files.count();
        }
    }

    private void awaitLog(String text) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(send.log()).contains(text));
    }

    @Test
    void bouncesayingBouncesWhatItsProgramFinds() throws IOException {
        qmail(".qmail-job", "|bouncesaying 'That job is taken.' grep -q '^Subject: job'\n./Maildir/\n");
        send("-job", "job");
        awaitLog("failure: That_job_is_taken./");
        send("-job", "other");
        assertThat(arrived(1).getFirst()).contains("\nSubject: other\n", "\nDelivered-To: " + USER + "-job" + AT);
    }

    @Test
    void condredirectSendsElsewhereAndEndsTheFile() throws IOException {
        qmail(".qmail-sorted", "|condredirect " + USER + "-kept-spam" + AT + " grep -q '^Subject: spam'\n./Maildir/\n");
        send("-sorted", "spam");
        send("-sorted", "ham");
        List<String> texts = arrived(2);
        assertThat(texts)
                .filteredOn(text -> text.contains("\nSubject: spam\n"))
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .startsWith("Return-Path: <sender" + AT + ">\nDelivered-To: " + USER + "-kept-spam" + AT
                                + "\nReceived: (qmail ")
                        .containsPattern(" invoked by uid " + Files.getAttribute(home, "unix:uid") + "\\); .*\n"
                                + "Delivered-To: " + USER + "-sorted" + AT + "\nReceived: "));
        assertThat(texts)
                .filteredOn(text -> text.contains("\nSubject: ham\n"))
                .singleElement()
                .satisfies(text -> assertThat(text).contains("\nDelivered-To: " + USER + "-sorted" + AT));
        assertThat(send.log()).containsPattern("success: condredirect:_qp_[0-9]+/did_0\\+0\\+1/");
    }

    @Test
    void exceptTurnsAConditionRound() throws IOException {
        qmail(".qmail-short", "|bouncesaying 'Too long.' except test -f small\n./Maildir/\n");
        send("-short", "long");
        awaitLog("failure: Too_long./");
        qmail("small", "");
        send("-short", "small");
        assertThat(arrived(1).getFirst()).contains("\nSubject: small\n");
    }

    @Test
    void forwardSendsToWhatTheLineMakesUp() throws IOException {
        qmail(".qmail-list-default", "|forward \"" + USER + "-kept-$DEFAULT" + AT + "\"\n");
        qmail(".qmail-list-a-owner", "./Maildir/\n");
        send("-list-a", "list");
        assertThat(arrived(1).getFirst())
                .startsWith("Return-Path: <" + USER + "-list-a-owner" + AT + ">\nDelivered-To: " + USER + "-kept-a" + AT
                        + "\n")
                .contains("\nDelivered-To: " + USER + "-list-a" + AT + "\n", "\nSubject: list\n")
                .endsWith("\n\nbody\n");
    }

    @Test
    void forwardSendsWhatAnotherProgramHasMade() throws IOException {
        qmail(".qmail-marked", "|sed 's/^Subject: /&[list] /' | forward " + USER + "-kept-x" + AT + "\n");
        send("-marked", "words");
        assertThat(arrived(1).getFirst()).contains("\nSubject: [list] words\n").endsWith("\n\nbody\n");
    }

    @Test
    void prelineFeedsAProgramThatKnowsNothingOfQmail() throws IOException {
        qmail(".qmail-box", "|preline sh -c 'cat >box; id -u >uid'\n|preline -fd sh -c 'exec cat >short'\n");
        send("-box", "mbox");
        awaitLog("success: did_0+0+2/");
        String text = Files.readString(home.resolve("box"));
        assertThat(text)
                .matches("(?s)From sender" + AT + " \\w{3} \\w{3} [ \\d]\\d .*?\nReturn-Path: <sender" + AT
                        + ">\nDelivered-To: " + USER + "-box" + AT + "\nReceived: .*\nSubject: mbox\n.*\n\nbody\n");
        assertThat(Files.readString(home.resolve("short")))
                .startsWith("Return-Path: <sender" + AT + ">\nReceived: ")
                .endsWith(text.substring(text.indexOf("\nReceived: ")));
        assertThat(Files.readString(home.resolve("uid")).strip())
                .isEqualTo(String.valueOf(Files.getAttribute(home, "unix:uid")));
    }

    @Test
    void aProgramThatIsNotThereHoldsNoMailUp() throws IOException {
        qmail(".qmail-typo", "|condredirect " + USER + "-kept-x" + AT + " grpe x\n./Maildir/\n");
        send("-typo", "typo");
        arrived(1);
        awaitLog("success: condredirect:_warning:_unable_to_run_grpe:_file_does_not_exist/did_1+0+1/");
    }

    /** Whoever sets the environment may call them: another qmail's qmail-local, a user's script. */
    @Test
    void anyParentWillDo() throws IOException {
        qmail("message", "Subject: script\n\nbody\n");
        qmail("script", """
                export DTLINE="$1" SENDER=a@b.example NEWSENDER=n@b.example RPLINE="$1" UFLINE="$1"
                preline -rd sh -c 'head -n 2 >top' <message; echo $?
                bouncesaying Gone except grep -q nothing <message; echo $?
                (head -n 1 >/dev/null; condredirect "$2" grep -q body) <message; echo $?
                """);
        TestingPrograms.Outcome outcome = site.run(
                "",
                "setpriv",
                "--reuid=" + USER,
                "--regid=" + USER,
                "--clear-groups",
                "sh",
                "-c",
                "cd \"$0\" && exec sh script \"$@\"",
                home.toString(),
                "Delivered-To: someone\n",
                USER + "-kept-s" + AT);
        assertThat(outcome.output()).matches("0\nGone\n100\ncondredirect: qp [0-9]+\n99\n");
        assertThat(Files.readString(home.resolve("top"))).isEqualTo("Delivered-To: someone\nSubject: script\n");
        assertThat(arrived(1).getFirst()).endsWith("\nDelivered-To: someone\nSubject: script\n\nbody\n");
    }
}
