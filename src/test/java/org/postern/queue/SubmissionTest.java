package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.file.Disk;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

/** The owner's side of a submission, without a socket: what the submitter sends is a text. */
@Timeout(60)
class SubmissionTest {
    private static final int UID = 1001;
    private static final String GOOD = "submit local\n13:Subject: t\n\nb,1:\n,0:,9:Fs@x\0Ta@y,5:\0Tb@z,1:\0,0:,";

    @TempDir
    private Path scratch;

    private TestingQueue files;
    private Queue queue;
    private String text = "";
    private final LargeEnvelopes largeEnvelopes = new LargeEnvelopes();

    @BeforeEach
    void open() throws IOException {
        files = new TestingQueue(scratch.resolve("q"), Disk.real());
        queue = files.open();
    }

    @AfterEach
    void nothingStays() throws IOException {
        queue.close();
        try (Queue again = files.open()) {
            assertThat(again.found()).isEmpty();
        }
    }

    /** What the submitter is told behind the greeting. */
    private String told(TestingWire wire) throws IOException {
        new Submission(queue, largeEnvelopes, UID).run(new Connection(wire));
        assertThat(wire.output()).startsWith("P1 ready\n");
        return wire.output().substring("P1 ready\n".length());
    }

    private String told(String sent) throws IOException {
        return told(TestingWire.sending(sent));
    }

