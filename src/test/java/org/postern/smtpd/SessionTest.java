package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.config.RcptHosts;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.queue.TestingIntake;
import org.postern.tcp.TestingBareWire;
import org.postern.tcp.TestingWire;
import org.postern.tcp.Wire;

/** What the records do not have: our limits, our queue's refusals, and clients that vanish. */
class SessionTest {
    private static final String MAIL = "MAIL FROM:<a@b.example>";
    private static final String RCPT = "RCPT TO:<joe@foo.example>";
    private static final String UNIMPLEMENTED = "502 unimplemented (#5.5.1)";

    private final TestingSession session = TestingSession.qmail();

    @Test
    void rcptBeforeMailIs503() {
        assertThat(session.talk(RCPT)).containsExactly("503 MAIL first (#5.5.1)");
    }

    @Test
    void anAddressWithControlCharactersIs555() {
        assertThat(session.talk(
                        "MAIL FROM:<a\r@b.example>", "MAIL FROM:<a\tb@c>", MAIL, "RCPT TO:<j\u007foe@foo.example>"))
                .containsExactly(
                        "555 syntax error (#5.5.4)",
                        "555 syntax error (#5.5.4)",
                        "250 ok",
                        "555 syntax error (#5.5.4)");
    }

    @Test
    void aCommandLongerThanTheLimitIsDroppedAndTheNextOneTaken() {
        assertThat(session.maxcommand(512).talk("NOOP " + "x".repeat(507), "NOOP " + "x".repeat(508), "NOOP"))
                .containsExactly("250 ok", "500 command line too long (#5.5.2)", "250 ok");
    }

    @Test
    void recipientsBeyondTheLimitAre452AndTheOthersGetTheMessage() {
        String[] lines = new String[104];
        Arrays.fill(lines, RCPT);
        lines[0] = MAIL;
        lines[50] = "RCPT TO:<x@elsewhere.example>"; // refused ones count
        lines[102] = "DATA";
        lines[103] = "x\r\n.";
        List<String> replies = session.maxrecipients(100).talk(lines);
        assertThat(replies.get(100)).isEqualTo("250 ok");
        assertThat(replies.get(101)).isEqualTo("452 too many recipients, send the message in parts (#4.5.3)");
        assertThat(session.intake().messages().getFirst().envelope().recipients())
                .hasSize(99);
    }

    @Test
    void badCommandsBeyondTheLimitEndTheSession() {
        assertThat(session.maxbadcommands(3).talk("X", "DATA", "NOOP", "X", "X", "NOOP"))
                .containsExactly(
                        UNIMPLEMENTED,
                        "503 MAIL first (#5.5.1)",
                        "250 ok",
                        UNIMPLEMENTED,
                        "421 too many bad commands (#4.7.0)");
    }

    @Test
    void refusedRecipientsAreNoBadCommands() {
        String[] lines = new String[20];
        Arrays.fill(lines, "RCPT TO:<x@elsewhere.example>");
        lines[0] = MAIL;
        assertThat(session.maxbadcommands(3).talk(lines).getLast()).startsWith("553 ");
    }

    @Test
    void aLineLongerThanTheLimitRefusesTheMessageButNotTheSession() {
        assertThat(session.maxline(1000)
                        .talk(
                                MAIL,
                                RCPT,
                                "DATA",
                                "x".repeat(1001) + "\r\n.",
                                MAIL,
                                RCPT,
                                "DATA",
                                "x".repeat(1000) + "\r\n."))
                .element(3)
                .isEqualTo("554 sorry, that message has a line of more than 1000 octets (#5.6.0)");
        assertThat(session.intake().messages()).hasSize(1);
        assertThat(session.intake().openDrafts()).isZero();
    }

    @Test
    void whatIsDeclaredTooLargeIsRefusedAtMail() {
        assertThat(session.databytes(100)
                        .talk(
                                "MAIL FROM:<a@b> size=101",
                                "MAIL FROM:<a@b> SIZE=100",
                                "MAIL FROM:<a@b> BODY=8BITMIME SIZE=9999999999999999999999"))
                .containsExactly(
                        "552 sorry, that message size exceeds my databytes limit (#5.3.4)",
                        "250 ok",
                        "552 sorry, that message size exceeds my databytes limit (#5.3.4)");
    }

