package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a foreign program finds when it asks the client's socket itself. */
class TcpserverForeignIT {
    private static final String ASK = "import socket\n"
            + "s = socket.socket(fileno=0)\n"
            + "print(s.family.name, s.getsockname()[0], s.getpeername()[0])\n";

    @ParameterizedTest
    @CsvSource({"0,127.0.0.1,AF_INET", "127.0.0.1,127.0.0.1,AF_INET", "::1,::1,AF_INET6", "::,::1,AF_INET6"})
    @Timeout(120)
    void theSocketIsOfTheFamilyOfTheHost(String host, String address, String family) throws Exception {
        assertThat(said(host, address)).isEqualTo(family + " " + address + " " + address + "\n");
    }

    @Test
    @Timeout(120)
    void anIpv4ClientOfAnIpv6SocketIsMapped() throws Exception {
        assertThat(said("::", "127.0.0.1")).isEqualTo("AF_INET6 ::ffff:127.0.0.1 ::ffff:127.0.0.1\n");
    }

    private static String said(String host, String address) throws IOException, InterruptedException {
        int port = freePort();
        Path tcpserver = TestingPrograms.links().resolve("tcpserver");
        Process server = new ProcessBuilder(
                        tcpserver.toString(), "-RHl0", host, Integer.toString(port), "python3", "-c", ASK)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            AtomicReference<String> said = new AtomicReference<>("");
            await().atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsInstanceOf(ConnectException.class)
                    .failFast("tcpserver has ended", () -> !server.isAlive())
                    .until(() -> {
                        try (Socket client = new Socket(address, port)) {
                            said.set(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
                            return true;
                        }
                    });
            return said.get();
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
