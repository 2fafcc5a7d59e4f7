package org.postern.os;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where calls into foreign code run that take long: a password hash, a look-up that may ask an LDAP server. Such a call
 * holds the carrier of a virtual thread, and there are only as many carriers as processors, so a virtual thread hands
 * it to one of a few platform threads. A platform thread makes the call itself: it may carry another user's rights.
 */
final class ForeignWork {
    private static final int MOST_WAITING = 10_000;
    private static final Duration IDLE = Duration.ofSeconds(10);

    private final String what;
    private final Duration limit;
    private final Semaphore turns;
    private final ThreadPoolExecutor threads;

    /**
     * Room for some calls at once. Threads are started when there is work and end when there is none.
     *
     * @param what its name in error texts and thread dumps
     * @param atOnce how many calls run at the same time
     * @param limit how long a caller waits, its turn included
     */
    ForeignWork(String what, int atOnce, Duration limit) {
        this.what = what;
        this.limit = limit;
        this.turns = new Semaphore(atOnce, true);
        this.threads = new ThreadPoolExecutor(
                atOnce,
                atOnce,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING),
                Thread.ofPlatform().daemon().name(what, 1).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** Makes the call and waits for it. */
    <T> T call(Callable<T> work) throws IOException {
        try {
            return Thread.currentThread().isVirtual() ? handOver(() -> inTurn(work)) : inTurn(work);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(what + ": interrupted", e);
        } catch (Exception e) {
            throw new IOException(what + ": " + e, e);
        }
    }

    private <T> T inTurn(Callable<T> work) throws Exception {
        if (!turns.tryAcquire(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IOException(what + ": no turn within " + limit.toSeconds() + " s");
        }
        try {
            return work.call();
        } finally {
            turns.release();
        }
    }

    private <T> T handOver(Callable<T> work) throws Exception {
        Future<T> result;
        try {
            result = threads.submit(work);
        } catch (RejectedExecutionException e) {
            throw new IOException(what + ": more than " + MOST_WAITING + " wait already", e);
        }
        try {
            return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            result.cancel(true);
            throw new IOException(what + ": no answer within " + limit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            result.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }
}
