package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;

class DescriptorsTest {
    /** In a chain behind tcpserver it is not this process's standard input, and what was read ahead is not lost. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @Timeout(20)
    void zeroAndOneAreTheConnectionsOwn(int number) throws IOException {
        try (TestingSocket socket = new TestingSocket()) {
            Connection connection = socket.connection();
            socket.send("first\nsecond\n" + "\u00e9".repeat(20_000));
            socket.endInput();
            assertThat(connection.readLine(100, Duration.ofSeconds(10))).isEqualTo(new Line.Text("first"));
            try (InputStream in = new Descriptors(connection, line -> {}).input(number)) {
                assertThat(Octets.of(in.readAllBytes())).isEqualTo("second\n" + "\u00e9".repeat(20_000));
            }
            connection.write("still open");
            connection.flush();
            assertThat(socket.receiveAll()).isEqualTo("still open");
        }
    }
}
