package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Errno;
import org.postern.os.PeerCredentials;
import org.postern.os.ThisProcess;

/** A listener of the Unix domain, and the wire to it. */
@Timeout(60)
class UnixListenerTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final List<PeerCredentials> peers = new ArrayList<>();

    @TempDir
    private Path dir;

    private Path socket;

    @BeforeEach
    void name() {
        socket = dir.resolve("socket");
    }

    private Listener open(int backlog) throws IOException {
        return Listener.open(socket, 0666, backlog, 10, new AtomicLong());
    }

    /** Says twice what the client says once. */
    private Listener serve() throws IOException {
        Listener listener = open(10);
        Thread.ofPlatform().daemon().start(() -> {
            try {
                listener.serve(new Twice());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return listener;
    }

    private final class Twice implements Listener.Service {
        @Override
        public int run(SocketChannel channel, long id) {
            try {
                peers.add(PeerCredentials.of(channel));
                UnixWire wire = new UnixWire(channel);
                byte[] octets = new byte[100];
                int n = wire.read(octets, 0, octets.length, LIMIT);
                wire.write(octets, 0, n, LIMIT);
                wire.write(octets, 0, n, LIMIT);
                return 0;
            } catch (IOException e) {
                return 1;
            }
        }

        @Override
        public void failed(IOException why) {
            throw new AssertionError(why);
        }
    }

    private void assertServed() throws IOException {
        try (Connection client = new Connection(UnixWire.connect(socket))) {
            client.write("hi\n");
            assertThat(client.readLine(10, LIMIT)).isEqualTo(new Line.Text("hi"));
            assertThat(client.readLine(10, LIMIT)).isEqualTo(new Line.Text("hi"));
            assertThat(client.readLine(10, LIMIT)).isEqualTo(new Line.End());
        }
    }

    @Test
    void whoConnectsIsKnown() throws IOException {
        try (Listener _ = serve()) {
            assertServed();
            assertThat(peers)
                    .containsExactly(new PeerCredentials(
                            (int) ProcessHandle.current().pid(),
                            ThisProcess.identity().uid(),
                            ThisProcess.identity().gid()));
        }
    }

    @Test
    void aTcpSocketHasNoCredentials() throws IOException {
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> PeerCredentials.of(client));
        }
    }

    @Test
    void itsModeIsTheOneGiven() throws IOException {
        try (Listener _ = open(10)) {
            assertThat((int) Files.getAttribute(socket, "unix:mode") & 07777).isEqualTo(0666);
        }
    }

    @Test
    void nobodyThere() {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> UnixWire.connect(socket));
    }

    @Test
    void theSocketOfADeadListenerIsRefusedAndReplaced() throws IOException {
        open(10).close();
        assertThat(socket).exists();
        assertThatThrownBy(() -> UnixWire.connect(socket))
                .isInstanceOfSatisfying(
                        IOException.class, e -> assertThat(Errno.of(e)).isEqualTo(Errno.ECONNREFUSED));
        Files.writeString(dir.resolve("socket.new"), "left by a start that was cut short");
        try (Listener _ = serve()) {
            assertServed();
        }
    }

    @Test
    void whoFindsTheBacklogFullIsRefusedAndDoesNotWait() throws IOException {
        List<UnixWire> waiting = new ArrayList<>();
        try (Listener _ = open(1)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            waiting.add(UnixWire.connect(socket));
                        }
                    })
                    .isInstanceOfSatisfying(
                            IOException.class, e -> assertThat(Errno.of(e)).isEqualTo(Errno.EAGAIN));
            assertThat(waiting).isNotEmpty();
        } finally {
            for (UnixWire wire : waiting) {
                wire.close();
            }
        }
    }

    @Test
    void aPathTooLongIsRefused() {
        socket = dir.resolve("s".repeat(120));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> open(10));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> UnixWire.connect(socket));
    }

    @Test
    void silenceEndsARead() throws IOException {
        try (Listener _ = open(10);
                UnixWire client = UnixWire.connect(socket)) {
            assertThatThrownBy(() -> client.read(new byte[1], 0, 1, Duration.ofMillis(100)))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void whoTakesNothingEndsAWrite() throws IOException {
        try (Listener _ = open(10);
                UnixWire client = UnixWire.connect(socket)) {
            assertThatThrownBy(() -> client.write(new byte[8 << 20], 0, 8 << 20, Duration.ofMillis(100)))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void theEndIsNoTimeOut() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(socket));
                UnixWire client = UnixWire.connect(socket)) {
            try (SocketChannel other = server.accept()) {
                other.write(ByteBuffer.wrap(new byte[] {1}));
            }
            assertThat(client.read(new byte[2], 0, 2, LIMIT)).isEqualTo(1);
            assertThat(client.read(new byte[2], 0, 2, LIMIT)).isEqualTo(-1);
        }
    }
}
