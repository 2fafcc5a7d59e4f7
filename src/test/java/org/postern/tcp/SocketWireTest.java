package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits of a socket's reads and writes. */
class SocketWireTest {
    private ServerSocketChannel server;
    private SocketChannel client;
    private SocketChannel ours;
    private SocketWire wire;

    @BeforeEach
    void connect() throws IOException {
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        client = SocketChannel.open(server.getLocalAddress());
        ours = server.accept();
        wire = new SocketWire(ours);
    }

    @AfterEach
    void close() throws IOException {
        ours.close();
        client.close();
        server.close();
    }

    @Test
    void aShortLimitEndsARead() {
        assertThatThrownBy(() -> wire.read(new byte[1], 0, 1, Duration.ofMillis(20)))
                .isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void aLimitThatIsWatchedEndsAReadAndTheReplyStillGoesOut() throws Exception {
        // The least that is watched, and so what this test takes.
        assertThatThrownBy(() -> wire.read(new byte[1], 0, 1, TimeWatch.LEAST))
                .isInstanceOf(SocketTimeoutException.class);
        wire.write(new byte[] {'4'}, 0, 1, TimeWatch.LEAST);
        ByteBuffer got = ByteBuffer.allocate(1);
        assertThat(client.read(got)).isEqualTo(1);
        assertThat(got.get(0)).isEqualTo((byte) '4');
    }

    @Test
    void aShortLimitAfterALongOneCounts() throws Exception {
        client.write(ByteBuffer.wrap(new byte[] {'a'}));
        assertThat(wire.read(new byte[1], 0, 1, Duration.ofMinutes(20))).isEqualTo(1);
        assertThatThrownBy(() -> wire.read(new byte[1], 0, 1, Duration.ofMillis(20)))
                .isInstanceOf(SocketTimeoutException.class);
        client.write(ByteBuffer.wrap(new byte[] {'b'}));
        assertThat(wire.read(new byte[1], 0, 1, Duration.ofMinutes(20))).isEqualTo(1);
    }

    @Test
    void theEndIsNoTimeOut() throws Exception {
        client.close();
        assertThat(wire.read(new byte[1], 0, 1, Duration.ofMinutes(20))).isEqualTo(-1);
    }

    @Test
    void aClientThatTakesNothingEndsAWrite() {
        assertThatThrownBy(() -> {
                    byte[] much = new byte[1 << 20];
                    for (int i = 0; i < 64; i++) {
                        wire.write(much, 0, much.length, Duration.ofMillis(100));
                    }
                })
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(ours.isOpen()).isFalse();
    }
}
