package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.mail.Action;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.queue.TestingQueue;

class NoticeTest {
    private static final SendSettings SETTINGS = SendSettings.defaults("hoge.example.com");
    private static final Instant NOW = Instant.ofEpochSecond(1_795_486_703L);

    @TempDir
    private Path scratch;

    private record Made(String text, Envelope envelope, String boundary) {}

    /** @param failures recipient and report by turns */
    private Made bounce(SendSettings settings, String text, String sender, String... failures) throws IOException {
        List<String> recipients = new ArrayList<>();
        List<String> reports = new ArrayList<>();
        for (int i = 0; i < failures.length; i += 2) {
            recipients.add(failures[i]);
            reports.add(failures[i + 1]);
        }
        return bounce(settings, text, new Envelope(sender, recipients), reports);
    }

    private Made bounce(SendSettings settings, String text, Envelope envelope, List<String> reports)
            throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        try (Queue queue = files.open()) {
            try (Intake.Draft draft = queue.intake(Origin.LOCAL).begin()) {
                draft.write(Octets.bytes(text), 0, text.length());
                assertThat(draft.commit(envelope)).isInstanceOf(Intake.Outcome.Queued.class);
            }
            MessageName name = queue.nextArrival();
            Marks marks = queue.marks(name);
            for (int i = reports.size() - 1; i >= 0; i--) {
                marks.failed(i, reports.get(i), NOW.minusSeconds(2));
            }
            Notice bounce = Notice.failure(
                    new Notice.Context(settings, new Routes(settings), NOW, new Random(1)), queue.read(name), marks);
            StringBuilder out = new StringBuilder();
            bounce.writeTo((from, offset, length) -> out.append(Octets.of(from, offset, length)));
            String boundary = out.toString().replaceFirst("(?s).*boundary=\"([^\"]*)\".*", "$1");
            return new Made(out.toString().replace(boundary, "BOUNDARY"), bounce.envelope(), boundary);
        }
    }

    @Test
    void theWholeOfIt() throws IOException {
        Made made = bounce(
                SETTINGS,
                "Subject: t\n\nbody\n",
                "ptest@hoge.example.com",
                "nosuch@hoge.example.com",
                "Sorry, no mailbox here by that name. (#5.1.1)\n",
                "x@sink.test",
                "127.0.0.1 does not like recipient.\nRemote host said: 550-no such\n550 user here\nGiving up on 127.0.0.1.\n");
        String queued =
                made.text.replaceFirst("(?s).*(Received: \\(qmail \\d+ invoked by uid \\d+\\); [^\n]*\n).*", "$1");
        assertThat(made.envelope).isEqualTo(new Envelope("", java.util.List.of("ptest@hoge.example.com")));
        assertThat(made.text.replace(queued, "QUEUED\n")).isEqualTo("""
                        Date: 24 Nov 2026 02:18:23 -0000
                        From: MAILER-DAEMON@hoge.example.com
                        To: ptest@hoge.example.com
                        Subject: failure notice
                        Message-ID: <BOUNDARY@hoge.example.com>
                        Auto-Submitted: auto-replied
                        MIME-Version: 1.0
                        Content-Type: multipart/report; report-type=delivery-status;
                         boundary="BOUNDARY"

                        This is a MIME-encapsulated message.

                        --BOUNDARY
                        Content-Type: text/plain; charset=us-ascii

                        Hi. This is the qmail-send program at hoge.example.com.
                        I'm afraid I wasn't able to deliver your message to the following addresses.
                        This is a permanent error; I've given up. Sorry it didn't work out.

                        <x@sink.test>:
                        127.0.0.1 does not like recipient.
                        Remote host said: 550-no such
                        550 user here
                        Giving up on 127.0.0.1.

                        <nosuch@hoge.example.com>:
                        Sorry, no mailbox here by that name. (#5.1.1)


                        --BOUNDARY
                        Content-Type: message/delivery-status

                        Reporting-MTA: dns; hoge.example.com
                        Arrival-Date: 24 Nov 2026 02:17:53 -0000

                        Final-Recipient: rfc822; x@sink.test
                        Action: failed
                        Status: 5.0.0
                        Remote-MTA: dns; [127.0.0.1]
                        Diagnostic-Code: smtp; 550-no such
                        Last-Attempt-Date: 24 Nov 2026 02:18:21 -0000

                        Final-Recipient: rfc822; nosuch@hoge.example.com
                        Action: failed
                        Status: 5.1.1
                        Diagnostic-Code: x-qmail; Sorry, no mailbox here by that name. (#5.1.1)
                        Last-Attempt-Date: 24 Nov 2026 02:18:21 -0000

                        --BOUNDARY
                        Content-Type: message/rfc822

                        Return-Path: <ptest@hoge.example.com>
                        QUEUED
                        Subject: t

                        body

                        --BOUNDARY--
                        """);
    }

    @Test
    void theBoundaryIsNotInTheMessage() throws IOException {
        Made made = bounce(SETTINGS, "--postern-\n", "s@x", "a@x", "no\n");
        assertThat(made.text.split("--BOUNDARY", -1)).hasSize(5);
        assertThat(made.boundary).hasSizeLessThan(70);
    }

    @Test
    void aBounceThatBouncedIsADoubleBounce() throws IOException {
        Made made = bounce(SETTINGS, "x\n", "", "a@x", "no\n");
        assertThat(made.envelope).isEqualTo(new Envelope("#@[]", java.util.List.of("postmaster@hoge.example.com")));
        assertThat(made.text)
                .contains("I tried to deliver a bounce message to this address, but the bounce bounced!\n")
                .contains("Return-Path: <>\n");
    }

    @Test
    void aListsBounceGoesToItsOwner() throws IOException {
        assertThat(bounce(SETTINGS, "x\n", "list-@host-@[]", "a@x", "no\n").envelope)
                .isEqualTo(new Envelope("", java.util.List.of("list-@host")));
    }

    @Test
    void aMessageAboveBouncemaxbytesComesBackAsItsHeader() throws IOException {
        Made made = bounce(SETTINGS, "Subject: long\nX: 1\n\n" + "secret\n".repeat(10_000), "s@x", "a@x", "no\n");
        assertThat(made.text)
                .contains("Content-Type: text/rfc822-headers\n")
                .contains("Subject: long\nX: 1\n")
                .doesNotContain("secret");
    }

    @Test
    void eightBitTextIsDeclaredAsSuch() throws IOException {
        Made made = bounce(SETTINGS, "Subject: t\n\ncaf\u00e9\n", "s@x", "a\u00e9@x", "d\u00e9j\u00e0\n");
        assertThat(made.text.split("Content-Transfer-Encoding: 8bit\n", -1)).hasSize(3);
        assertThat(made.text).contains("caf\u00e9\n").contains("<a?@x>:\nd?j?\n");
    }

    /** RFC 6533: where the sender knows UTF-8, he reads it. */
    @Test
    void aMessageWithSmtpUtf8HasANoticeInUtf8() throws IOException {
        Envelope envelope = new Envelope(
                "j\u00c3\u00bc@x",
                List.of("a\u00c3\u00a9@x", "b@x", "c\u00e9@x"),
                new DsnMail(DsnMail.Ret.HDRS, ""),
                List.of(),
                true);
        Made made = bounce(SETTINGS, "Subject: \u00c3\u00a9\n\nbody\n", envelope, List.of("no\n", "no\n", "no\n"));
        assertThat(made.envelope)
                .isEqualTo(new Envelope("", List.of("j\u00c3\u00bc@x"), DsnMail.NONE, List.of(), true));
        assertThat(made.text)
                .contains("Content-Type: multipart/report; report-type=global-delivery-status;\n")
                .contains("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nHi. This is the")
                .contains("<a\u00c3\u00a9@x>:\nno\n")
                .contains("Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n\n")
                .contains("Final-Recipient: utf-8; a\u00c3\u00a9@x\n")
                .contains("Final-Recipient: rfc822; b@x\n")
                .as("no UTF-8")
                .contains("Final-Recipient: rfc822; c?@x\n")
                .contains("Content-Type: message/global-headers\nContent-Transfer-Encoding: 8bit\n\n")
                .contains("Subject: \u00c3\u00a9\n");
        assertThat(bounce(
                                SETTINGS,
                                "x\n",
                                new Envelope("s@x", List.of("a@x"), DsnMail.NONE, List.of(), true),
                                List.of("no"))
                        .text)
                .contains("Content-Type: message/global\n");
    }

    @Test
    void whatWasPrependedForAVirtualDomainIsNotShown() throws IOException {
        SendSettings virtual = SETTINGS.withRouting(Set.of(), Map.of("v.example", "owner"));
        assertThat(bounce(virtual, "x\n", "s@x", "a@v.example", "no\n").text)
                .contains("<a@v.example>:\n")
                .doesNotContain("owner");
    }

    @Test
    void oddReportsMakeNoParagraphsOfTheirOwn() {
        assertThat(Notice.paragraph("a\nb@x", "one\n\n\ntwo")).isEqualTo("<a_b@x>:\none\n//two\n\n");
        assertThat(Notice.paragraph("a@x", "")).isEqualTo("<a@x>:\n\n");
    }

    @Test
    void theStatusIsFoundInTheReport() {
        assertThat(status(Action.FAILED, "full (#4.2.2)\ntoo long\n")).contains("Status: 5.2.2\n");
        assertThat(status(Action.FAILED, "Remote host said: 550 5.7.1 no relaying\n"))
                .contains("Status: 5.7.1\n")
                .contains("Diagnostic-Code: smtp; 550 5.7.1 no relaying\n");
        assertThat(status(Action.FAILED, "version 5.1.1 of nothing")).contains("Status: 5.0.0\n");
        assertThat(status(Action.DELAYED, "full (#5.2.2)\n")).contains("Action: delayed\nStatus: 4.2.2\n");
        assertThat(status(Action.RELAYED, "2001:db8::1 accepted message.\nRemote host said: 250 2.6.0 ok\n"))
                .isEqualTo("""

                        Final-Recipient: rfc822; a@x
                        Action: relayed
                        Status: 2.6.0
                        Remote-MTA: dns; [IPv6:2001:db8::1]
                        Diagnostic-Code: smtp; 250 2.6.0 ok
                        """);
        assertThat(status(Action.DELIVERED, "")).endsWith("Action: delivered\nStatus: 2.0.0\n");
    }

    private static String status(Action action, String report) {
        return DeliveryStatus.ofRecipient(new Marks.Outcome(0, action, report, Instant.EPOCH), "a@x", DsnRcpt.NONE);
    }

    @Test
    void anAddressMakesNoHeaderLineOfItsOwn() throws IOException {
        Made made = bounce(SETTINGS, "x\n", "a\nBcc: b@x", "a@x", "no\n");
        assertThat(made.text).contains("\nTo: \"a_Bcc: b\"@x\n").doesNotContain("\nBcc");
    }
}
