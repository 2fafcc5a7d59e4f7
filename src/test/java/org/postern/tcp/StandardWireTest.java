package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.os.Descriptor;
import org.postern.os.Octets;

class StandardWireTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);

    @Test
    @Timeout(60)
    void afterATimeOutTheNextReadGetsWhatCame() throws IOException {
        try (PipedOutputStream client = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(client)) {
            StandardWire wire = new StandardWire(in, new ByteArrayOutputStream(), -1);
            byte[] into = new byte[8];
            assertThatThrownBy(() -> wire.read(into, 0, 8, SHORT)).isInstanceOf(SocketTimeoutException.class);
            client.write(Octets.bytes("abc"));
            client.flush();
            assertThat(wire.read(into, 0, 1, LONG)).isEqualTo(1);
            assertThat(wire.read(into, 1, 8 - 1, LONG)).isEqualTo(2);
            assertThat(Octets.of(into, 0, 3)).isEqualTo("abc");
            client.close();
            assertThat(wire.read(into, 0, 8, LONG)).isEqualTo(-1);
        }
    }

    /** A client that reads no more, behind somebody else's tcpserver. */
    @Test
    @Timeout(60)
    void aWriteThatNobodyTakesEndsAtItsLimit() throws IOException {
        int[] pipe = Descriptor.pipe();
        try (FileOutputStream out = new FileOutputStream(Descriptor.java(pipe[1]))) {
            StandardWire wire = new StandardWire(InputStream.nullInputStream(), out, pipe[1]);
            byte[] octets = new byte[10_000];
            wire.write(octets, 0, octets.length, SHORT);
            byte[] taken = new byte[20_000];
            assertThat(Descriptor.read(pipe[0], taken)).isEqualTo(octets.length);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1000; i++) {
                            wire.write(octets, 0, octets.length, SHORT);
                        }
                    })
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(Descriptor.isOpen(pipe[1])).as("open behind it").isFalse();
        } finally {
            Descriptor.close(pipe[0]);
        }
    }
}
