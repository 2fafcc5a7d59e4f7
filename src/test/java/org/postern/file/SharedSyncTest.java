package org.postern.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SharedSyncTest {
    @Test
    void thoseWhoComeDuringASyncShareTheNext() throws Exception {
        Semaphore mayGo = new Semaphore(0);
        AtomicInteger syncs = new AtomicInteger();
        SharedSync sync = new SharedSync(
                directorySync(() -> {
                    syncs.incrementAndGet();
                    mayGo.acquireUninterruptibly();
                }),
                Path.of("/"));
        Thread first = start(sync);
        Awaitility.await().until(() -> syncs.get() == 1);
        List<Thread> others = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            others.add(start(sync));
        }
        for (Thread other : others) {
            Awaitility.await().until(() -> other.getState() == Thread.State.WAITING);
        }
        mayGo.release(1);
        first.join();
        Awaitility.await().until(() -> syncs.get() == 2);
        mayGo.release(1);
        for (Thread other : others) {
            other.join();
        }
        assertThat(syncs).hasValue(2);
    }

    @Test
    void allWhoWaitedForAFailedSyncAreToldSo() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Semaphore mayGo = new Semaphore(0);
        AtomicInteger syncs = new AtomicInteger();
        SharedSync sync = new SharedSync(
                directorySync(() -> {
                    begun.countDown();
                    mayGo.acquireUninterruptibly();
                    if (syncs.incrementAndGet() == 2) {
                        throw new IOException("Input/output error");
                    }
                }),
                Path.of("/"));
        Thread first = start(sync);
        begun.await();
        AtomicInteger failed = new AtomicInteger();
        List<Thread> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            others.add(Thread.ofPlatform().start(() -> {
                try {
                    sync.sync();
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            }));
        }
        for (Thread other : others) {
            Awaitility.await().until(() -> other.getState() == Thread.State.WAITING);
        }
        mayGo.release(2);
        first.join();
        for (Thread other : others) {
            other.join();
        }
        assertThat(failed).hasValue(3);
        mayGo.release(1);
        sync.sync();
    }

    @Test
    void theErrorIsThePlainOne() {
        SharedSync sync = new SharedSync(
                directorySync(() -> {
                    throw new IOException("No space left on device");
                }),
                Path.of("/"));
        assertThatThrownBy(sync::sync).hasMessage("No space left on device");
    }

    private static Thread start(SharedSync sync) {
        return Thread.ofPlatform().start(() -> {
            try {
                sync.sync();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private interface Sync {
        void sync() throws IOException;
    }

    private static Disk directorySync(Sync sync) {
        return (Disk) java.lang.reflect.Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("syncDirectory");
                    sync.sync();
                    return null;
                });
    }
}
