package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.postern.queue.TestingQueue.submit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.mail.DeliveryResult;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.queue.QueueFiles;
import org.postern.queue.Selection;
import org.postern.queue.TestingQueue;

/** What an administrator does with a queue: while a sender runs, and on the files. */
@Timeout(60)
class QueueControlTest {
    private static final String TEXT = "Subject: t\n\nbody\n";
    private static final SendSettings SETTINGS = SendSettings.defaults("hoge.example.com");

    @TempDir
    private Path scratch;

    /** Defers all until it is told to let go. */
    private volatile boolean open;

    private final TestingDeliverer remote = new TestingDeliverer(d -> open
            ? new DeliveryResult.Delivered("accepted\n")
            : new DeliveryResult.Deferred("Connected but greylisted.\n"));
    private final TestingDeliverer local = TestingDeliverer.accepting("did\n");

    private TestingSender start() throws IOException {
        return new TestingSender(scratch.resolve("q"), Disk.real(), SETTINGS, local, remote);
    }

    private TestingQueue files() {
        return new TestingQueue(scratch.resolve("q"), Disk.real());
    }

    private QueueControl resting() {
        TestingQueue files = files();
        return new Resting(new QueueFiles(files.directory), files::open, files.clock);
    }

    private static long put(TestingSender s, String sender, String... recipients) throws IOException {
        return ((Intake.Outcome.Queued) submit(s.queue.intake(Origin.LOCAL), TEXT, sender, recipients)).id();
    }

    private static Selection ids(long... ids) {
        return Selection.of(
                java.util.Arrays.stream(ids).mapToObj(Long::toString).toList(), List.of(), List.of(), List.of());
    }

    private static Selection to(String destination) {
        return Selection.of(List.of(), List.of(), List.of(), List.of(destination));
    }

    /** {@code id state sender recipient,...}, what is finished in brackets. */
    private static List<String> list(QueueControl control, Selection which) throws IOException {
        List<String> lines = new ArrayList<>();
        control.list(which, (message, state, report) -> {
            String word = switch (state) {
                case QueueControl.State.Held _ -> "held";
                case QueueControl.State.UnderWay _ -> "under-way";
                case QueueControl.State.Waiting _ -> "waiting";
            };
            List<String> recipients = java.util.stream.StreamSupport.stream(
                            message.recipients().spliterator(), false)
                    .map(r -> r.finished() ? "(" + r.address() + ")" : r.address())
                    .toList();
            lines.add(message.name().id() + " " + word + " " + message.sender() + " " + String.join(",", recipients));
        });
        return lines;
    }

