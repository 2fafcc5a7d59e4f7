package org.postern.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.tcp.AddressCounts;
import org.postern.tcp.Listener;

/** A service that greets and waits for the client's end, two sessions an address. */
@Timeout(60)
class CrowdedTest implements Listener.Service {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final List<String> log = new CopyOnWriteArrayList<>();

    @Override
    public int run(SocketChannel channel, long id) {
        try {
            channel.socket().getOutputStream().write('+');
            return channel.socket().getInputStream().read();
        } catch (IOException e) {
            return 1;
        }
    }

    @Override
    public void failed(IOException why) {
        log.add("failed " + why);
    }

    private static Socket connect(Listener listener, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(LOOPBACK, listener.address().getPort()));
        return socket;
    }

    @Test
    void theThirdOfAnAddressIsToldAndAnotherAddressIsServed() throws Exception {
        Crowded crowded = new Crowded(this, new AddressCounts(), 2, "421 too many\r\n", "smtp", e -> log.add(e.line()));
        try (Listener listener = Listener.open(new InetSocketAddress(LOOPBACK, 0), 10, 40, new AtomicLong())) {
            Thread.ofPlatform().daemon().start(() -> serve(listener, crowded));
            try (Socket first = connect(listener, "127.0.0.5")) {
                assertThat(first.getInputStream().read()).isEqualTo('+');
                try (Socket second = connect(listener, "127.0.0.5");
                        Socket third = connect(listener, "127.0.0.5")) {
                    assertThat(second.getInputStream().read()).isEqualTo('+');
                    assertThat(new String(third.getInputStream().readAllBytes(), ISO_8859_1))
                            .isEqualTo("421 too many\r\n");
                }
                try (Socket other = connect(listener, "127.0.0.6")) {
                    assertThat(other.getInputStream().read()).isEqualTo('+');
                }
            }
            assertThat(listener.awaitSessions(Duration.ofSeconds(20))).isTrue();
            try (Socket again = connect(listener, "127.0.0.5")) {
                assertThat(again.getInputStream().read()).isEqualTo('+');
            }
        }
        assertThat(log)
                .containsExactly(
                        "smtp 3: refused ip=127.0.0.5: it has 2 sessions already, the most an address may have");
    }

    private static void serve(Listener listener, Listener.Service service) {
        try {
            listener.serve(service);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
