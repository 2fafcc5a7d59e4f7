package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.os.Threads;

/** A service that greets with the connection's number and ends when the client has said something or gone. */
@Timeout(60)
class ListenerTest implements Listener.Service {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final AtomicLong serial = new AtomicLong(6);

    @Override
    public void opened(SocketChannel channel, long id, int sessions) {
        told.add("opened " + id + " of " + sessions);
    }

    @Override
    public int run(SocketChannel channel, long id) {
        try {
            channel.socket().getOutputStream().write((int) id);
            return channel.socket().getInputStream().read();
        } catch (IOException e) {
            return 1;
        }
    }

    @Override
    public void closed(long id, int waitStatus, int sessions) {
        told.add("closed " + id + " with " + waitStatus + " leaving " + sessions);
    }

    @Override
    public void failed(IOException why) {
        told.add("failed " + why);
    }

    private Listener serve(int limit) throws IOException {
        return serve(Listener.open(ANY_PORT, 10, limit, serial));
    }

    private Listener serve(Listener listener) {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                listener.serve(this);
                told.add("stopped");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return listener;
    }

    private static Socket connect(Listener listener) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), listener.address().getPort());
    }

    @Test
    void anErrorAtAConnectionEndsNothingElse() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        Listener.Service service = new Listener.Service() {
            @Override
            public void opened(SocketChannel channel, long id, int sessions) {
                if (broken.getAndSet(false)) {
                    throw new OutOfMemoryError("in a test");
                }
            }

            @Override
            public int run(SocketChannel channel, long id) {
                return ListenerTest.this.run(channel, id);
            }

            @Override
            public void failed(IOException why) {
                told.add("failed " + why.getMessage());
            }
        };
        try (Listener listener = Listener.open(ANY_PORT, 10, 40, serial)) {
            Thread serving = Thread.ofPlatform().daemon().start(() -> {
                try {
                    listener.serve(service);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try (Socket lost = connect(listener);
                    Socket served = connect(listener)) {
                assertThat(served.getInputStream().read()).isEqualTo(8);
                assertThat(lost.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(told).containsExactly("failed no thread for a session: in a test");
            assertThat(serving.isAlive()).isTrue();
            assertThat(listener.awaitSessions(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void connectionsAreNumberedAndTold() throws IOException {
        try (Listener listener = serve(40);
                Socket first = connect(listener)) {
            assertThat(first.getInputStream().read()).isEqualTo(7);
            try (Socket second = connect(listener)) {
                assertThat(second.getInputStream().read()).isEqualTo(8);
                second.getOutputStream().write(5);
                assertThat(second.getInputStream().read()).as("its end").isEqualTo(-1);
            }
            await().untilAsserted(() ->
                    assertThat(told).containsExactly("opened 7 of 1", "opened 8 of 2", "closed 8 with 5 leaving 1"));
        }
    }

    @Test
    void atTheLimitTheNextWaitsForAnEnd() throws IOException {
        try (Listener listener = serve(1);
                Socket first = connect(listener);
                Socket second = connect(listener)) {
            assertThat(first.getInputStream().read()).isEqualTo(7);
            first.getOutputStream().write(0);
            assertThat(second.getInputStream().read()).isEqualTo(8);
            assertThat(told).containsExactly("opened 7 of 1", "closed 7 with 0 leaving 0", "opened 8 of 1");
        }
    }

    /** As at the system's limit of tasks: the one place is free again for the next. */
    @Test
    void aConnectionThatGetsNoThreadIsClosedAndTheNextIsServed() throws IOException {
        AtomicBoolean failed = new AtomicBoolean();
        try (Listener listener = serve(Listener.open(ANY_PORT, 10, 1, serial, (name, work) -> {
                    if (!failed.getAndSet(true)) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return Threads.start(name, work);
                }));
                Socket first = connect(listener);
                Socket second = connect(listener)) {
            assertThat(first.getInputStream().read()).isEqualTo(-1);
            assertThat(second.getInputStream().read()).isEqualTo(8);
            assertThat(told)
                    .containsExactly(
                            "opened 7 of 1",
                            "closed 7 with 28416 leaving 0",
                            "failed java.io.IOException: no thread for a session: unable to create native thread",
                            "opened 8 of 1");
        }
    }

    @Test
    void closedItServesNobodyElseAndSessionsFinish() throws IOException, InterruptedException {
        try (Listener listener = serve(40);
                Socket client = connect(listener)) {
            assertThat(client.getInputStream().read()).isEqualTo(7);
            int port = listener.address().getPort();
            listener.close();
            await().until(() -> told.contains("stopped"));
            assertThatExceptionOfType(java.net.ConnectException.class)
                    .isThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close());
            assertThat(listener.awaitSessions(Duration.ofMillis(1))).isFalse();
            client.getOutputStream().write(3);
            assertThat(listener.awaitSessions(Duration.ofSeconds(30))).isTrue();
            assertThat(told).endsWith("closed 7 with 3 leaving 0");
        }
    }

    @Test
    void closedAtTheLimitItStops() throws IOException {
        try (Listener listener = serve(1);
                Socket client = connect(listener)) {
            assertThat(client.getInputStream().read()).isEqualTo(7);
            listener.close();
            await().until(() -> told.contains("stopped"));
        }
    }

    @Test
    void whatIsLeftIsCut() throws IOException, InterruptedException {
        try (Listener listener = serve(40);
                Socket client = connect(listener)) {
            assertThat(client.getInputStream().read()).isEqualTo(7);
            listener.close();
            listener.cut();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(listener.awaitSessions(Duration.ofSeconds(30))).isTrue();
        }
    }

    @Test
    void aPortThatIsTaken() throws IOException {
        try (Listener listener = Listener.open(ANY_PORT, 10, 1, serial)) {
            InetSocketAddress taken = listener.address();
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> Listener.open(taken, 10, 1, serial).close());
        }
    }
}
