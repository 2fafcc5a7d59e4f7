package org.postern.pop3d;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingDialogue;
import org.postern.TestingDialogue.Turn;
import org.postern.auth.Sasl;
import org.postern.maildir.Maildrops;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;
import org.postern.tcp.TestingWire;

class SessionTest {
    @TempDir
    Path directory;

    private TestingMaildrop maildrop;

    @BeforeEach
    void make() throws IOException {
        maildrop = new TestingMaildrop(directory.resolve("Maildir"));
    }

    @Test
    void oneAttemptAConnection() {
        assertThat(authorization(Limits.DEFAULT, "USER a\r\nPASS b\r\nUSER a\r\nPASS b\r\n"))
                .isEqualTo("+OK <t>\r\n+OK \r\n-ERR authorization failed\r\n");
    }

    @Test
    void moreAttemptsWhereAllowed() {
        Limits three = new Limits(Duration.ofSeconds(1), 1024, 100, 3);
        assertThat(authorization(three, "USER a\r\nPASS b\r\nPASS b\r\nAPOP a b\r\nUSER a\r\nPASS b\r\nNOOP\r\n"))
                .isEqualTo("+OK <t>\r\n+OK \r\n-ERR authorization failed\r\n-ERR USER first\r\n"
                        + "-ERR authorization failed\r\n+OK \r\n-ERR authorization failed\r\n");
    }

    @Test
    void tooManyBadCommandsEndTheSession() {
        Limits few = new Limits(Duration.ofSeconds(1), 255, 2, 1);
        assertThat(authorization(few, "A\r\n" + "B".repeat(300) + "\r\nNOOP\r\nC\r\nNOOP\r\n"))
                .isEqualTo("+OK <t>\r\n-ERR authorization first\r\n-ERR line too long\r\n+OK \r\n"
                        + "-ERR too many bad commands\r\n");
    }

    @Test
    void credentialsArriveAsTheClientSentThem() {
        TestingWire wire = TestingWire.sending("APOP a\u00e9 b c\r\n");
        AuthorizationSession session =
                new AuthorizationSession(new Connection(wire), Limits.DEFAULT, "<t>", List.of(), new Tls.None());
        Object end = session.run(Authenticator.Verdict.Accepted::new);
        assertThat(end)
                .isEqualTo(new AuthorizationSession.End.LoggedIn<>(new Credentials.Digest("a\u00e9", "<t>", "b c")));
    }

    @Test
    void passwordIsNotPrinted() {
        assertThat(new Credentials.Password("me", "geheim").toString()
                        + new Command.Pass("geheim")
                        + Command.of(new Line.Text("AUTH PLAIN geheim")))
                .contains("me")
                .doesNotContain("geheim");
    }

    @Test
    void aLineOfAnExchangeMayBeTwelveKilobytesAndNoLonger() {
        for (int octets : new int[] {Sasl.LONGEST_LINE, Sasl.LONGEST_LINE + 1}) {
            TestingWire wire = TestingWire.sending("AUTH PLAIN\r\n" + "A".repeat(octets) + "\r\nQUIT\r\n");
            new AuthorizationSession(new Connection(wire), Limits.DEFAULT, "<t>", Capabilities.SERVE, new Tls.None())
                    .run(credentials -> new Authenticator.Verdict.Refused<>());
            assertThat(wire.output())
                    .isEqualTo("+OK <t>\r\n+ \r\n-ERR "
                            + (octets > Sasl.LONGEST_LINE ? "line too long" : "that is no base64") + "\r\n+OK \r\n");
        }
    }

    /** A listener that was opened for TLS, after a reload took the certificate away. */
    @Test
    void whereTlsIsMissingNobodyLogsIn() {
        TestingWire wire =
                TestingWire.sending("CAPA\r\nUSER joe\r\nAPOP joe x\r\nAUTH PLAIN AGEAYg==\r\nSTLS\r\nQUIT\r\n");
        AuthorizationSession.End<Credentials> end = new AuthorizationSession(
                        new Connection(wire), Limits.DEFAULT, "<t>", Capabilities.SERVE, new Tls.Missing())
                .run(Authenticator.Verdict.Accepted::new);
        assertThat(end).isInstanceOf(AuthorizationSession.End.Quit.class);
        assertThat(wire.output())
                .contains("-ERR this server takes passwords under TLS only, and has no certificate now")
                .doesNotContain("SASL", "USER", "STLS");
    }

    @Test
    void whereTlsIsDemandedAuthIsNeitherOfferedNorTaken() {
        TestingWire wire = TestingWire.sending("CAPA\r\nAUTH PLAIN AGEAYg==\r\nAUTH LOGIN\r\nQUIT\r\n");
        Tls demanded = new Tls.Offered(
                () -> {
                    throw new java.io.IOException("no TLS in this test");
                },
                true);
        new AuthorizationSession(new Connection(wire), Limits.DEFAULT, "<t>", Capabilities.SERVE, demanded)
                .run(Authenticator.Verdict.Accepted::new);
        assertThat(wire.output())
                .doesNotContain("SASL", "USER")
                .contains("\r\nSTLS\r\n")
                .endsWith((".\r\n" + "-ERR this server takes passwords under TLS only: say STLS first\r\n".repeat(2)
                        + "+OK \r\n"));
    }

