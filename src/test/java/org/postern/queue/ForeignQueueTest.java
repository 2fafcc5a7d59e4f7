package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.mail.Envelope;
import org.postern.os.Descriptor;
import org.postern.os.Identity;
import org.postern.os.Octets;

/** Shell scripts in the place of qmail-queue. */
class ForeignQueueTest {
    private static final Envelope ENVELOPE = new Envelope("a@b", List.of("c@d", "e\u00e9@f"));

    @TempDir
    private Path home;

    private Path program;

    @BeforeEach
    void name() {
        program = home.resolve("qq");
    }

    private ForeignQueue queue(String script) throws IOException {
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return queue("qq", Duration.ofMinutes(1));
    }

    private ForeignQueue queue(String name, Duration patience) throws IOException {
        int uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        return new ForeignQueue(
                name, List.of("PATH=/usr/bin:/bin", "WHO=\u00e9"), home, new Identity(uid, 0, List.of()), patience);
    }

    private static Intake.Outcome send(Intake queue, String text) throws IOException {
        try (Intake.Draft draft = queue.begin()) {
            byte[] octets = Octets.bytes(text);
            for (int at = 0; at < octets.length; at += 8192) {
                draft.write(octets, at, Math.min(8192, octets.length - at));
            }
            return draft.commit(ENVELOPE);
        }
    }

    private String written(String name) throws IOException {
        return Octets.of(Files.readAllBytes(home.resolve(name)));
    }

    @Test
    void itGetsTheMessageOn0AndTheEnvelopeOn1() throws IOException {
        String text = "Subject: \u00e9\0\n\n" + "x".repeat(200_000) + "\n";
        Intake.Outcome outcome = send(queue("cat >message; cat <&1 >envelope; echo $$ >pid"), text);
        assertThat(written("message")).isEqualTo(text);
        assertThat(written("envelope")).isEqualTo("Fa@b\0Tc@d\0Te\u00e9@f\0\0");
        assertThat(outcome)
                .isEqualTo(
                        new Intake.Outcome.Queued(Long.parseLong(written("pid").strip())));
    }

    @Test
    void itHasTheEnvironmentTheDirectoryAndNoOtherDescriptor() throws IOException {
        send(queue("cat >/dev/null; cat <&1 >/dev/null; env >env; pwd >pwd; exec ls /proc/self/fd >fds"), "x\n");
        assertThat(written("env")).contains("WHO=\u00e9\n").doesNotContain("JAVA_HOME");
        assertThat(written("pwd")).isEqualTo(home + "\n");
        assertThat(written("fds").lines()).containsExactly("0", "1", "2", "3"); // 3 is ls's own
    }

    @Test
    void itsExitCodeIsTheOutcome() throws IOException {
        for (int exit : new int[] {1, 11, 31, 53, 91, 120, 255}) {
            assertThat(send(queue("cat >/dev/null; exit " + exit), "x\n")).isEqualTo(new Intake.Outcome.Refused(exit));
        }
    }

    @Test
    void oneThatReadsNothingIsNoDeadlockAndItsExitCodeCounts() throws IOException {
        String large = "x".repeat(1_000_000);
        assertThat(send(queue("exit 31"), large)).isEqualTo(new Intake.Outcome.Refused(31));
        assertThat(send(queue("exit 53"), "x\n")).isEqualTo(new Intake.Outcome.Refused(53));
    }

    @Test
    void oneThatSaysItHasQueuedWhatItNeverReadIsNotBelieved() throws IOException {
        assertThat(send(queue("exec 0<&-; exit 0"), "x".repeat(1_000_000))).isEqualTo(new Intake.Outcome.Refused(54));
    }

    @Test
    void aCrashIsTheNumberOfTheSignal() throws IOException {
        assertThat(send(queue("kill -SEGV $$"), "x\n")).isEqualTo(new Intake.Outcome.Refused(-11));
    }

