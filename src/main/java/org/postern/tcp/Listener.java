package org.postern.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import org.postern.os.Threads;

/**
 * Accepts connections and runs each on a thread of its own. At the limit the next one is not accepted until a
 * session has ended; it waits in the backlog and nobody is turned away.
 */
public final class Listener implements Closeable {
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(50);

    /** The wait(2) status of a session that did not come to its end: exit 111. */
    private static final int NOT_RUN = 111 << 8;

    private final ServerSocketChannel server;
    private final int limit;
    private final AtomicLong serial;
    private final BiFunction<String, Runnable, Thread> threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private int sessions;

    /** What happens with a connection. All but {@link #run} is called one at a time. */
    public interface Service {
        /**
         * A connection was accepted.
         *
         * @param id the connection's serial number
         * @param sessions so many there are now
         */
        default void opened(SocketChannel channel, long id, int sessions) {}

        /**
         * The session, to its end. The channel is closed behind it.
         *
         * @param id the connection's serial number
         * @return the wait(2) status of its end
         */
        int run(SocketChannel channel, long id);

        /** The session has ended; so many there are now. */
        default void closed(long id, int waitStatus, int sessions) {}

        /** A connection could not be accepted, or got no thread: too many descriptors or tasks, say. */
        void failed(IOException why);
    }

    private Listener(
            ServerSocketChannel server, int limit, AtomicLong serial, BiFunction<String, Runnable, Thread> threads) {
        this.server = server;
        this.limit = limit;
        this.serial = serial;
        this.threads = threads;
    }

    /**
     * Binds and listens.
     *
     * @param backlog connections that may wait to be accepted
     * @param limit sessions at a time
     * @param serial gives connections their numbers; listeners of one process share it
     */
    public static Listener open(InetSocketAddress address, int backlog, int limit, AtomicLong serial)
            throws IOException {
        return open(address, backlog, limit, serial, Threads::start);
    }

    /**
     * Listens at a socket of the Unix domain. Whatever has that name is replaced, in one step: the directory must be one
     * in which nobody else can make files, and its owner must know that no other process listens there.
     *
     * @param socket its whole path may have 107 octets, the temporary name's four more included
     * @param mode permission bits, not changed by the umask: connecting takes the right to write
     */
    public static Listener open(Path socket, int mode, int backlog, int limit, AtomicLong serial) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            Path unfinished = socket.resolveSibling(socket.getFileName() + ".new");
            Files.deleteIfExists(unfinished);
            server.bind(UnixDomainSocketAddress.of(unfinished), backlog);
            Files.setAttribute(unfinished, "unix:mode", mode);
            Files.move(unfinished, socket, StandardCopyOption.ATOMIC_MOVE);
            return new Listener(server, limit, serial, Threads::start);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /** @param threads starts a session's thread, given its name */
    static Listener open(
            InetSocketAddress address,
            int backlog,
            int limit,
            AtomicLong serial,
            BiFunction<String, Runnable, Thread> threads)
            throws IOException {
        // Java's own choice is an IPv6 socket for IPv4, too: a foreign program would find ::ffff:192.0.2.1 by
        // getpeername.
        ServerSocketChannel server = ServerSocketChannel.open(
                address.getAddress() instanceof Inet4Address
                        ? StandardProtocolFamily.INET
                        : StandardProtocolFamily.INET6);
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address, backlog);
            return new Listener(server, limit, serial, threads);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /** Where a TCP listener came to listen. */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /**
     * Accepts until {@link #close}, on a thread like those of the sessions: where those are virtual, no change of
     * threads stands between a connection and its session.
     */
    public void serve(Service service) throws InterruptedException {
        Threads.start("accept", () -> accept(service)).join();
    }

    private void accept(Service service) {
        try {
            while (true) {
                awaitRoom();
                try {
                    start(service, server.accept());
                } catch (ClosedChannelException e) {
                    return;
                } catch (IOException e) {
                    service.failed(e);
                    Thread.sleep(PAUSE_AFTER_FAILURE);
                } catch (RuntimeException | Error e) {
                    // Too little memory in this moment, say. A server that accepts nobody any more is no server.
                    Thread.sleep(PAUSE_AFTER_FAILURE);
                    failed(service, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void failed(Service service, Throwable why) {
        try {
            service.failed(new IOException(why));
        } catch (RuntimeException | Error e) {
            // Not even memory to say it.
            return;
        }
    }

    private void awaitRoom() throws InterruptedException {
        lock.lock();
        try {
            while (sessions >= limit && server.isOpen()) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** @throws IOException where the system gives no thread; the connection is closed then */
    private void start(Service service, SocketChannel channel) throws IOException {
        long id = serial.incrementAndGet();
        open.add(channel);
        try {
            opened(service, channel, id);
            Thread _ = threads.apply("session-" + id, () -> session(service, channel, id));
        } catch (RuntimeException | Error e) {
            end(service, channel, id, NOT_RUN);
            throw new IOException("no thread for a session: " + e.getMessage(), e);
        }
    }

    private void opened(Service service, SocketChannel channel, long id) {
        lock.lock();
        try {
            sessions++;
            service.opened(channel, id, sessions);
        } finally {
            lock.unlock();
        }
    }

    private void session(Service service, SocketChannel channel, long id) {
        int status = NOT_RUN;
        try {
            status = service.run(channel, id);
        } finally {
            end(service, channel, id, status);
        }
    }

    private void end(Service service, SocketChannel channel, long id, int status) {
        open.remove(channel);
        try {
            channel.close();
        } catch (IOException e) {
            service.failed(e);
        }
        lock.lock();
        try {
            service.closed(id, status, --sessions);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the sessions under way; false when some are left after the limit. */
    public boolean awaitSessions(Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (sessions > 0 && left > 0) {
                left = changed.awaitNanos(left);
            }
            return sessions == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Cuts the sessions that are left. */
    public void cut() {
        for (SocketChannel channel : open) {
            try {
                channel.close();
            } catch (IOException e) {
                // The session's own read or write tells it.
                continue;
            }
        }
    }

    /** Accepts no more. Sessions go on. */
    @Override
    public void close() throws IOException {
        server.close();
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
