package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
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

    /** What another user's program has become cannot be read in /proc; then the next one of ours is a process. */
    @Test
    @Timeout(120)
    void withoutTheRightToLookAtAnotherUsersProcessTheChainGoesOn(@TempDir Path empty) throws Exception {
        String nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups "
                + TestingPrograms.links().resolve("envdir") + " " + empty + " id -u";
        Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(said("127.0.0.1", "127.0.0.1", List.of("setpriv", "--bounding-set=-sys_ptrace"), nobody.split(" ")))
                .isEqualTo("65534\n");
    }

    /** 3 is checkpassword's, given by whoever asks it; what else was open stays here. */
    @Test
    @Timeout(120)
    void ofWhatTcpserverWasStartedWithAChildHasDescriptor3() throws Exception {
        String open = "exec \"$@\" 3</etc/hostname 4</etc/hostname";
        String asked = "for n in 3 4 5 6; do [ ! -e /proc/$$/fd/$n ] || echo $n; done";
        assertThat(said("127.0.0.1", "127.0.0.1", List.of("sh", "-c", open, "sh"), "sh", "-c", asked))
                .isEqualTo("3\n");
    }

    /** As to the original's children. */
    @Test
    @Timeout(120)
    void signalsThatNohupIgnoresStayIgnored() throws Exception {
        String asked = "grep SigIgn /proc/self/status";
        assertThat(said("127.0.0.1", "127.0.0.1", List.of("nohup"), asked.split(" ")))
                .matches("SigIgn:\\t[0-9a-f]*[13579bdf]\n");
    }

    private static String said(String host, String address) throws IOException, InterruptedException {
        return said(host, address, List.of(), "python3", "-c", ASK);
    }

    private static String said(String host, String address, List<String> before, String... program)
            throws IOException, InterruptedException {
        int port = freePort();
        Path tcpserver = TestingPrograms.links().resolve("tcpserver");
        List<String> line = new ArrayList<>(before);
        line.addAll(List.of(tcpserver.toString(), "-RHl0", host, Integer.toString(port)));
        line.addAll(List.of(program));
        Process server = new ProcessBuilder(line)
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
