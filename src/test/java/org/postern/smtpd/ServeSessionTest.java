package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.postern.config.RcptHosts;
import org.postern.queue.TestingIntake;
import org.postern.smtpd.Relaying.Answer;

class ServeSessionTest {
    private static final String MAIL = "MAIL FROM:<a@b.example>";
    private static final String RCPT = "RCPT TO:<joe@foo.example>";
    private static final String FOREIGN = "RCPT TO:<x@elsewhere.example>";

    private final TestingSession session = TestingSession.serve();

    @Test
    void aForeignRecipientIsRefusedWithWhatToDo() {
        assertThat(session.talk(MAIL, FOREIGN, RCPT))
                .containsExactly("250 2.1.0 ok", "550 5.7.1 log in by POP3 first", "250 2.1.5 ok");
        assertThat(session.events())
                .singleElement()
                .isEqualTo(new SmtpdEvent.RecipientRefused(
                        "a@b.example", "x@elsewhere.example", new Reply(550, "5.7.1", "log in by POP3 first")));
    }

    @Test
    void whoMayRelayIsAskedOnceATransactionAndNeverForOurOwn() {
        List<String> asked = new ArrayList<>();
        session.relaying((from, to) -> {
            asked.add(from + " " + to);
            return asked.size() == 1 ? new Answer.Yes() : new Answer.No("no");
        });
        assertThat(session.talk(MAIL, RCPT, FOREIGN, FOREIGN, MAIL, FOREIGN, FOREIGN))
                .containsExactly(
                        "250 2.1.0 ok",
                        "250 2.1.5 ok",
                        "250 2.1.5 ok",
                        "250 2.1.5 ok",
                        "250 2.1.0 ok",
                        "550 5.7.1 no",
                        "550 5.7.1 no");
        assertThat(asked).containsExactly("a@b.example x@elsewhere.example", "a@b.example x@elsewhere.example");
    }

    @Test
    void aMessageIsTheClientsOwnOnlyWhereItMayRelay() {
        session.relaying((from, to) -> to.startsWith("x@") ? new Answer.Yes() : new Answer.No("no"));
        session.talk(MAIL, RCPT, FOREIGN, "DATA", "t", ".", MAIL, RCPT, "DATA", "t", ".");
        session.talk(MAIL, RCPT, "RCPT TO:<y@elsewhere.example>", "DATA", "t", ".");
        assertThat(session.intake().messages())
                .extracting(TestingIntake.Message::ofClient)
                .containsExactly(true, false, false);
    }

    @Test
    void aStoreThatCannotBeReachedIs451AndNever550() {
        session.relaying((from, to) -> new Answer.Unknown());
        assertThat(session.talk(MAIL, FOREIGN))
                .last()
                .isEqualTo("451 4.3.0 sorry, I can't find out now whether you may relay, try again later");
    }

    @Test
    void rcpthostsThatFailLaterAre451() {
        session.rcpthosts(new RcptHosts(
                Set.of(),
                name -> {
                    throw new IOException("Input/output error");
                },
                false));
        assertThat(session.talk(MAIL, RCPT, "NOOP")).element(1).asString().startsWith("451 4.3.0 ");
    }

    @Test
    void whoMayRelayMayNotSendToRoutedAddressesOfOurs() {
        session.relaying((from, to) -> new Answer.Yes());
        assertThat(session.talk(MAIL, "RCPT TO:<x%elsewhere.example@foo.example>", "RCPT TO:<x@foo.example.>"))
                .containsExactly(
                        "250 2.1.0 ok",
                        "553 5.7.1 sorry, I don't relay by %, ! or @ in the local part",
                        "250 2.1.5 ok");
    }

    @Test
    void aStrayLineEndIsRefusedAtTheEndAndTheSessionGoesOn() {
        assertThat(session.talk(
                        MAIL, RCPT, "DATA", "a\nb\r\n.", MAIL, RCPT, "DATA", "a\rb\n.\r\nMAIL FROM:<>\r\n.", "NOOP"))
                .containsExactly(
                        "250 2.1.0 ok",
                        "250 2.1.5 ok",
                        "354 go ahead",
                        "554 5.6.0 the message has a CR or LF that is no line end,"
                                + " lines end with CR LF (RFC 5321 2.3.8)",
                        "250 2.1.0 ok",
                        "250 2.1.5 ok",
                        "354 go ahead",
                        "554 5.6.0 the message has a CR or LF that is no line end,"
                                + " lines end with CR LF (RFC 5321 2.3.8)",
                        "250 2.0.0 ok");
        assertThat(session.intake().messages()).isEmpty();
        assertThat(session.intake().openDrafts()).isZero();
    }