    @Test
    void whatCannotBeRunIs120AtTheCommit() throws IOException {
        assertThat(send(queue("nosuch", Duration.ofMinutes(1)), "x\n")).isEqualTo(new Intake.Outcome.Refused(120));
        Files.writeString(program, "#!/bin/sh\nexit 0\n");
        assertThat(send(queue("qq", Duration.ofMinutes(1)), "x\n")).isEqualTo(new Intake.Outcome.Refused(120));
        assertThat(send(queue("", Duration.ofMinutes(1)), "x\n")).isEqualTo(new Intake.Outcome.Refused(120));
    }

    @Test
    void aMissingDirectoryIs61() throws IOException {
        ForeignQueue there = queue("exit 0");
        ForeignQueue nowhere = new ForeignQueue(
                there.program(), there.env(), home.resolve("nowhere"), there.identity(), there.patience());
        assertThat(send(nowhere, "x\n")).isEqualTo(new Intake.Outcome.Refused(61));
    }

    @Test
    void aMessageThatIsGivenUpHasNoEnvelope() throws IOException {
        ForeignQueue queue = queue("cat >message; cat <&1 >envelope; mv envelope done");
        try (Intake.Draft draft = queue.begin()) {
            draft.write(Octets.bytes("half"), 0, 4);
        }
        Awaitility.await().until(() -> Files.exists(home.resolve("done")));
        assertThat(written("done")).isEmpty();
    }

    @Test
    void oneThatHangsIsKilledWhetherItReadsOrNot() throws IOException {
        queue("cat >/dev/null; exec sleep 60");
        assertThat(send(queue("qq", Duration.ofMillis(300)), "x\n")).isEqualTo(new Intake.Outcome.Refused(52));
        queue("exec sleep 60");
        assertThat(send(queue("qq", Duration.ofMillis(300)), "x".repeat(1_000_000)))
                .isEqualTo(new Intake.Outcome.Refused(52));
    }

    @Test
    void aGrandchildThatKeepsThePipeOpenHoldsNobodyUp() throws IOException {
        queue("(trap '' TERM; exec sleep 3) & sleep 60");
        assertThat(send(queue("qq", Duration.ofMillis(300)), "x".repeat(1_000_000)))
                .isEqualTo(new Intake.Outcome.Refused(52));
    }

    /** Only root can give another's rights; for anyone else setpriv fails, and so does the message. */
    @Test
    void itRunsWithTheRightsOfTheOneItIsFor() throws IOException {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
        ForeignQueue ours = queue("cat >/dev/null; cat <&1 >/dev/null; id -u >id; id -g >>id; id -G >>id");
        boolean root = ours.identity().isRoot();
        ForeignQueue others = new ForeignQueue(
                ours.program(), ours.env(), home, new Identity(65534, 65533, List.of(65532)), ours.patience());
        Intake.Outcome outcome = send(others, "x\n");
        assertThat(outcome).isInstanceOf(root ? Intake.Outcome.Queued.class : Intake.Outcome.Refused.class);
        if (root) {
            assertThat(written("id")).isEqualTo("65534\n65533\n65533 65532\n");
        }
        ForeignQueue missing = new ForeignQueue("nosuch", ours.env(), home, others.identity(), ours.patience());
        assertThat(send(missing, "x\n")).isEqualTo(new Intake.Outcome.Refused(120));
    }

    @Test
    void manyAtOnceOnVirtualThreadsLeaveNoDescriptorBehind() throws Exception {
        ForeignQueue queue = queue("cat >/dev/null; cat <&1 >/dev/null");
        sendTwenty(queue); // the pollers of virtual threads stay open
        int before = Descriptor.open().size();
        sendTwenty(queue);
        Awaitility.await().until(() -> Descriptor.open().size() <= before);
    }

    private static void sendTwenty(ForeignQueue queue) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Intake.Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                outcomes.add(threads.submit(() -> send(queue, "x".repeat(100_000))));
            }
            for (Future<Intake.Outcome> outcome : outcomes) {
                assertThat(outcome.get()).isInstanceOf(Intake.Outcome.Queued.class);
            }
        }
    }
}
