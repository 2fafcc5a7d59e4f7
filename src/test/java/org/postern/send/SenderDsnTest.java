package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.mail.Action;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Notify;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.Origin;

/** Who is told what (RFC 3461 §5.2). The sender's mailbox is remote, the recipients are local. */
@Timeout(60)
class SenderDsnTest {
    private static final SendSettings SETTINGS = SendSettings.defaults("hoge.example.com");

    @TempDir
    private Path scratch;

    private final TestingDeliverer senders = TestingDeliverer.accepting("accepted\n");

    private TestingDeliverer recipients =
            new TestingDeliverer(d -> switch (d.recipient().charAt(0)) {
                case 'g' -> new DeliveryResult.Delivered("did 1+0+0, secret\n");
                case 'r' ->
                    new DeliveryResult.Delivered(
                            "192.0.2.1 accepted message.\nRemote host said: 250 2.0.0 queued\n", Action.RELAYED);
                case 'p' -> new DeliveryResult.Delivered("192.0.2.2 accepted message.\n", Action.PASSED_ON);
                case 'w' -> new DeliveryResult.Deferred("Mailbox is full. (#4.2.2)\n");
                default -> new DeliveryResult.Bounced("Sorry, no mailbox here by that name. (#5.1.1)\n");
            });

    private TestingSender start(SendSettings settings) throws IOException {
        return new TestingSender(scratch.resolve("q"), Disk.real(), settings, recipients, senders);
    }

    /** @param recipientsAndNotify {@code good NEVER}, or {@code good} alone */
    private static void submit(TestingSender s, String sender, DsnMail mail, String... recipientsAndNotify)
            throws IOException {
        List<String> addresses = new ArrayList<>();
        List<DsnRcpt> wishes = new ArrayList<>();
        for (String each : recipientsAndNotify) {
            String[] parts = each.split(" ", -1);
            addresses.add(parts[0] + "@hoge.example.com");
            wishes.add(
                    parts.length == 1
                            ? DsnRcpt.NONE
                            : new DsnRcpt(
                                    Notify.parse(parts[1]).orElseThrow(),
                                    "rfc822;" + parts[0] + "+2Bx@sender.example"));
        }
        try (Intake.Draft draft = s.queue.intake(Origin.LOCAL).begin()) {
            byte[] text = Octets.bytes("Subject: t\n\nbody\n");
            draft.write(text, 0, text.length);
            assertThat(draft.commit(new Envelope(sender, addresses, mail, wishes)))
                    .isInstanceOf(Intake.Outcome.Queued.class);
        }
    }

    private static void submit(TestingSender s, String... recipientsAndNotify) throws IOException {
        submit(s, "s@far.example", new DsnMail(DsnMail.Ret.UNSPECIFIED, "id+201"), recipientsAndNotify);
    }

