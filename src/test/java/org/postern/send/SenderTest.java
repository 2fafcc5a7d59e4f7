package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.queue.TestingQueue.submit;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.DestinationLimit;
import org.postern.config.Place;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.mail.DeliveryResult;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.Selection;
import org.postern.queue.TestingQueue;

@Timeout(60)
class SenderTest {
    private static final String TEXT = "Subject: t\n\nbody\n";
    private static final SendSettings SETTINGS = SendSettings.defaults("hoge.example.com");
    private static final DeliveryResult.Bounced NO_MAILBOX =
            new DeliveryResult.Bounced("Sorry, no mailbox here by that name. (#5.1.1)\n");

    @TempDir
    private Path scratch;

    private final TestingDeliverer remote = TestingDeliverer.accepting("accepted\n");

    private TestingSender start(SendSettings settings, TestingDeliverer local) throws IOException {
        return new TestingSender(scratch.resolve("q"), Disk.real(), settings, local, remote);
    }

    private static long id(Intake.Outcome outcome) {
        return ((Intake.Outcome.Queued) outcome).id();
    }

    @Test
    void whatIsDroppedIsDeliveredAndGone() throws IOException {
        TestingDeliverer local = TestingDeliverer.accepting("did 1+0+0\n");
        try (TestingSender s = start(SETTINGS, local)) {
            long id = id(submit(s.files.drop(), TEXT, "s@x.example", "ptest@hoge.example.com", "x@far.example"));
            s.awaitLog("end msg " + id);
            assertThat(local.recipients()).containsExactly("ptest@hoge.example.com");
            assertThat(remote.recipients()).containsExactly("x@far.example");
            assertThat(remote.copies.getFirst().text()).endsWith(TEXT);
            assertThat(s.files.messages()).isEmpty();
            assertThat(s.files.names("marks")).isEmpty();
            assertThat(s.files.names("drop")).isEmpty();
        }
    }

    @Test
    void aMessageToNobodyEndsAtOnce() throws IOException {
        try (TestingSender s = start(SETTINGS, TestingDeliverer.accepting(""))) {
            long id = id(submit(s.files.drop(), TEXT, "s@x"));
            s.awaitLog("end msg " + id);
        }
    }

    @Test
    void everyDeliveryHasAnIdThatStaysTheSame() throws IOException {
        List<String> ids = java.util.Collections.synchronizedList(new ArrayList<>());
        AtomicInteger calls = new AtomicInteger();
        TestingDeliverer local = new TestingDeliverer(d -> {
            ids.add(d.deliveryId());
            return calls.incrementAndGet() < 3
                    ? new DeliveryResult.Deferred("later\n")
                    : new DeliveryResult.Delivered("ok\n");
        });
        try (TestingSender s = start(SETTINGS, local)) {
            submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@hoge.example.com");
            Awaitility.await().until(() -> {
                s.sender.retryAll();
                return s.files.messages().isEmpty();
            });
            assertThat(ids).hasSize(3).containsOnly(ids.getFirst());
            assertThat(ids.getFirst()).matches("[0-9]+-[0-9a-f]{16}\\.0");
        }
    }

