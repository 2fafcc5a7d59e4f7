package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.postern.TestingSideBySide.env;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSideBySide.Client;
import org.postern.TestingSideBySide.Seen;
import org.postern.os.Octets;

/** Our tcpserver beside Debian's ucspi-tcp (0.88): ids, options of the socket, limits, the port, and the end. Runs as root. */
class TcpserverSocketCompatIT {
    private static final String NOBODY = "65534";
    private static final int TERM = 15;

    @TempDir
    private Path dir;

    private TestingSideBySide pair;

    @BeforeAll
    static void patience() {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
        Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
        Awaitility.setDefaultPollDelay(Duration.ZERO);
    }

    @BeforeEach
    void pair() {
        pair = new TestingSideBySide(TestingTcpserver.THEIRS, dir);
    }

    private TestingTcpserver start(int port, String... argv) throws IOException {
        return TestingTcpserver.start(List.of(argv), env(), dir, port).awaitListening();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-u1 -g2", "-g65534", "-u65534", "-u7 -U", "-U -u7x"})
    void ids(String options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("-vRHl0"));
        arguments.addAll(List.of(options.split(" ")));
        arguments.addAll(List.of("127.0.0.1", "PORT", "sh", "-c", "id -u; id -g; id -G"));
        Seen seen = pair.serve(
                        env("UID", NOBODY, "GID", "12"), Client.from("127.0.0.5"), arguments.toArray(String[]::new))
                .alike();
        assertThat(seen.received().getFirst()).matches("(?s)\\d+\n\\d+\n\\d.*");
    }

    /** Who has no right to ids: what is his already is no change. */
    @ParameterizedTest
    @ValueSource(strings = {"-u1", "-g1", "-U", "-u65534", "-g65534"})
    void idsForAnOrdinaryUser(String option) throws IOException {
        pair.both(tcpserver -> {
                    int port = TestingTcpserver.freePort();
                    List<String> argv = List.of(
                            "/usr/bin/setpriv",
                            "--reuid=" + NOBODY,
                            "--regid=" + NOBODY,
                            "--clear-groups",
                            tcpserver,
                            option,
                            "-vRHl0",
                            "127.0.0.1",
                            port + "",
                            "true");
                    try (TestingTcpserver server = TestingTcpserver.start(argv, env("UID", "1", "GID", "1"), dir, port)
                            .awaitListening()) {
                        server.awaitLog(log -> log.endsWith("\n"));
                        boolean serves = server.stderr().contains("status: 0/40");
                        return (serves ? server.stop() : server.ended()) + ": " + server.stdout() + server.stderr();
                    }
                })
                .alike();
    }

    /**
     * The manual says that -O kills IP options and is the default, and ours does. Debian's asks Linux for another option
     * and keeps them.
     */
    @ParameterizedTest
    @CsvSource({"-d,False 8,False 0", "-D,True 8,True 0", "-od,False 8,False 8", "-Od,False 8,False 0"})
    void optionsOfTheSocket(String options, String theirs, String ours) throws IOException {
        String server = "import socket; s = socket.socket(fileno=0); "
                + "print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0, "
                + "len(s.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40)), "
                + "s.getpeername()[0], s.getblocking())";
        // A record route option, which the listening socket's connections give back.
        String client = "import socket, sys; s = socket.socket(); "
                + "s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([7, 7, 4, 0, 0, 0, 0, 0])); "
                + "s.bind(('127.0.0.5', 0)); s.connect(('127.0.0.1', int(sys.argv[1]))); "
                + "print(s.recv(1000).decode(), end='')";
        TestingSideBySide.Both<String> seen = pair.both(tcpserver -> {
            int port = TestingTcpserver.freePort();
            try (TestingTcpserver _ =
                    start(port, tcpserver, options, "-RHl0", "0", port + "", "/usr/bin/python3", "-c", server)) {
                return TestingPrograms.succeed("/usr/bin/python3", "-c", client, port + "");
            }
        });
        assertThat(seen.theirs()).isEqualTo(theirs + " 127.0.0.5 True\n");
        assertThat(seen.ours()).isEqualTo(ours + " 127.0.0.5 True\n");
    }

