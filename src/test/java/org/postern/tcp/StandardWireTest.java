package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.os.Octets;

class StandardWireTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);

    @Test
    @Timeout(60)
    void afterATimeOutTheNextReadGetsWhatCame() throws IOException {
        try (PipedOutputStream client = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(client)) {
            StandardWire wire = new StandardWire(in, new ByteArrayOutputStream());
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
}