    /** No delivery is under way. */
    private static void awaitQuiet(TestingSender s) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(s.log())
                        .filteredOn(line -> line.startsWith("status: "))
                        .last()
                        .isEqualTo("status: local 0/10 remote 0/20"));
    }

    private static void passTime(TestingSender s, Duration time) {
        awaitQuiet(s);
        s.files.clock.advance(time);
        s.sender.wake();
    }

    @Test
    void successIsToldWhereItWasAskedFor() throws IOException {
        try (TestingSender s = start(SETTINGS)) {
            submit(s, "good SUCCESS", "relayed SUCCESS,FAILURE", "passed SUCCESS", "good2", "good3 NEVER");
            s.awaitEmpty();
            assertThat(recipients.copies).hasSize(5);
        }
        assertThat(senders.copies).singleElement().satisfies(notice -> {
            assertThat(notice.sender())
                    .as("nobody hears where it does not arrive")
                    .isEqualTo("#@[]");
            assertThat(notice.recipient()).isEqualTo("s@far.example");
            assertThat(notice.text())
                    .contains("\nSubject: success notice\n")
                    .contains("\n\nOriginal-Envelope-Id: id 1\nReporting-MTA: dns; hoge.example.com\n")
                    .contains("""

                            Original-Recipient: rfc822; good+x@sender.example
                            Final-Recipient: rfc822; good@hoge.example.com
                            Action: delivered
                            Status: 2.0.0
                            Last-Attempt-Date:\s""")
                    .contains("""

                            Original-Recipient: rfc822; relayed+x@sender.example
                            Final-Recipient: rfc822; relayed@hoge.example.com
                            Action: relayed
                            Status: 2.0.0
                            Remote-MTA: dns; [192.0.2.1]
                            Diagnostic-Code: smtp; 250 2.0.0 queued
                            """)
                    .contains("Content-Type: text/rfc822-headers\n", "\nSubject: t\n")
                    .doesNotContain("Hi. This is", "body", "passed@", "good2", "good3", "secret");
        });
    }

    @Test
    void aFailureIsToldUnlessItWasNotAskedFor() throws IOException {
        try (TestingSender s = start(SETTINGS)) {
            submit(s, "x1", "x2 FAILURE,DELAY", "x3 NEVER", "x4 SUCCESS", "x5 DELAY");
            s.awaitEmpty();
        }
        assertThat(senders.copies).singleElement().satisfies(bounce -> {
            assertThat(bounce.sender()).isEmpty();
            assertThat(bounce.text())
                    .contains("\nSubject: failure notice\n", "<x1@hoge.example.com>:\n", "<x2@hoge.example.com>:\n")
                    .contains("Original-Recipient: rfc822; x2+x@sender.example\n")
                    .contains("Content-Type: message/rfc822\n", "\nbody\n")
                    .doesNotContain("x3", "x4", "x5");
        });
    }

    @Test
    void whereNobodyWantsToHearNothingIsSaid() throws IOException {
        try (TestingSender s = start(SETTINGS)) {
            submit(s, "x3 NEVER");
            s.awaitEmpty();
            assertThat(s.log()).noneMatch(line -> line.startsWith("bounce") || line.startsWith("notice"));
        }
        assertThat(senders.copies).isEmpty();
    }

    @Test
    void retHdrsBringsBackTheHeaderAlone() throws IOException {
        try (TestingSender s = start(SETTINGS)) {
            submit(s, "s@far.example", new DsnMail(DsnMail.Ret.HDRS, ""), "x1");
            s.awaitEmpty();
        }
        assertThat(senders.copies.getFirst().text())
                .contains("Content-Type: text/rfc822-headers\n", "\nSubject: t\n")
                .doesNotContain("\nbody\n", "Original-");
    }

    /** RFC 3461 §6.1; a bounce that bounces is the postmaster's as ever, whatever NOTIFY says. */
    @Test
    void theNullSenderIsToldNothing() throws IOException {
        try (TestingSender s = start(SETTINGS.withDelaynotify(Duration.ofSeconds(1)))) {
            submit(s, "", DsnMail.NONE, "good SUCCESS", "x1 NEVER");
            Awaitility.await().until(() -> recipients.tries.contains("postmaster@hoge.example.com from #@[]"));
        }
        assertThat(senders.copies).isEmpty();
    }

    @Test
    void aSuccessIsToldWhileOthersWait() throws IOException {
        try (TestingSender s = start(SETTINGS)) {
            submit(s, "good SUCCESS", "wait");
            Awaitility.await().until(() -> senders.copies.size() == 1);
            passTime(s, Duration.ofMinutes(30));
            s.awaitLog("delivery 4: deferral: Mailbox_is_full._(#4.2.2)/");
            passTime(s, Duration.ofDays(8));
            s.awaitEmpty();
        }
        assertThat(senders.copies)
                .extracting(copy -> copy.text().replaceAll("(?s).*\nSubject: ([^\n]*).*?\n\n.*", "$1"))
                .hasSize(2);
        assertThat(senders.copies.getFirst().text()).contains("\nSubject: success notice\n");
        assertThat(senders.copies.getLast().text())
                .contains("\nSubject: failure notice\n", "<wait@hoge.example.com>")
                .doesNotContain("good");
    }

    @Test
    void aDelayIsToldOnceToWhomItMayBeTold() throws IOException {
        try (TestingSender s = start(SETTINGS.withDelaynotify(Duration.ofHours(4)))) {
            submit(s, "wait1", "wait2 DELAY", "wait3 FAILURE", "wait4 NEVER");
            s.awaitLog("delivery 4: deferral: Mailbox_is_full._(#4.2.2)/");
            passTime(s, Duration.ofHours(1));
            s.awaitLog("delivery 8: deferral: Mailbox_is_full._(#4.2.2)/");
            passTime(s, Duration.ofHours(4));
            s.awaitLog("delivery 12: deferral: Mailbox_is_full._(#4.2.2)/");
            Awaitility.await().until(() -> senders.copies.size() == 1);
            passTime(s, Duration.ofHours(10));
            s.awaitLog("delivery 17: deferral: Mailbox_is_full._(#4.2.2)/");
            awaitQuiet(s);
            assertThat(s.log()).filteredOn(line -> line.endsWith(": delay")).hasSize(1);
        }
        assertThat(senders.copies)
                .singleElement()
                .satisfies(notice -> assertThat(notice.text())
                        .contains("\nSubject: delay notice\n")
                        .contains("I'll go on trying until 1 Dec 2026 ")
                        .contains("""

                        Original-Recipient: rfc822; wait2+x@sender.example
                        Final-Recipient: rfc822; wait2@hoge.example.com
                        Action: delayed
                        Status: 4.2.2
                        Diagnostic-Code: x-qmail; Mailbox is full. (#4.2.2)
                        Last-Attempt-Date: 24 Nov 2026\s""")
                        .contains("\nWill-Retry-Until: 1 Dec 2026 ")
                        .contains("<wait1@")
                        .doesNotContain("wait3", "wait4"));
    }

    @Test
    void byDefaultNoDelayIsTold() throws IOException {
        try (TestingSender s = start(SETTINGS)) {
            submit(s, "wait DELAY");
            s.awaitLog("delivery 1: deferral: Mailbox_is_full._(#4.2.2)/");
            passTime(s, Duration.ofDays(2));
            s.awaitLog("delivery 2: deferral: Mailbox_is_full._(#4.2.2)/");
            passTime(s, Duration.ofDays(2));
            s.awaitLog("delivery 3: deferral: Mailbox_is_full._(#4.2.2)/");
        }
        assertThat(senders.copies).isEmpty();
    }

    /** The message stays until the notice is on disk. */
    @Test
    void aNoticeThatCannotBeWrittenIsWrittenLater() throws IOException {
        TestingDisk disk = new TestingDisk();
        disk.fault((operation, file) ->
                operation.equals("create") && file.toString().endsWith(".new") && !recipients.tries.isEmpty()
                        ? new IOException("No space left on device")
                        : null);
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, recipients, senders)) {
            submit(s, "good SUCCESS");
            Awaitility.await()
                    .until(() -> s.log().stream().anyMatch(line -> line.startsWith("warning: trouble injecting")));
            disk.fault((operation, file) -> null);
            passTime(s, Duration.ofMinutes(3));
            s.awaitEmpty();
        }
        assertThat(recipients.copies).hasSize(1);
        assertThat(senders.copies).hasSize(1);
    }
}
