package org.postern.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.tcp.IpAddress;

/**
 * Whoever has been allowed is granted, though ageing runs in a loop beside it. Each try first makes the grant an expired
 * one, so that the ageing is always about to remove it.
 */
class DirectoryStoreRaceTest {
    private static final int LOGINS = 4;
    private static final int TRIES = 2_500;
    private static final int SHARED_TRIES = 500;

    @TempDir
    Path scratch;

    private final AtomicBoolean done = new AtomicBoolean();

    @Test
    @Timeout(120)
    void nobodyIsRefusedRightAfterHisLogin() throws Exception {
        assertThat(refusals(login -> () -> {
                    DirectoryStore store = new TestingSpool(scratch).store();
                    return tries(TestingSpool.address("192.0.2." + login), store, login % 2 == 0);
                }))
                .isEmpty();
    }

    @Test
    @Timeout(120)
    void nobodyIsRefusedWhereManyLogInFromOneAddress() throws Exception {
        IpAddress shared = TestingSpool.address("2001:db8::7");
        assertThat(refusals(login -> () -> {
                    DirectoryStore store = new TestingSpool(scratch).store();
                    List<String> refusals = new ArrayList<>();
                    for (int i = 0; i < SHARED_TRIES; i++) {
                        if (!(store.allow(shared, new Holder("user" + (login + i) % 3, null))
                                        instanceof Allowed.Written)
                                || !(store.check(shared) instanceof Verdict.Granted)) {
                            refusals.add("try " + i + ": " + store.check(shared));
                        }
                    }
                    return refusals;
                }))
                .isEmpty();
        TestingSpool spool = new TestingSpool(scratch);
        assertThat(spool.addresses()).containsExactly("2001:db8::7");
        assertThat(spool.names()).as("one in its place, and one for each user").hasSizeLessThanOrEqualTo(1 + 3);
    }

    private interface Login {
        Callable<List<String>> number(int login);
    }

    private List<String> refusals(Login login) throws Exception {
        List<String> refusals = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            Future<Integer> ageing = threads.submit(this::ageInALoop);
            Future<Integer> more = threads.submit(this::ageInALoop);
            List<Future<List<String>>> logins = new ArrayList<>();
            for (int i = 0; i < LOGINS; i++) {
                logins.add(threads.submit(login.number(i)));
            }
            try {
                for (Future<List<String>> l : logins) {
                    refusals.addAll(l.get());
                }
            } finally {
                done.set(true);
            }
            assertThat(ageing.get() + more.get()).as("rounds of ageing").isGreaterThan(100);
        }
        return refusals;
    }

    private int ageInALoop() throws IOException {
        DirectoryStore store = new TestingSpool(scratch).store();
        int rounds = 0;
        while (!done.get()) {
            assertThat(store.age().trouble()).isNull();
            rounds++;
        }
        return rounds;
    }

    private List<String> tries(IpAddress address, DirectoryStore store, boolean sameContent) throws IOException {
        TestingSpool spool = new TestingSpool(scratch);
        List<String> refusals = new ArrayList<>();
        for (int i = 0; i < TRIES; i++) {
            try {
                TestingSpool.ago(
                        spool.file(address.toString()), Duration.ofHours(1).toSeconds());
            } catch (NoSuchFileException e) {
                // The ageing of the last try's; or the first try.
            }
            store.allow(address, new Holder(sameContent ? "joe" : "joe" + i, null));
            if (!(store.check(address) instanceof Verdict.Granted)) {
                refusals.add(address + " try " + i + ": " + store.check(address));
            }
        }
        return refusals;
    }
}