    @Test
    void aRoutedAddressIsTakenWhereItIsAUsersOwn() {
        session.localUsers(mailbox -> mailbox.toString().equals("joe%x@foo.example")
                || mailbox.toString().equals("joe@foo.example"));
        assertThat(session.talk(
                        MAIL,
                        "RCPT TO:<joe%x@foo.example>",
                        "RCPT TO:<joe@foo.example.>",
                        "RCPT TO:<sue%x@foo.example>",
                        "RCPT TO:<sue@foo.example.>",
                        "DATA",
                        "x\r\n."))
                .satisfies(replies -> assertThat(replies.get(1)).isEqualTo("250 ok"))
                .satisfies(replies -> assertThat(replies.get(2)).isEqualTo("250 ok"))
                .satisfies(replies -> assertThat(replies.get(3))
                        .isEqualTo("553 sorry, I don't relay by %, ! or @ in the local part (#5.7.1)"))
                .satisfies(replies -> assertThat(replies.get(4))
                        .isEqualTo("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"));
        assertThat(session.intake().messages().getFirst().envelope())
                .isEqualTo(new Envelope("a@b.example", List.of("joe%x@foo.example", "joe@foo.example")));
    }

    @Test
    void postmasterNeedsNoDomainAndNobodyElseGoesWithout() {
        assertThat(session.talk(MAIL, "RCPT TO:<PostMaster>", "RCPT TO:<root>"))
                .containsExactly(
                        "250 ok",
                        "250 ok",
                        "553 sorry, that address has no domain, and I take only postmaster without one (#5.1.3)");
    }

    @Test
    void aRelayClientMayNameAnyoneButNobody() {
        assertThat(session.relayClient("").talk(MAIL, "RCPT TO:<root>", "RCPT TO:<x%y@z.example>", "RCPT TO:<>"))
                .containsExactly("250 ok", "250 ok", "250 ok", "555 syntax error (#5.5.4)");
    }

    @Test
    void badmailfromCountsForRelayClientsToo() {
        assertThat(session.badmailfrom("@b.example").relayClient("").talk(MAIL, RCPT))
                .element(1)
                .isEqualTo("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)");
    }

    @Test
    void rcpthostsThatFailLaterEndTheSession() {
        session.rcpthosts(new RcptHosts(
                java.util.Set.of(),
                name -> {
                    throw new IOException("Input/output error");
                },
                false));
        assertThat(session.talk(MAIL, RCPT, "NOOP")).containsExactly("250 ok", "421 unable to read controls (#4.3.0)");
        assertThat(session.events()).hasOnlyElementsOfType(SmtpdEvent.Trouble.class);
    }

    @Test
    void aQueueThatCannotBeginIs451BeforeTheMessage() {
        assertThat(session.intake(TestingIntake.numbering().broken()).talk(MAIL, RCPT, "DATA", "NOOP"))
                .containsExactly("250 ok", "250 ok", "451 qqt failure (#4.3.0)", "250 ok");
    }

    @Test
    void whatTheQueueRefusesIsAnsweredByItsExitCode() {
        assertThat(session.intake(TestingIntake.numbering().refusing(53)).talk(MAIL, RCPT, "DATA", "x\r\n."))
                .last()
                .isEqualTo("451 qq write error or disk full (#4.3.0)");
    }

    @Test
    void anEmptyHeloIsShownAsGiven() {
        session.talk("HELO ", MAIL, RCPT, "DATA", "x\r\n.");
        assertThat(session.intake().messages().getFirst().text())
                .isEqualTo("Received: from unknown (HELO ) (127.0.0.55)\n"
                        + "  by 127.0.0.1 with SMTP; 24 Nov 2026 01:57:26 -0000\nx\n");
    }

    @Test
    void rsetDropsTheTransactionButNotTheHelo() {
        assertThat(session.talk("HELO c", MAIL, RCPT, "RSET", "DATA", MAIL, RCPT, "DATA", "x\r\n."))
                .contains("503 MAIL first (#5.5.1)");
        assertThat(session.intake().messages().getFirst().text()).contains("(HELO c)");
    }

    @Test
    void aSilentClientIsToldSo() {
        TestingSmtpDialogue client = new TestingSmtpDialogue(List.of("NOOP\r\n", "NOO"), true);
        assertThat(session.run(client)).isEqualTo(End.TIMED_OUT);
        assertThat(client.replies().getLast()).isEqualTo("451 timeout (#4.4.2)\r\n");
    }