    /** It was no submission: nothing is said, nothing stays. */
    private void nothingComesOf(String sent) throws IOException {
        TestingWire wire = TestingWire.sending(sent);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new Submission(queue, largeEnvelopes, UID).run(new Connection(wire)));
        assertThat(wire.output()).isEqualTo("P1 ready\n");
        assertThat(queue.nextArrival()).isNull();
    }

    private QueuedMessage arrived() throws IOException {
        MessageName name = queue.nextArrival();
        assertThat(name).isNotNull();
        QueuedMessage message = queue.read(name);
        text = TestingQueue.text(message);
        queue.remove(name, false);
        return message;
    }

    private void assertGoodArrived(String answer) throws IOException {
        MessageName name = queue.nextArrival();
        assertThat(answer).isEqualTo("queued " + name.id() + "\n");
        QueuedMessage message = queue.read(name);
        assertThat(TestingQueue.text(message))
                .matches("Received: \\(qmail " + name.id() + " invoked by uid 1001\\); .* -0000\nSubject: t\n\nb\n");
        assertThat(message.sender()).isEqualTo("s@x");
        assertThat(message.uid()).isEqualTo(UID);
        assertThat(message.recipientCount()).isEqualTo(2);
        queue.remove(name, false);
    }

    @Test
    void aMessageIsQueued() throws IOException {
        assertGoodArrived(told(GOOD));
    }

    @Test
    void cutAnywhereItIsTheSame() throws IOException {
        for (int place = 0; place <= GOOD.length(); place++) {
            assertGoodArrived(told(TestingWire.cutAt(GOOD, place)));
        }
    }

    @Test
    void endedAnywhereNothingComesOfIt() throws IOException {
        for (int length = 0; length < GOOD.length(); length++) {
            nothingComesOf(GOOD.substring(0, length));
        }
    }

    @Test
    void silentAnywhereNothingComesOfIt() {
        for (int length = 0; length < GOOD.length(); length++) {
            TestingWire wire = TestingWire.hangingAfter(GOOD.substring(0, length));
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> new Submission(queue, largeEnvelopes, UID).run(new Connection(wire)));
            assertThat(queue.nextArrival()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "submit\n",
                "submit bounce\n0:,3:F\0Ta\0,0:,",
                "submit LOCAL\n0:,2:F\0,0:,",
                "GET / HTTP/1.1\r\n\r\n",
                "submit local\n:,",
                "submit local\n-1:,",
                "submit local\n1 :a,",
                "submit local\n0000000000:,",
                "submit local\n9999999999:a",
                "submit local\n1:a;0:,",
                "submit local\n0:;",
                "submit local\n0:,0",
            })
    void whatIsNoSubmissionIsHungUpOn(String sent) throws IOException {
        nothingComesOf(sent);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0:,",
                "3:F\0T,0:,",
                "3:Ta\0,0:,",
                "5:F\0Xa\0,0:,",
                "4:F\0\0\0,0:,",
                "8:F\0Ta\0F\0\0,0:,",
                "3:F\0\0,0:,",
                "2:\0\0,0:,",
            })
    void anEnvelopeOfAnotherFormIs91(String envelope) throws IOException {
        assertThat(told("submit local\n1:a,0:," + envelope)).isEqualTo("refused 91\n");
        assertThat(queue.nextArrival()).isNull();
    }

    @Test
    void whatTheSubmitterSaysOfHimselfInTheEnvelopeCountsNothing() throws IOException {
        String envelope = "t1\0u0\0q77\0onetwork\0b5-0123456789abcdef\0Fs@x\0Ta@y\0";
        String answer = told("submit local\n1:a,0:," + envelope.length() + ":" + envelope + ",0:,");
        QueuedMessage message = arrived();
        assertThat(message.uid()).isEqualTo(UID);
        assertThat(answer).isEqualTo("queued " + message.name().id() + "\n");
        assertThat(text).contains("invoked by uid 1001)");
        assertThat(message.about()).isEmpty();
    }

    @Test
    void theNetworkIsBelievedOfTheTrustedOnly() throws IOException {
        told(GOOD.replace("local", "network"));
        arrived();
        assertThat(text).contains("invoked by uid 1001)");
        new Submission(queue, largeEnvelopes, 0)
                .run(new Connection(TestingWire.sending(GOOD.replace("local", "network"))));
        arrived();
        assertThat(text).contains("invoked from network)");
    }

    @Test
    void anEnvelopeOfMoreThan16MegabytesIs31() throws IOException {
        String address = "T" + "a".repeat(998) + "\0";
        StringBuilder sent = new StringBuilder("submit local\n1:a,0:,2:F\0,");
        for (int i = 0; i < (16 << 20) / 1000 + 10; i++) {
            sent.append("1000:").append(address).append(',');
        }
        assertThat(told(sent.append("0:,").toString())).isEqualTo("refused 31\n");
        assertThat(queue.nextArrival()).isNull();
        assertThat(largeEnvelopes.isFree()).isTrue();
    }

    /** With the owner's fields it must still be one that can be read. */
    @Test
    void theLargestEnvelopeThatIsTakenCanBeRead() throws IOException {
        StringBuilder sent = new StringBuilder("submit local\n1:a,0:,2:F\0,");
        for (int left = StoredEnvelope.MAX_SUBMITTED - 2; left > 0; left -= 1000) {
            int length = Math.min(1000, left);
            sent.append(length).append(":T").append("a".repeat(length - 2)).append("\0,");
        }
        assertThat(told(sent.append("0:,").toString())).startsWith("queued ");
        arrived();
    }

    @Test
    void anyUidIsReadAgain() throws IOException {
        new Submission(queue, largeEnvelopes, -3).run(new Connection(TestingWire.sending(GOOD)));
        arrived();
        assertThat(text).contains("invoked by uid 4294967293)");
    }

    @Test
    void oneUserHasOneLargeEnvelopeAtATime() throws InterruptedException {
        assertThat(largeEnvelopes.enter(1, java.time.Duration.ZERO)).isTrue();
        assertThat(largeEnvelopes.enter(1, java.time.Duration.ofHours(1))).isFalse();
        assertThat(largeEnvelopes.enter(2, java.time.Duration.ZERO)).isFalse();
        largeEnvelopes.leave(1);
        assertThat(largeEnvelopes.enter(2, java.time.Duration.ZERO)).isTrue();
        largeEnvelopes.leave(2);
        assertThat(largeEnvelopes.isFree()).isTrue();
    }

    @Test
    void aFullDiskIs53() throws IOException {
        queue.close();
        org.postern.file.TestingDisk disk = new org.postern.file.TestingDisk();
        files = new TestingQueue(scratch.resolve("full"), disk);
        queue = files.open();
        disk.fault((operation, file) -> operation.equals("write") ? new IOException("No space left on device") : null);
        assertThat(told(GOOD)).isEqualTo("refused 53\n");
        assertThat(queue.nextArrival()).isNull();
    }

    /** Octets changed, taken out, put in: it is queued as told, or nothing is. */
    @Test
    void fuzz() throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 1_000; round++) {
            StringBuilder sent = new StringBuilder(GOOD);
            for (int change = random.nextInt(1, 4); change > 0; change--) {
                int at = random.nextInt(sent.length());
                char octet = ",:0\0FT\n1"
                        .concat(String.valueOf((char) random.nextInt(256)))
                        .charAt(random.nextInt(9));
                switch (random.nextInt(3)) {
                    case 0 -> sent.setCharAt(at, octet);
                    case 1 -> sent.insert(at, octet);
                    default -> sent.deleteCharAt(at);
                }
            }
            TestingWire wire = TestingWire.sending(sent.toString());
            try {
                new Submission(queue, largeEnvelopes, UID).run(new Connection(wire));
                if (wire.output().contains("queued ")) {
                    arrived();
                }
            } catch (IOException e) {
                assertThat(wire.output()).as(sent.toString()).isEqualTo("P1 ready\n");
            }
            assertThat(queue.nextArrival()).as(sent.toString()).isNull();
        }
        assertThat(largeEnvelopes.isFree()).isTrue();
    }

    @Test
    void everyOctetPasses() throws IOException {
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 256; c++) {
            all.append(c);
        }
        String octets = all.toString().repeat(100);
        told("submit local\n" + octets.length() + ":" + octets + ",0:,3:F\u00e9\0,3:T\u00ff\0,0:,");
        QueuedMessage message = arrived();
        assertThat(text).endsWith("\n" + octets);
        assertThat(message.sender()).isEqualTo("\u00e9");
    }
}