    @Test
    void ehloSaysEsmtpInTheReceivedLine() {
        session.talk("EHLO c", MAIL, RCPT, "DATA", "x\r\n.");
        assertThat(session.intake().messages().getFirst().text())
                .contains("(HELO c) (127.0.0.55)\n  by 127.0.0.1 with ESMTP; ");
    }

    /** RFC 6531 §4.3, RFC 6532 §3.2. Octets as in a log of the network. */
    @Test
    void aClientThatSaysSmtpUtf8KeepsToUtf8() {
        String said = MAIL + " SMTPUTF8";
        assertThat(session.talk(
                        "EHLO c",
                        "MAIL FROM:<j\u00fcrgen@b.example> SMTPUTF8",
                        said,
                        "RCPT TO:<j\u00fcrgen@foo.example>",
                        RCPT,
                        "DATA",
                        "Subject: Gr\u00fc\u00dfe\r\n\r\nx\r\n.",
                        said,
                        RCPT,
                        "DATA",
                        "Subject: Gr\u00c3\u00bc\u00c3\u009fe\r\n\r\nGr\u00fc\u00dfe\r\n.",
                        MAIL,
                        RCPT,
                        "DATA",
                        "Subject: Gr\u00fc\u00dfe\r\n\r\nx\r\n."))
                .filteredOn(reply -> reply.startsWith("5") || reply.startsWith("250 2.6"))
                .containsExactly(
                        "553 5.6.7 that address is no UTF-8",
                        "553 5.6.7 that address is no UTF-8",
                        "554 5.6.7 the header is no UTF-8 (RFC 6532)",
                        "250 2.6.0 ok 1795485446 qp 1",
                        "250 2.6.0 ok 1795485446 qp 2");
        assertThat(session.intake().messages())
                .extracting(m -> m.envelope().smtputf8() + m.text().replaceFirst("(?s).* with (\\w+);.*", " $1"))
                .containsExactly("true UTF8SMTP", "false ESMTP");
    }

    @Test
    void syntaxIsTheRfcsWhereTheProgramGuesses() {
        assertThat(session.talk(
                        "MAIL a@b",
                        "MAIL <a@b>",
                        "MAIL FROM:<a@b> FOO=BAR",
                        "MAIL FROM:<a@b>x",
                        "MAIL FROM:<a@b> SIZE=x",
                        "mail from:<a@b> size=10 body=8bitmime",
                        "RCPT <joe@foo.example>",
                        "RCPT TO:<joe@foo.example> NOTIFY=NEVER",
                        "rcpt to: joe@foo.example"))
                .containsExactly(
                        "501 5.5.4 syntax: MAIL FROM:<address>, RCPT TO:<address>",
                        "501 5.5.4 syntax: MAIL FROM:<address>, RCPT TO:<address>",
                        "555 5.5.4 unknown parameter",
                        "555 5.5.4 unknown parameter",
                        "555 5.5.4 unknown parameter",
                        "250 2.1.0 ok",
                        "501 5.5.4 syntax: MAIL FROM:<address>, RCPT TO:<address>",
                        "555 5.5.4 unknown parameter",
                        "250 2.1.5 ok");
    }

    /** RFC 2034 §4: all but the greeting, and the replies to HELO and EHLO; and the first digits agree. */
    @Test
    void everyReplyHasAnEnhancedStatusCode() {
        List<String> replies = session.databytes(1000)
                .maxbadcommands(5)
                .talk(
                        "NOOP",
                        "HELP",
                        "VRFY x",
                        "RSET",
                        "MAIL FROM:<a@b> SIZE=2000",
                        MAIL,
                        FOREIGN,
                        "RCPT TO:<>",
                        RCPT,
                        "DATA",
                        "x\r\n.",
                        "EXPN x",
                        "X",
                        "DATA",
                        "x".repeat(3000),
                        "X");
        assertThat(replies.stream().filter(reply -> !reply.equals("354 go ahead")))
                .hasSize(15)
                .allMatch(reply -> Pattern.matches("([245])[0-9][0-9] \\1\\.[0-9]\\.[0-9]+ .+", reply));
    }
}