    private static void awaitList(QueueControl control, String... lines) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> assertThat(list(control, Selection.ALL)).containsExactly(lines));
    }

    @Test
    void aListHasWhoIsLeftAndWhatWasSaid() throws IOException {
        try (TestingSender s = start()) {
            long id = put(s, "s@x.example", "a@hoge.example.com", "b@far.example", "c@far.example");
            awaitList(s.sender.control(), id + " waiting s@x.example (a@hoge.example.com),b@far.example,c@far.example");
            List<String> reports = new ArrayList<>();
            s.sender.control().list(Selection.ALL, (message, state, report) -> reports.add(report));
            assertThat(reports).containsExactly("Connected but greylisted.\n");
        }
        assertThat(list(resting(), Selection.ALL).getFirst())
                .endsWith(" waiting s@x.example (a@hoge.example.com),b@far.example,c@far.example");
    }

    @Test
    void aListIsChosenBySenderRecipientAndDestination() throws IOException {
        try (TestingSender s = start()) {
            long one = put(s, "ann@x.example", "b@far.example");
            long two = put(s, "", "c@near.example");
            awaitList(
                    s.sender.control(), one + " waiting ann@x.example b@far.example", two + " waiting  c@near.example");
            for (QueueControl control : List.of(s.sender.control(), resting())) {
                assertThat(list(control, to("*.EXAMPLE"))).hasSize(2);
                assertThat(list(control, to("near.example")))
                        .singleElement()
                        .asString()
                        .startsWith(two + " ");
                assertThat(list(control, Selection.of(List.of(), List.of("ann@*"), List.of(), List.of())))
                        .singleElement()
                        .asString()
                        .startsWith(one + " ");
                assertThat(list(control, Selection.of(List.of(), List.of("<>"), List.of(), List.of())))
                        .singleElement()
                        .asString()
                        .startsWith(two + " ");
                assertThat(list(control, Selection.of(List.of(), List.of("ann@*"), List.of("c@*"), List.of())))
                        .isEmpty();
                assertThat(list(control, ids(one))).hasSize(1);
            }
        }
    }

    @Test
    void whatIsHeldIsNotTriedAlsoAfterARestartAndGoesWhenReleased() throws IOException {
        long id;
        try (TestingSender s = start()) {
            id = put(s, "s@x.example", "b@far.example");
            s.awaitLog("delivery 1: deferral: Connected_but_greylisted./");
            assertThat(s.sender.control().hold(to("far.example")).messages()).isEqualTo(1);
            assertThat(s.sender.control().hold(to("far.example")).messages()).isZero();
            open = true;
            s.sender.retryAll();
            assertThat(s.sender.control().retry(Selection.ALL)).isEqualTo(new QueueControl.Touched(0, 0, 0, 0, 1));
            awaitList(s.sender.control(), id + " held s@x.example b@far.example");
        }
        try (TestingSender s = start()) {
            s.sender.retryAll();
            long next = put(s, "s@x.example", "later@far.example");
            s.awaitLog("end msg " + next);
            assertThat(remote.recipients()).containsExactly("later@far.example");
            assertThat(list(s.sender.control(), Selection.ALL)).containsExactly(id + " held s@x.example b@far.example");
            assertThat(s.sender.control().release(ids(id)).messages()).isEqualTo(1);
            s.awaitLog("end msg " + id);
            assertThat(s.files.names("held")).isEmpty();
        }
    }

    @Test
    void aHoldWithoutASenderCountsForTheNextOne() throws IOException {
        long id;
        try (TestingSender s = start()) {
            id = put(s, "s@x.example", "b@far.example");
            s.awaitLog("delivery 1: deferral: Connected_but_greylisted./");
        }
        assertThat(resting().hold(ids(id)).messages()).isEqualTo(1);
        open = true;
        try (TestingSender s = start()) {
            s.sender.retryAll();
            assertThat(list(s.sender.control(), Selection.ALL)).containsExactly(id + " held s@x.example b@far.example");
        }
        assertThat(resting().release(ids(id)).messages()).isEqualTo(1);
        assertThat(resting().retry(ids(id)).messages()).isEqualTo(1);
        try (TestingSender s = start()) {
            s.awaitLog("end msg " + id);
        }
    }

    @Test
    void aMessageIsTriedAtOnce() throws IOException {
        try (TestingSender s = start()) {
            long one = put(s, "s@x.example", "a@far.example");
            long two = put(s, "s@x.example", "b@near.example");
            awaitList(
                    s.sender.control(),
                    one + " waiting s@x.example a@far.example",
                    two + " waiting s@x.example b@near.example");
            Awaitility.await().until(() -> remote.tries.size() == 2);
            open = true;
            assertThat(s.sender.control().retry(to("far.example")).messages()).isEqualTo(1);
            s.awaitLog("end msg " + one);
            assertThat(list(s.sender.control(), Selection.ALL)).hasSize(1);
        }
    }

    @Test
    void whatIsDroppedIsGoneAndNobodyIsTold() throws IOException {
        try (TestingSender s = start()) {
            long one = put(s, "s@x.example", "a@far.example");
            long two = put(s, "s@x.example", "b@near.example");
            Awaitility.await().until(() -> remote.tries.size() == 2);
            awaitList(
                    s.sender.control(),
                    one + " waiting s@x.example a@far.example",
                    two + " waiting s@x.example b@near.example");
            assertThat(s.sender.control().drop(ids(one), false)).isEqualTo(new QueueControl.Touched(1, 1, 0, 0, 0));
            assertThat(s.log()).contains("end msg " + one);
            assertThat(list(s.sender.control(), Selection.ALL))
                    .containsExactly(two + " waiting s@x.example b@near.example");
        }
        assertThat(resting().drop(Selection.ALL, false).messages()).isEqualTo(1);
        assertThat(files().names("mess")).isEmpty();
        assertThat(local.copies).isEmpty();
    }

    @Test
    void onlyTheRecipientsThatAreMeantAreDropped() throws IOException {
        try (TestingSender s = start()) {
            long id = put(s, "s@hoge.example.com", "a@far.example", "b@near.example");
            Awaitility.await().until(() -> remote.tries.size() == 2);
            awaitList(s.sender.control(), id + " waiting s@hoge.example.com a@far.example,b@near.example");
            assertThat(s.sender.control().drop(to("far.example"), false))
                    .isEqualTo(new QueueControl.Touched(1, 1, 1, 0, 0));
            assertThat(list(s.sender.control(), Selection.ALL))
                    .containsExactly(id + " waiting s@hoge.example.com (a@far.example),b@near.example");
            assertThat(s.sender.control().drop(to("near.example"), true))
                    .isEqualTo(new QueueControl.Touched(1, 1, 0, 0, 0));
            s.awaitLog("end msg " + id);
            s.awaitEmpty();
        }
        assertThat(local.copies)
                .singleElement()
                .satisfies(bounce -> assertThat(bounce.text())
                        .contains("<b@near.example>:\nSorry, the administrator has removed this message")
                        .doesNotContain("<a@far.example>"));
    }

    @Test
    void withBounceTheSenderIsToldAlsoOfWhatIsHeldAndWithoutASender() throws IOException {
        try (TestingSender s = start()) {
            put(s, "s@hoge.example.com", "a@far.example");
            put(s, "t@hoge.example.com", "a@far.example");
            Awaitility.await().until(() -> remote.tries.size() == 2);
            s.sender.control().hold(Selection.ALL);
            s.sender.control().drop(Selection.of(List.of(), List.of("s@*"), List.of(), List.of()), true);
            Awaitility.await().until(() -> local.copies.size() == 1);
            assertThat(local.copies.getFirst().recipient()).isEqualTo("s@hoge.example.com");
        }
        assertThat(resting().drop(Selection.ALL, true)).isEqualTo(new QueueControl.Touched(1, 1, 0, 0, 0));
        try (TestingSender s = start()) {
            s.awaitEmpty();
        }
        assertThat(local.recipients()).containsExactly("s@hoge.example.com", "t@hoge.example.com");
        assertThat(files().names("held")).isEmpty();
    }

    @Test
    void aDeliveryUnderWayIsNotCutAndWhatWasAskedIsDoneBehindIt() throws IOException {
        CountDownLatch goOn = new CountDownLatch(1);
        TestingDeliverer slow = new TestingDeliverer(d -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new DeliveryResult.Deferred("later\n");
        });
        try (TestingSender s = new TestingSender(scratch.resolve("q"), Disk.real(), SETTINGS, local, slow)) {
            long one = put(s, "s@x.example", "a@far.example");
            long two = put(s, "s@x.example", "b@far.example");
            Awaitility.await().until(() -> slow.tries.size() == 2);
            awaitList(
                    s.sender.control(),
                    one + " under-way s@x.example a@far.example",
                    two + " under-way s@x.example b@far.example");
            assertThat(s.sender.control().hold(ids(one))).isEqualTo(new QueueControl.Touched(1, 0, 0, 1, 0));
            assertThat(s.sender.control().drop(ids(two), false)).isEqualTo(new QueueControl.Touched(1, 0, 0, 1, 0));
            goOn.countDown();
            s.awaitLog("end msg " + two);
            awaitList(s.sender.control(), one + " held s@x.example a@far.example");
            assertThat(slow.tries).hasSize(2);
        }
    }

    @Test
    void whatWasDroppedDuringItsDeliveryIsGoneAtTheStop() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        TestingDeliverer hanging = new TestingDeliverer(d -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new DeliveryResult.Deferred("interrupted\n");
        });
        try (TestingSender s = new TestingSender(scratch.resolve("q"), Disk.real(), SETTINGS, local, hanging)) {
            long one = put(s, "s@x.example", "a@far.example");
            awaitList(s.sender.control(), one + " under-way s@x.example a@far.example");
            assertThat(s.sender.control().drop(ids(one), false).messages()).isEqualTo(1);
        }
        assertThat(files().messages()).isEmpty();
    }

    /** Of 300 recipients a dozen are under way; those that have no delivery yet are taken back. */
    @Test
    void whatIsOpenAndNotUnderWayIsTakenBack() throws IOException {
        CountDownLatch goOn = new CountDownLatch(1);
        TestingDeliverer slow = new TestingDeliverer(d -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new DeliveryResult.Delivered("ok\n");
        });
        String[] many = new String[300];
        java.util.Arrays.setAll(many, i -> "r" + i + "@far.example");
        try (TestingSender s = new TestingSender(scratch.resolve("q"), Disk.real(), SETTINGS, local, slow)) {
            long big = put(s, "s@x.example", many);
            Awaitility.await().until(() -> slow.tries.size() >= 5);
            List<Long> small = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                small.add(put(s, "t@x.example", "t" + i + "@far.example"));
            }
            assertThat(s.sender.control().hold(Selection.ALL).messages()).isEqualTo(6);
            long before = s.log().stream()
                    .filter(line -> line.startsWith("starting delivery"))
                    .count();
            goOn.countDown();
            Awaitility.await()
                    .until(() ->
                            list(s.sender.control(), Selection.ALL).stream().allMatch(line -> line.contains(" held ")));
            assertThat(slow.tries).hasSize((int) before);
            s.sender.control().release(Selection.ALL);
            s.awaitEmpty();
            assertThat(slow.recipients()).hasSize(305).doesNotHaveDuplicates();
            s.awaitLog("end msg " + big);
        }
    }

    @Test
    void aFullDiskHoldsNothingAndSaysSo() throws IOException {
        try (TestingSender s = start()) {
            long id = put(s, "s@x.example", "a@far.example");
            awaitList(s.sender.control(), id + " waiting s@x.example a@far.example");
            Files.delete(s.files.directory.root().resolve("held"));
            assertThatThrownBy(() -> s.sender.control().hold(ids(id))).isInstanceOf(IOException.class);
            awaitList(s.sender.control(), id + " waiting s@x.example a@far.example");
        }
    }

    @Test
    void aQueueThatSomebodySendsFromIsNotTouchedByAnother() throws IOException {
        try (TestingSender s = start()) {
            long id = put(s, "s@x.example", "a@far.example");
            assertThatThrownBy(() -> resting().hold(ids(id))).hasMessageContaining("in use");
        }
    }

    @Test
    void holdsOfMessagesThatAreGoneAreRemovedAtTheStart() throws IOException {
        try (Queue queue = files().open()) {
            submit(queue.intake(Origin.LOCAL), TEXT, "s@x", "a@far.example");
        }
        Path held = scratch.resolve("q/held");
        resting().hold(Selection.ALL);
        assertThat(held).isDirectoryContaining(f -> true);
        Files.createFile(held.resolve("1795486673443094-0123456789abcdef"));
        files().open().close();
        assertThat(files().names("held")).hasSize(1).isEqualTo(files().names("mess"));
    }
}