    @Test
    void aDeferredMessageIsTriedWhenItsTimeHasCome() throws IOException {
        TestingDeliverer local = new TestingDeliverer(d -> new DeliveryResult.Deferred("later\n"));
        try (TestingSender s = start(SETTINGS, local)) {
            submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@hoge.example.com");
            s.awaitLog("delivery 1: deferral: later/");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(s.log().getLast()).isEqualTo("status: local 0/10 remote 0/20"));
            s.files.clock.advance(Duration.ofSeconds(90));
            s.sender.wake();
            s.files.clock.advance(Duration.ofSeconds(30));
            s.sender.wake();
            s.awaitLog("delivery 2: deferral: later/");
            assertThat(local.tries).hasSize(2);
        }
    }

    @Test
    void whatIsTooOldIsGivenUpAndBounced() throws IOException {
        TestingDeliverer local = new TestingDeliverer(d -> d.recipient().startsWith("a@")
                ? new DeliveryResult.Deferred("Mailbox is full. (#4.2.2)\n")
                : new DeliveryResult.Delivered("ok\n"));
        try (TestingSender s = start(SETTINGS, local)) {
            submit(s.queue.intake(Origin.LOCAL), TEXT, "s@hoge.example.com", "a@hoge.example.com");
            s.awaitLog("delivery 1: deferral: Mailbox_is_full._(#4.2.2)/");
            Awaitility.await().until(() -> s.files.messages().size() == 1);
            s.files.clock.advance(Duration.ofDays(8));
            Awaitility.await().until(() -> {
                s.sender.retryAll();
                return s.log().stream().anyMatch(l -> l.startsWith("delivery 2:"));
            });
            s.awaitLog("delivery 2: failure: Mailbox_is_full._(#4.2.2)/I'm_not_going_to_try_again;"
                    + "_this_message_has_been_in_the_queue_too_long./");
            s.awaitEmpty();
            assertThat(local.copies).singleElement().satisfies(copy -> {
                assertThat(copy.recipient()).isEqualTo("s@hoge.example.com");
                assertThat(copy.sender()).isEmpty();
                assertThat(copy.text()).contains("Status: 5.2.2\n");
            });
        }
    }

    @Test
    void aBounceThatBouncesGoesToThePostmasterAndThenNowhere() throws IOException {
        TestingDeliverer local = new TestingDeliverer(d -> NO_MAILBOX);
        try (TestingSender s = start(SETTINGS, local)) {
            submit(s.files.drop(), TEXT, "nosuch3@hoge.example.com", "nosuch@hoge.example.com");
            s.awaitEmpty();
            assertThat(local.tries)
                    .containsExactly(
                            "nosuch@hoge.example.com from nosuch3@hoge.example.com",
                            "nosuch3@hoge.example.com from ",
                            "postmaster@hoge.example.com from #@[]");
            assertThat(s.log()).anyMatch(l -> l.matches("triple bounce: discarding bounce/[0-9]+"));
        }
    }

    @Test
    void withDoublebouncetoEmptyADoubleBounceIsDiscarded() throws IOException {
        SendSettings nobody = new SendSettings(
                "me",
                java.util.Set.of("me"),
                java.util.Set.of(),
                java.util.Map.of(),
                10,
                20,
                Duration.ofDays(7),
                "M",
                "me",
                "",
                "me",
                1000,
                Duration.ZERO);
        try (TestingSender s = start(nobody, new TestingDeliverer(d -> NO_MAILBOX))) {
            long id = id(submit(s.files.drop(), TEXT, "", "nosuch@me"));
            s.awaitLog("double bounce: discarding bounce/" + id);
            s.awaitLog("end msg " + id);
        }
    }

    private static final String[] MOVING = {"a@new.example", "b@virtual.example", "c@hoge.example.com"};

    /** Time passes, until nothing is in the queue. */
    private static void whenTheTimeHasComeAllIsSent(TestingSender s) {
        Awaitility.await().until(() -> {
            s.files.clock.advance(Duration.ofSeconds(500));
            s.sender.wake();
            return s.files.messages().isEmpty();
        });
    }

    /** new.example and virtual.example become local, hoge.example.com remote: the reload of {@link TestingSender}. */
    @Test
    void hupChangesTheRoutesOfWhatIsQueued() throws IOException {
        TestingDeliverer local = TestingDeliverer.accepting("ok\n");
        TestingDeliverer deferring = new TestingDeliverer(d -> new DeliveryResult.Deferred("no\n"));
        try (TestingSender s = new TestingSender(scratch.resolve("q"), Disk.real(), SETTINGS, local, deferring)) {
            submit(s.files.drop(), TEXT, "s@x", "a@new.example", "b@virtual.example");
            s.awaitLog("delivery 2: deferral: no/");
            s.sender.reload();
            whenTheTimeHasComeAllIsSent(s);
            assertThat(local.recipients()).containsExactlyInAnyOrder("a@new.example", "owner-b@virtual.example");
        }
    }

    @Test
    void hupMakesRemoteWhatWasLocal() throws IOException {
        TestingDeliverer deferring = new TestingDeliverer(d -> new DeliveryResult.Deferred("no\n"));
        try (TestingSender s = start(SETTINGS, deferring)) {
            submit(s.files.drop(), TEXT, "s@x", "c@hoge.example.com");
            s.awaitLog("delivery 1: deferral: no/");
            s.sender.reload();
            whenTheTimeHasComeAllIsSent(s);
            assertThat(remote.recipients()).containsExactly("c@hoge.example.com");
        }
    }

    @Test
    void routesMayChangeOverACleanStop() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        TestingDeliverer deferring = new TestingDeliverer(d -> new DeliveryResult.Deferred("no\n"));
        try (TestingSender s = new TestingSender(files, SETTINGS, deferring, deferring)) {
            for (String recipient : MOVING) {
                submit(s.files.drop(), TEXT, "s@x", recipient);
            }
            s.awaitLog("delivery 3: deferral: no/");
        }
        TestingDeliverer local = TestingDeliverer.accepting("ok\n");
        SendSettings moved = SETTINGS.withRouting(Set.of("new.example"), Map.of("virtual.example", "owner"));
        try (TestingSender s = new TestingSender(files, moved, local, remote)) {
            whenTheTimeHasComeAllIsSent(s);
            assertThat(local.recipients()).containsExactlyInAnyOrder("a@new.example", "owner-b@virtual.example");
            assertThat(remote.recipients()).containsExactly("c@hoge.example.com");
        }
    }

    @Test
    void aSlowDestinationLeavesRoomForTheOthers() throws IOException {
        Semaphore slow = new Semaphore(0);
        TestingDeliverer sluggish = new TestingDeliverer(d -> {
            if (d.recipient().endsWith("@slow.example")) {
                slow.acquireUninterruptibly();
            }
            return new DeliveryResult.Delivered("ok\n");
        });
        try (TestingSender s = new TestingSender(
                scratch.resolve("q"), Disk.real(), SETTINGS, TestingDeliverer.accepting(""), sluggish)) {
            for (int i = 0; i < 200; i++) {
                submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", i + "@slow.example");
            }
            Awaitility.await().until(() -> sluggish.tries.size() == 8);
            long id = id(submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@quick.example"));
            s.awaitLog("end msg " + id);
            assertThat(sluggish.tries).hasSize(9);
            slow.release(200);
            s.awaitEmpty();
            assertThat(sluggish.copies).hasSize(201);
        }
    }

    @Test
    void aMessageToManyIsDeliveredInPortions() throws IOException {
        String[] recipients = new String[1000];
        for (int i = 0; i < recipients.length; i++) {
            recipients[i] = "u" + i + "@" + (i % 3 == 0 ? "hoge.example.com" : "far" + i % 7 + ".example");
        }
        TestingDeliverer local = new TestingDeliverer(
                d -> d.recipient().startsWith("u9") ? NO_MAILBOX : new DeliveryResult.Delivered("ok\n"));
        try (TestingSender s = start(SETTINGS, local)) {
            long id = id(submit(s.files.drop(), TEXT, "list-@hoge.example.com-@[]", recipients));
            s.awaitLog("end msg " + id);
            s.awaitEmpty();
            assertThat(local.copies.size() + remote.copies.size()).isEqualTo(1000 - 39 + 1);
            assertThat(remote.tries).contains("u1@far1.example from list-u1=far1.example@hoge.example.com");
            // One bounce for all of them, to the list's own address.
            assertThat(local.copies.stream().filter(c -> c.sender().isEmpty()))
                    .singleElement()
                    .satisfies(bounce -> {
                        assertThat(bounce.recipient()).isEqualTo("list-@hoge.example.com");
                        assertThat(bounce.text().split("Final-Recipient:", -1)).hasSize(40);
                    });
        }
    }

    @Test
    void termLetsDeliveriesEndAndStartsNoMore() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Semaphore go = new Semaphore(0);
        TestingDeliverer local = new TestingDeliverer(d -> {
            begun.countDown();
            go.acquireUninterruptibly();
            return new DeliveryResult.Delivered("ok\n");
        });
        TestingSender s = start(SETTINGS, local);
        submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@hoge.example.com");
        begun.await();
        s.sender.terminate();
        submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "b@hoge.example.com");
        go.release();
        s.close();
        assertThat(local.recipients()).containsExactly("a@hoge.example.com");
        assertThat(s.log()).contains("status: local 1/10 remote 0/20 exitasap").endsWith("status: exiting");
        assertThat(s.files.messages()).hasSize(1);
    }

    @Test
    void aDeliveryThatDoesNotEndIsInterruptedAndTriedAgainNextTime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        TestingDeliverer local = new TestingDeliverer(d -> {
            begun.countDown();
            try {
                new Semaphore(0).acquire();
            } catch (InterruptedException e) {
                return new DeliveryResult.Deferred("interrupted\n");
            }
            return new DeliveryResult.Delivered("ok\n");
        });
        TestingSender s = start(SETTINGS, local);
        submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@hoge.example.com");
        begun.await();
        s.close();
        assertThat(s.log()).contains("delivery 1: deferral: interrupted/").endsWith("status: exiting");
        assertThat(s.files.messages()).hasSize(1);
        assertThat(s.files.names(".")).contains("schedule");
    }

    @Test
    void theScheduleOutlivesAStopAndNothingIsTriedEarly() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        TestingDeliverer local = new TestingDeliverer(d -> new DeliveryResult.Deferred("later\n"));
        try (TestingSender s = new TestingSender(files, SETTINGS, local, remote)) {
            submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@hoge.example.com");
            s.awaitLog("delivery 1: deferral: later/");
        }
        files.log.clear();
        try (TestingSender s = new TestingSender(files, SETTINGS, local, remote)) {
            long id = id(submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "b@far.example"));
            s.awaitLog("end msg " + id);
            assertThat(local.tries).hasSize(1);
            files.clock.advance(Duration.ofSeconds(300));
            s.sender.wake();
            Awaitility.await().until(() -> local.tries.size() == 2);
        }
    }

    @Test
    void aBounceMadeBeforeARestartIsSentOnce() throws IOException {
        TestingDisk disk = new TestingDisk();
        TestingQueue files = new TestingQueue(scratch.resolve("q"), disk);
        TestingDeliverer refusing = new TestingDeliverer(d -> NO_MAILBOX);
        disk.fault((operation, file) -> operation.equals("unlink")
                        && file.getParent().endsWith("mess")
                        && !file.toString().endsWith(".new")
                ? new IOException("Read-only file system")
                : null);
        try (TestingSender s = new TestingSender(files, SETTINGS, refusing, remote)) {
            submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com");
            Awaitility.await().until(() -> s.log().stream().anyMatch(l -> l.startsWith("warning: unable to remove")));
        }
        disk.fault((operation, file) -> null);
        files.log.clear();
        Semaphore slow = new Semaphore(0);
        TestingDeliverer hanging = new TestingDeliverer(d -> {
            slow.acquireUninterruptibly();
            return new DeliveryResult.Delivered("ok\n");
        });
        try (TestingSender s = new TestingSender(files, SETTINGS, TestingDeliverer.accepting("ok\n"), hanging)) {
            Awaitility.await().until(() -> {
                s.files.clock.advance(Duration.ofSeconds(30));
                s.sender.wake();
                return hanging.tries.size() == 1;
            });
            s.files.clock.advance(Duration.ofSeconds(10));
            for (int i = 0; i < 3; i++) {
                long id = id(submit(s.files.drop(), TEXT, "s@x", "b@hoge.example.com"));
                s.awaitLog("end msg " + id);
            }
            assertThat(hanging.tries).hasSize(1);
            slow.release(2);
            s.awaitEmpty();
        }
    }

    @Test
    void theDropIsWatchedWhateverHappens() throws IOException {
        TestingDisk disk = new TestingDisk();
        TestingQueue files = new TestingQueue(scratch.resolve("q"), disk);
        files.open().close();
        java.nio.file.Files.writeString(scratch.resolve("q/drop/.abandoned"), "half");
        files.clock.advance(Duration.ofDays(100_000)); // The file's own time is this machine's.
        disk.fault((operation, file) -> {
            if (file.endsWith(".abandoned")) {
                throw new IllegalStateException("oops");
            }
            return null;
        });
        try (TestingSender s = new TestingSender(files, SETTINGS, TestingDeliverer.accepting("ok\n"), remote)) {
            s.awaitLog("alert: unable to clean drop: java.lang.IllegalStateException: oops");
            long id = id(submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com"));
            s.awaitLog("end msg " + id);
        }
    }

    @Test
    void largeMessagesDoNotWaitForTheNextRound() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        files.open().close();
        String large = TEXT + "0123456789abcdef\n".repeat(70_000);
        for (int i = 0; i < 13; i++) {
            submit(files.drop(), large, "s@x", "a@hoge.example.com");
        }
        // Four at a time, ten seconds apart, would take thirty.
        try (TestingSender s = new TestingSender(files, SETTINGS, TestingDeliverer.accepting("ok\n"), remote)) {
            s.awaitEmpty();
        }
    }

    /** As in qmail: ALRM tries, and leaves hosts alone that did not answer; who asks for a message has it tried there. */
    @Test
    void alrmDoesNotAskForHostsThatDidNotAnswerAndRetryDoes() throws IOException {
        List<Instant> asked = new CopyOnWriteArrayList<>();
        TestingDeliverer later = new TestingDeliverer(d -> {
            asked.add(d.asked());
            return new DeliveryResult.Deferred("later\n");
        });
        try (TestingSender s = new TestingSender(
                scratch.resolve("q"), Disk.real(), SETTINGS, TestingDeliverer.accepting("ok\n"), later)) {
            submit(s.files.drop(), TEXT, "s@x", "a@far");
            s.awaitLog("delivery 1: deferral: later/");
            Awaitility.await().until(() -> waits(s));
            s.sender.retryAll();
            s.awaitLog("delivery 2: deferral: later/");
            Awaitility.await().until(() -> waits(s));
            Instant order = s.files.clock.instant();
            s.sender.control().retry(Selection.ALL);
            s.awaitLog("delivery 3: deferral: later/");
            assertThat(asked).hasSize(3).startsWith(Instant.MIN, Instant.MIN);
            assertThat(asked.getLast()).isAfterOrEqualTo(order);
        }
    }

    /** Nothing is being tried. */
    private static boolean waits(TestingSender s) throws IOException {
        List<QueueControl.State> states = new ArrayList<>();
        s.sender.control().list(Selection.ALL, (_, state, _) -> states.add(state));
        return states.stream().allMatch(QueueControl.State.Waiting.class::isInstance);
    }

    @Test
    void aDelivererThatThrowsDefers() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        TestingDeliverer local = new TestingDeliverer(d -> {
            if (calls.incrementAndGet() == 1) {
                throw new IllegalStateException("oops");
            }
            throw new OutOfMemoryError("Java heap space");
        });
        try (TestingSender s = start(SETTINGS, local)) {
            submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com");
            s.awaitLog("delivery 1: deferral: Unexpected_trouble:_java.lang.IllegalStateException:_oops._(#4.3.0)/");
            submit(s.files.drop(), TEXT, "s@x", "b@hoge.example.com");
            s.awaitLog("delivery 2: deferral: Unexpected_trouble:_"
                    + "java.lang.OutOfMemoryError:_Java_heap_space._(#4.3.0)/");
        }
    }

    @Test
    void anAccountThatCannotBeKeptLosesNoDelivery() throws IOException {
        TestingDisk disk = new TestingDisk();
        TestingDeliverer refusing = new TestingDeliverer(d -> NO_MAILBOX);
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, refusing, remote)) {
            disk.fault((operation, file) -> {
                if (file.getParent().endsWith("marks")) {
                    throw new OutOfMemoryError("Java heap space");
                }
                return null;
            });
            long id = id(submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com"));
            s.awaitLog("starting delivery 1: msg " + id + " to local a@hoge.example.com");
            s.awaitLog("alert: unable to keep account of delivery 1: java.lang.OutOfMemoryError: Java heap space;"
                    + " will try again later");
            s.awaitLog("alert: unable to close msg " + id + ": java.lang.OutOfMemoryError: Java heap space;"
                    + " will try again later");
            assertThat(s.log()).contains("status: local 0/10 remote 0/20");
            disk.fault((operation, file) -> null);
            whenTheTimeHasComeAllIsSent(s);
        }
    }

    @Test
    void whenMarksCannotBeWrittenNothingIsDeliveredTwice() throws IOException {
        TestingDisk disk = new TestingDisk();
        TestingDeliverer local = TestingDeliverer.accepting("ok\n");
        AtomicInteger later = new AtomicInteger();
        TestingDeliverer far = new TestingDeliverer(d -> later.incrementAndGet() < 3
                ? new DeliveryResult.Deferred("later\n")
                : new DeliveryResult.Delivered("ok\n"));
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, local, far)) {
            disk.fault((operation, file) -> file.getParent().endsWith("marks") || file.endsWith("marks")
                    ? new IOException("No space left on device")
                    : null);
            submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com", "b@far.example");
            Awaitility.await().until(() -> {
                s.sender.retryAll();
                return s.files.messages().isEmpty() && s.files.names("drop").isEmpty();
            });
            assertThat(local.tries).hasSize(1);
            assertThat(later).hasValue(3);
            assertThat(s.log())
                    .anyMatch(l -> l.startsWith("warning: trouble marking marks/")
                            && l.endsWith(": out of disk space; will try again later"));
        }
    }

    @Test
    void theBounceComesThoughItsMarksCouldNotBeMade() throws IOException {
        TestingDisk disk = new TestingDisk();
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, refusingAllBut("s"), remote)) {
            disk.fault((operation, file) ->
                    file.getParent().endsWith("marks") ? new IOException("No space left on device") : null);
            submit(s.files.drop(), TEXT, "s@hoge.example.com", "a@hoge.example.com");
            Awaitility.await()
                    .until(() -> s.log().stream().anyMatch(l -> l.startsWith("warning: trouble injecting bounce")));
            disk.fault((operation, file) -> null);
            awaitBounce(s);
        }
    }

    @Test
    void theBounceComesThoughTheRemovalOfTheMessageCouldNotBeSynced() throws IOException {
        TestingDisk disk = new TestingDisk();
        AtomicInteger removals = new AtomicInteger();
        AtomicInteger failing = new AtomicInteger(2);
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, refusingAllBut("s"), remote)) {
            disk.fault((operation, file) -> {
                removals.addAndGet(
                        operation.equals("unlink") && file.getParent().endsWith("mess") ? 1 : 0);
                return operation.equals("syncdir")
                                && file.endsWith("mess")
                                && removals.get() > 0
                                && failing.getAndDecrement() > 0
                        ? new IOException("Input/output error")
                        : null;
            });
            submit(s.files.drop(), TEXT, "s@hoge.example.com", "a@hoge.example.com");
            awaitBounce(s);
            assertThat(failing.get()).isNegative();
        }
    }

    private static TestingDeliverer refusingAllBut(String user) {
        return new TestingDeliverer(d -> d.recipient().startsWith(user + "@")
                ? new DeliveryResult.Delivered("ok\n")
                : new DeliveryResult.Bounced("no\n"));
    }

    private static void awaitBounce(TestingSender s) {
        Awaitility.await().until(() -> {
            s.sender.retryAll();
            return s.files.messages().isEmpty()
                    && s.files.names("drop").isEmpty()
                    && s.log().stream().anyMatch(l -> l.contains(" to local s@hoge.example.com"));
        });
        assertThat(s.log().stream().filter(l -> l.contains(" to local s@"))).hasSize(1);
    }

    @Test
    void whenTheMessageCannotBeRemovedNothingIsDeliveredTwice() throws IOException {
        TestingDisk disk = new TestingDisk();
        TestingDeliverer local = TestingDeliverer.accepting("ok\n");
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, local, remote)) {
            disk.fault((operation, file) ->
                    operation.equals("unlink") && file.getParent().endsWith("mess")
                            ? new IOException("Read-only file system")
                            : null);
            submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com");
            Awaitility.await().until(() -> s.log().stream().anyMatch(l -> l.startsWith("warning: unable to remove")));
            disk.fault((operation, file) -> null);
            Awaitility.await().until(() -> {
                s.sender.retryAll();
                return s.files.messages().isEmpty();
            });
            assertThat(local.tries).hasSize(1);
        }
    }

    @Test
    void aFullDiskLeavesTheMessageInTheDropUntilThereIsRoom() throws IOException {
        TestingDisk disk = new TestingDisk();
        TestingDeliverer local = TestingDeliverer.accepting("ok\n");
        try (TestingSender s = new TestingSender(scratch.resolve("q"), disk, SETTINGS, local, remote)) {
            disk.fault((operation, file) ->
                    operation.equals("write") && file.getParent().endsWith("mess")
                            ? new IOException("No space left on device")
                            : null);
            submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com");
            Awaitility.await()
                    .until(() -> s.log().stream()
                            .anyMatch(
                                    l -> l.startsWith("warning: unable to take ") && l.contains("out of disk space")));
            assertThat(s.files.messages()).isEmpty();
            assertThat(s.files.names("drop")).hasSize(1);
            disk.fault((operation, file) -> null);
            submit(s.files.drop(), TEXT, "s@x", "b@hoge.example.com");
            s.awaitEmpty();
            assertThat(local.recipients()).containsExactlyInAnyOrder("a@hoge.example.com", "b@hoge.example.com");
        }
    }

    @Test
    void anUnreadableMessageIsReportedAndKept() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        files.open().close();
        java.nio.file.Files.writeString(
                scratch.resolve("q/mess/17-00000000000000aa"), "damaged by someone, no footer there at all");
        try (TestingSender s = new TestingSender(files, SETTINGS, TestingDeliverer.accepting(""), remote)) {
            s.awaitLog(
                    "warning: trouble opening mess/17-00000000000000aa: shorter than its footer; will try again later");
            assertThat(files.messages()).hasSize(1);
        }
    }

    /** The same message under many names: as many fsyncs as that would take are not the point. */
    private void fill(TestingQueue files, int count, String... recipients) throws IOException {
        files.open().close();
        Path model = scratch.resolve("model");
        TestingQueue other = new TestingQueue(model, Disk.real());
        try (org.postern.queue.Queue queue = other.open()) {
            submit(queue.intake(Origin.LOCAL), TEXT, "s@x", recipients);
        }
        byte[] octets = java.nio.file.Files.readAllBytes(
                model.resolve("mess").resolve(other.names("mess").getFirst()));
        for (int i = 0; i < count; i++) {
            java.nio.file.Files.write(
                    files.directory.root().resolve("mess/" + (100_000 + i) + "-0000000000000001"), octets);
        }
    }

    @Test
    void aBacklogOfManyDeadDomainsDelaysNobodyElse() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        String[] recipients = new String[Job.PORTION];
        for (int i = 0; i < recipients.length; i++) {
            recipients[i] = "a@far" + i + ".example";
        }
        int messages = Lane.MAX_WAITING / Job.PORTION + 5;
        int all = messages * Job.PORTION;
        fill(files, messages, recipients);
        Semaphore slow = new Semaphore(0);
        TestingDeliverer hanging = new TestingDeliverer(d -> {
            if (d.recipient().endsWith("@good.example")) {
                return new DeliveryResult.Delivered("ok\n");
            }
            slow.acquireUninterruptibly();
            return new DeliveryResult.Deferred("later\n");
        });
        try (TestingSender s = new TestingSender(files, SETTINGS, TestingDeliverer.accepting("ok\n"), hanging)) {
            Awaitility.await().until(() -> hanging.tries.size() == 10);
            long id = id(submit(s.files.drop(), TEXT, "s@x", "a@hoge.example.com"));
            s.awaitLog("end msg " + id);
            for (int i = 0; i < 3; i++) {
                long remote = id(submit(s.files.drop(), TEXT, "s@x", "a@good.example"));
                s.awaitLog("end msg " + remote);
            }
            assertThat(hanging.tries).hasSize(13);
            slow.release(1_000_000);
            // Those that were parked had their turn.
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> hanging.tries.size() == all + 3);
        }
    }

    @Test
    void thousandsThatWaitForADeadHostDelayNobody() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        fill(files, 3000, "a@dead.example");
        Semaphore dead = new Semaphore(0);
        AtomicInteger tries = new AtomicInteger();
        TestingDeliverer hanging = new TestingDeliverer(d -> {
            if (d.recipient().endsWith("@dead.example")) {
                tries.incrementAndGet();
                dead.acquireUninterruptibly();
                return new DeliveryResult.Deferred("later\n");
            }
            return new DeliveryResult.Delivered("ok\n");
        });
        try (TestingSender s = new TestingSender(files, SETTINGS, hanging, hanging)) {
            Awaitility.await().until(() -> tries.get() == 5);
            long id = id(submit(s.files.drop(), TEXT, "s@x", "a@quick.example"));
            s.awaitLog("end msg " + id);
            assertThat(tries).hasValue(5);
            dead.release(1_000_000);
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> tries.get() == 3000);
        }
    }

    @Test
    void whatAnHourHasNoRoomForWaitsWithoutATryAndWithoutADelivery() throws IOException {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        TestingDeliverer remote = TestingDeliverer.accepting("ok\n");
        Places places = domain ->
                domain.equals("limited.example") ? new Place(domain, new DestinationLimit(1, 10)) : Place.of(domain);
        Deliverers deliverers = new Deliverers(TestingDeliverer.accepting("ok\n"), remote, places);
        try (TestingSender s = new TestingSender(files, SETTINGS, deliverers)) {
            for (int i = 0; i < 60; i++) {
                submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@limited.example");
            }
            long list = id(submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "b@limited.example", "a@other.example"));
            Awaitility.await().until(() -> remote.tries.size() == 11);
            long id = id(submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@other.example"));
            s.awaitLog("end msg " + id);
            s.awaitLog("status: local 0/10 remote 0/20");
            s.sender.retryAll();
            assertThat(s.log()).doesNotContain("end msg " + list);
        }
        assertThat(remote.tries).hasSize(12);
        assertThat(files.log).filteredOn(line -> line.startsWith("limit: ")).hasSize(1);
        assertThat(files.log).noneMatch(line -> line.contains("deferral"));
        // The count and the times outlive the stop.
        try (TestingSender s = new TestingSender(files, SETTINGS, deliverers)) {
            long id = id(submit(s.queue.intake(Origin.LOCAL), TEXT, "s@x", "a@other.example"));
            s.awaitLog("end msg " + id);
            assertThat(remote.tries).hasSize(13);
            for (int hour = 0; hour < 6; hour++) {
                files.clock.advance(Duration.ofMinutes(62));
                int tries = 13 + Math.min(51, 10 * (hour + 1));
                s.sender.wake();
                Awaitility.await().until(() -> remote.tries.size() == tries);
            }
            s.awaitEmpty();
        }
        assertThat(remote.copies).hasSize(64);
    }
}
