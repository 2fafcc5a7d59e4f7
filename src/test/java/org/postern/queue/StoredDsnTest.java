package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Notify;
import org.postern.os.Octets;

/** What a sender wants to hear is kept in the envelope. */
@Timeout(60)
class StoredDsnTest {
    private static final Envelope WISHES = new Envelope(
            "s@x",
            List.of("a@x", "b@y", "c@z"),
            new DsnMail(DsnMail.Ret.HDRS, "id+2B1"),
            List.of(
                    new DsnRcpt(Notify.NEVER, ""),
                    DsnRcpt.NONE,
                    new DsnRcpt(Notify.parse("SUCCESS,DELAY").orElseThrow(), "rfc822;c+3D@z")),
            true);

    @TempDir
    private Path scratch;

    private static Intake.Outcome submit(Intake intake, Envelope envelope) throws IOException {
        try (Intake.Draft draft = intake.begin()) {
            draft.write(Octets.bytes("x\n"), 0, 2);
            return draft.commit(envelope);
        }
    }

    private static Envelope read(QueuedMessage message) {
        List<String> recipients = new ArrayList<>();
        List<DsnRcpt> dsn = new ArrayList<>();
        QueuedMessage.Recipients all = message.recipients();
        while (all.next()) {
            recipients.add(all.address());
            dsn.add(all.dsn());
        }
        return new Envelope(message.sender(), recipients, message.dsn(), dsn, message.smtputf8());
    }

    @Test
    void itIsTakenFromTheDropAndFromWithin() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        try (Queue queue = files.open()) {
            submit(files.drop(), WISHES);
            submit(queue.intake(Origin.NETWORK), WISHES);
            assertThat(queue.take()).isEqualTo(1);
            for (int i = 0; i < 2; i++) {
                QueuedMessage message = queue.read(queue.nextArrival());
                assertThat(message.recipientCount()).isEqualTo(3);
                assertThat(read(message)).isEqualTo(WISHES);
            }
        }
    }

    /** A queue that is there already, and one that an earlier Postern reads. */
    @Test
    void withoutWishesTheFileIsAsEver() {
        assertThat(StoredEnvelope.forDrop(Origin.NETWORK, new Envelope("s@x", List.of("a@x", "b@y"))))
                .isEqualTo(Octets.bytes("onetwork\0Fs@x\0Ta@x\0Tb@y\0"));
    }

    @Test
    void theFieldsAreThoseOfTheTable() {
        assertThat(StoredEnvelope.forDrop(Origin.LOCAL, WISHES))
                .isEqualTo(Octets.bytes(
                        "i\0rHDRS\0eid+2B1\0Fs@x\0nNEVER\0Ta@x\0Tb@y\0nSUCCESS,DELAY\0crfc822;c+3D@z\0Tc@z\0"));
    }

    /** Any local user writes into the drop: what stands there comes into header lines of ours. */
    @Test
    void whatNobodyOfOursWritesIsRefused() {
        for (String wrong : List.of(
                "rALL\0Fs@x\0Ta@x\0",
                "ea b\0Fs@x\0Ta@x\0",
                "e+0A\0Fs@x\0Ta@x\0",
                "Fs@x\0nALWAYS\0Ta@x\0",
                "Fs@x\0cjoe\0Ta@x\0",
                "Fs@x\0crfc822;a+0Ab\0Ta@x\0",
                "Fs@x\0Ta@x\0nNEVER\0",
                "Fs@x\0xNEVER\0Ta@x\0",
                "Fs@x\0n",
                "Fs@x\0nNEVER")) {
            assertThat(StoredEnvelope.parse(Octets.bytes(wrong)))
                    .as(wrong.replace('\0', '|'))
                    .isEmpty();
        }
    }
}