    @Test
    void messageIsSentOctetForOctet() throws Exception {
        StringBuilder all = new StringBuilder();
        IntStream.range(0, 256).filter(c -> c != '\n').forEach(c -> all.append((char) c));
        String octets = "Subject: all\n\n" + all + "\n\r\r\n\rx\n.\n..\n\0\n";
        maildrop.with("new/all", octets);
        assertThat(transaction("RETR 1\r\n"))
                .isEqualTo("+OK \r\n+OK \r\nSubject: all\r\n\r\n" + all + "\r\n\r\r\n\rx\r\n..\r\n...\r\n\0\r\n.\r\n");
    }

    @Test
    void messageLargerThanEveryBufferArrivesWhole() throws Exception {
        String octets = "Subject: large\n\n" + "0123456789.\n.23456789\n".repeat(50_000);
        maildrop.with("new/large", octets);
        String sent = "Subject: large\r\n\r\n" + "0123456789.\r\n..23456789\r\n".repeat(50_000);
        assertThat(transaction("LIST 1\r\nRETR 1\r\n"))
                .isEqualTo("+OK \r\n+OK 1 " + (sent.length() - 50_000) + "\r\n+OK \r\n" + sent + ".\r\n");
    }

    @Test
    void onlyWhatWasRetrievedBecomesSeen() throws Exception {
        maildrop.with("new/a", "x\n").with("new/b", "x\n").with("new/c", "x\n").with("cur/d:2,R", "x\n");
        transaction("RETR 2\r\nTOP 3 0\r\nRETR 4\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
        assertThat(maildrop.names()).containsExactly("cur/b:2,S", "cur/d:2,R", "new/c");
    }

    @Test
    void failedUnlinkEndsInErrAlone() throws Exception {
        maildrop.with("new/a", "x\n").with("new/b", "x\n");
        TestingDialogue dialogue = new TestingDialogue(
                List.of(new Turn("DELE 1\r\nDELE 2\r\n"), new Turn("QUIT\r\n", () -> delete("new/a"))));
        List<String> replies = dialogue.play(this::transaction).replies();
        assertThat(replies.getLast()).isEqualTo("-ERR unable to unlink all deleted messages\r\n");
        assertThat(maildrop.names()).as("the other one is removed all the same").isEmpty();
    }

    @Test
    void messageThatBreaksOffHasNoFinalDot() throws Exception {
        maildrop.with("new/a", "x\n");
        TestingDialogue dialogue =
                new TestingDialogue(List.of(new Turn("NOOP\r\n"), new Turn("RETR 1\r\nNOOP\r\n", () -> {
                    delete("new/a");
                    makeDirectory("new/a");
                })));
        TransactionSession.End[] end = new TransactionSession.End[1];
        List<String> replies = dialogue.play(
                        connection -> end[0] = session(connection).run(maildrop.maildir(), 0))
                .replies();
        assertThat(replies.getLast()).isEqualTo("+OK \r\n");
        assertThat(end[0]).isInstanceOf(TransactionSession.End.CannotRead.class);
    }

    @Test
    void endSaysWhatWasDone() throws Exception {
        maildrop.with("new/a", "x\n").with("new/b", "x\n");
        TestingWire wire = TestingWire.sending("RETR 1\r\nRETR 2\r\nDELE 2\r\nQUIT\r\n");
        assertThat(session(new Connection(wire)).run(maildrop.maildir(), 0))
                .isEqualTo(new TransactionSession.End.Updated(2, 1));
    }

    private static String authorization(Limits limits, String input) {
        TestingWire wire = TestingWire.sending(input);
        Connection connection = new Connection(wire);
        new AuthorizationSession(connection, limits, "<t>", Capabilities.ALL, new Tls.None())
                .run(credentials -> new Authenticator.Verdict.Refused<>());
        return wire.output();
    }

    private String transaction(String input) throws Exception {
        TestingWire wire = TestingWire.sending(input);
        transaction(new Connection(wire));
        return wire.output();
    }

    private void transaction(Connection connection) throws Exception {
        session(connection).run(maildrop.maildir(), 0);
        connection.flush();
    }

    private static TransactionSession session(Connection connection) {
        return new TransactionSession(connection, Limits.DEFAULT, Capabilities.ALL, new Maildrops(), Clock.systemUTC());
    }

    private void delete(String file) {
        try {
            Files.delete(maildrop.maildir().resolve(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void makeDirectory(String file) {
        try {
            Files.createDirectory(maildrop.maildir().resolve(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