    @Test
    void aClientThatFallsSilentInAMessageLeavesNothing() {
        TestingSmtpDialogue client =
                new TestingSmtpDialogue(List.of(MAIL + "\r\n" + RCPT + "\r\nDATA\r\n", "Subject: half\r\n"), true);
        assertThat(session.run(client)).isEqualTo(End.TIMED_OUT);
        assertThat(client.replies().getLast()).isEqualTo("451 timeout (#4.4.2)\r\n");
        assertThat(session.intake().messages()).isEmpty();
        assertThat(session.intake().openDrafts()).isZero();
    }

    @Test
    void aClientThatVanishesAnywhereLeavesNothing() {
        String whole = "EHLO c\r\n" + MAIL + "\r\n" + RCPT + "\r\nDATA\r\nSubject: s\r\n\r\n..x\r\n.\r\n";
        for (int i = 0; i < whole.length(); i++) {
            TestingSession fresh = TestingSession.qmail();
            assertThat(fresh.run(TestingWire.sending(whole.substring(0, i)))).isEqualTo(End.VANISHED);
            assertThat(fresh.intake().messages()).as("after %d octets", i).isEmpty();
            assertThat(fresh.intake().openDrafts()).isZero();
        }
    }

    @Test
    void aClientThatTakesNoReplyIsAClientThatVanished() {
        Wire deaf = new TestingBareWire() {
            @Override
            public int read(byte[] into, int offset, int length, Duration limit) {
                throw new AssertionError("nothing was said yet");
            }

            @Override
            public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        assertThat(session.run(deaf)).isEqualTo(End.VANISHED);
    }

    @Test
    void tenMegabytesWithoutANewlineAreOneCommandTooMany() {
        String[] pieces = Collections.nCopies(160, "x".repeat(65536)).toArray(String[]::new);
        pieces[159] = "\r\nQUIT\r\n";
        TestingWire client = TestingWire.sending(pieces);
        assertThat(session.run(client)).isEqualTo(End.QUIT);
        assertThat(client.output())
                .isEqualTo("220 foo.example ESMTP\r\n500 command line too long (#5.5.2)\r\n221 foo.example\r\n");
    }

    @Test
    void tenMegabytesWithoutANewlineAreOneMessageTooManyAndNotKept() {
        String[] pieces = Collections.nCopies(160, "x".repeat(65536)).toArray(String[]::new);
        pieces[0] = MAIL + "\r\n" + RCPT + "\r\nDATA\r\n";
        pieces[159] = "\r\n.\r\nQUIT\r\n";
        TestingWire client = TestingWire.sending(pieces);
        assertThat(session.run(client)).isEqualTo(End.QUIT);
        assertThat(client.output())
                .endsWith(
                        "554 sorry, that message has a line of more than 1048576 octets (#5.6.0)\r\n221 foo.example\r\n");
        assertThat(session.intake().written()).isLessThan(1_048_576 + 8192 + 200);
        assertThat(session.intake().messages()).isEmpty();
    }

    @Test
    void aMessageIsToldToTheLog() {
        session.talk(MAIL, RCPT, "DATA", "12345\r\n.");
        assertThat(session.events())
                .containsExactly(
                        new SmtpdEvent.MessageQueued(new Envelope("a@b.example", List.of("joe@foo.example")), 1, 6));
    }

    @Test
    void aWholeSessionCutAtAnyOctetIsTheSame() {
        String input = "EHLO c\r\nMAIL FROM:<a@b.example> SIZE=30\r\nRCPT TO:<joe@foo.example>\r\nDATA\r\n"
                + "Received: x\r\n\r\n..\r\n.a\r\n" + Octets.of(new byte[] {(byte) 0xe9, 0})
                + "\r\n.\r\nNOOP\r\nQUIT\r\n";
        TestingWire uncut = TestingWire.sending(input);
        session.run(uncut);
        assertThat(session.intake().messages()).hasSize(1);
        for (int i = 0; i <= input.length(); i++) {
            TestingSession fresh = TestingSession.qmail();
            TestingWire cut = TestingWire.cutAt(input, i);
            assertThat(fresh.run(cut)).isEqualTo(End.QUIT);
            assertThat(cut.output()).isEqualTo(uncut.output());
            assertThat(fresh.intake().messages()).isEqualTo(session.intake().messages());
        }
        TestingSession fresh = TestingSession.qmail();
        fresh.run(TestingWire.sending(input.split("", -1)));
        assertThat(fresh.intake().messages()).isEqualTo(session.intake().messages());
    }
}