    /** Behind -c the next client waits, and is served when one has gone; nobody is turned away. */
    @Test
    void limitOfSessions() throws IOException {
        pair.both(tcpserver -> {
                    int port = TestingTcpserver.freePort();
                    try (TestingTcpserver server = start(
                                    port,
                                    tcpserver,
                                    "-v",
                                    "-c2",
                                    "-RHl0",
                                    "0",
                                    port + "",
                                    "sh",
                                    "-c",
                                    "echo hi; read x");
                            Socket first = greeted(server.connect("127.0.0.5"));
                            Socket second = greeted(server.connect("127.0.0.6"))) {
                        try (Socket third = server.connect("127.0.0.7")) {
                            await().until(() -> server.waiting() == 1);
                            first.getOutputStream().write('\n');
                            greeted(third).getOutputStream().write('\n');
                            assertThat(third.getInputStream().read()).isEqualTo(-1);
                        }
                        second.getOutputStream().write('\n');
                        server.awaitLog(log -> log.endsWith("tcpserver: status: 0/2\n")
                                && log.split("tcpserver: end ", -1).length == 4);
                        assertThat(server.stop()).isZero();
                        return server.log().lines().sorted().toList();
                    }
                })
                .alike();
    }

    private static Socket greeted(Socket client) throws IOException {
        assertThat(Octets.of(client.getInputStream().readNBytes(3))).isEqualTo("hi\n");
        return client;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void backlog(int backlog) throws IOException {
        TestingSideBySide.Both<Integer> waiting = pair.both(tcpserver -> {
            int port = TestingTcpserver.freePort();
            List<Socket> clients = new ArrayList<>();
            try (TestingTcpserver server = start(
                            port,
                            tcpserver,
                            "-c1",
                            "-b" + backlog,
                            "-RHl0",
                            "0",
                            port + "",
                            "sh",
                            "-c",
                            "echo hi; read x");
                    Closeable _ = () -> close(clients)) {
                clients.add(greeted(server.connect("127.0.0.5")));
                for (int i = 0; i <= backlog; i++) {
                    clients.add(server.connect("127.0.0.6"));
                }
                await().until(() -> server.waiting() == backlog + 1);
                Socket tooMany = new Socket();
                clients.add(tooMany);
                try {
                    tooMany.connect(new InetSocketAddress("127.0.0.1", port), 300);
                } catch (java.net.SocketTimeoutException e) {
                    // The system keeps it waiting.
                }
                return server.waiting();
            }
        });
        assertThat(waiting.alike()).isEqualTo(backlog + 1);
    }

    private static void close(List<Socket> clients) throws IOException {
        for (Socket client : clients) {
            client.close();
        }
    }

    @Test
    void thePortOnStandardOutput() throws IOException {
        pair.both(tcpserver -> {
                    List<String> argv = List.of(tcpserver, "-1", "-RHl0", "127.0.0.1", "0", "echo", "hi");
                    try (TestingTcpserver server = TestingTcpserver.start(argv, env(), dir, 0);
                            Socket client = new Socket("127.0.0.1", server.awaitPort())) {
                        return Octets.of(greeted(client).getInputStream().readAllBytes());
                    }
                })
                .alike();
    }

    /** So that port=$(tcpserver -1 … &) goes on while it runs. */
    @Test
    void standardOutputEndsBehindThePort() throws IOException {
        pair.both(tcpserver -> {
                    String line =
                            "pid=$(mktemp); port=$(\"$1\" -1 -RHl0 127.0.0.1 0 echo hi 2>/dev/null & echo $! >$pid);"
                                    + " kill -0 $(cat $pid) && echo runs; kill $(cat $pid); rm $pid;"
                                    + " test \"$port\" -gt 0 && echo port";
                    return TestingPrograms.run(
                                    new ProcessBuilder("sh", "-c", line, "sh", tcpserver).directory(dir.toFile()), "")
                            .toString();
                })
                .alike();
    }

    /** Theirs is gone at once and leaves its children; ours, whose sessions may be in the process, waits for them. */
    @Test
    void afterTermTheSessionGoesOnAndNobodyElseIsServed() throws IOException {
        pair.both(tcpserver -> {
                    int port = TestingTcpserver.freePort();
                    String program = "echo hi; read x; echo $x";
                    try (TestingTcpserver server =
                                    start(port, tcpserver, "-v", "-RHl0", "127.0.0.1", port + "", "sh", "-c", program);
                            Socket client = greeted(server.connect("127.0.0.5"))) {
                        server.signal(TERM);
                        await().until(() -> refuses(port));
                        client.getOutputStream().write(Octets.bytes("still here\n"));
                        assertThat(Octets.of(client.getInputStream().readAllBytes()))
                                .isEqualTo("still here\n");
                        return server.ended();
                    }
                })
                .alike();
    }

    private static boolean refuses(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return false;
        } catch (java.net.ConnectException e) {
            return true;
        }
    }
}
