package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class ForeignWorkTest {
    private final ForeignWork work = new ForeignWork("work", 2, Duration.ofMillis(200));

    @Test
    void aPlatformThreadDoesItItself() throws IOException {
        assertThat(work.call(Thread::currentThread)).isSameAs(Thread.currentThread());
    }

    @Test
    void aVirtualThreadHandsItOver() throws Exception {
        Thread did = virtually(() -> work.call(Thread::currentThread));
        assertThat(did.isVirtual()).isFalse();
        assertThat(did.getName()).startsWith("work");
    }

    @Test
    void whoeverDoesItTheFailureIsTheSame() {
        Callable<Object> failing = () -> {
            throw new FileNotFoundException("x");
        };
        assertThatThrownBy(() -> work.call(failing)).isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> virtually(() -> work.call(failing))).isInstanceOf(FileNotFoundException.class);
    }

    @Test
    void whatHangsIsGivenUp() {
        CountDownLatch never = new CountDownLatch(1);
        assertThatThrownBy(() -> virtually(() -> work.call(() -> {
                    never.await();
                    return null;
                })))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no answer");
    }

    @Test
    void noMoreThanSoManyRunAtOnceWhoeverAsks() throws Exception {
        java.util.concurrent.atomic.AtomicInteger running = new java.util.concurrent.atomic.AtomicInteger();
        java.util.concurrent.atomic.AtomicInteger most = new java.util.concurrent.atomic.AtomicInteger();
        ForeignWork patient = new ForeignWork("work", 2, Duration.ofSeconds(60));
        try (var virtual = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor();
                var platform = java.util.concurrent.Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 200; i++) {
                (i % 2 == 0 ? virtual : platform)
                        .submit(() -> patient.call(() -> {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            Thread.yield();
                            return running.decrementAndGet();
                        }));
            }
        }
        assertThat(most.get()).isBetween(1, 2);
        assertThat(running.get()).isZero();
    }

    private static <T> T virtually(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread.ofVirtual().start(future);
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
