package org.postern.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Octets;
import org.postern.os.ThisProcess;
import org.postern.queue.Selection;
import org.postern.tcp.UnixWire;

@Timeout(60)
class ControlServerTest {
    private static final Request LIST = new Request.QueueList(Selection.ALL, Request.Form.TABLE);
    private static final ControlServer.Limits SHORT =
            new ControlServer.Limits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2));

    @TempDir
    private Path queue;

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private final List<String> errors = new ArrayList<>();
    private ControlServer server;

    private void start(Handler handler) throws IOException {
        server = ControlServer.start(queue, handler, SHORT, log::add);
    }

    @AfterEach
    void stop() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    private Path socket() {
        return queue.resolve("control/socket");
    }

    /** What comes back for these octets. */
    private String said(String octets) throws IOException {
        try (UnixWire wire = UnixWire.connect(socket())) {
            byte[] bytes = Octets.bytes(octets);
            wire.write(bytes, 0, bytes.length, Duration.ofSeconds(20));
            return rest(wire);
        }
    }

    private static String rest(UnixWire wire) throws IOException {
        StringBuilder all = new StringBuilder();
        byte[] buffer = new byte[4096];
        try {
            for (int n = wire.read(buffer, 0, buffer.length, Duration.ofSeconds(20)); n > 0; ) {
                all.append(Octets.of(buffer, 0, n));
                n = wire.read(buffer, 0, buffer.length, Duration.ofSeconds(20));
            }
        } catch (SocketException e) {
            // Closed with something unread: what was said before that has come.
            return all.toString();
        }
        return all.toString();
    }

    @Test
    void anAnswerComesAsItWasWritten() throws IOException {
        byte[] much = new byte[300_000];
        java.util.Arrays.fill(much, (byte) 'x');
        start((request, answer) -> {
            assertThat(request).isEqualTo(LIST);
            answer.out().write(much);
            answer.error("and a word");
            return 7;
        });
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ControlClient.ask(queue, LIST, out, errors::add)).isEqualTo(OptionalInt.of(7));
        assertThat(out.toByteArray()).isEqualTo(much);
        assertThat(errors).containsExactly("and a word");
    }

    @Test
    void whatCannotBeDoneIsSaid() throws IOException {
        start((request, answer) -> {
            throw new IOException("the disk has gone");
        });
        assertThat(ControlClient.ask(queue, LIST, new ByteArrayOutputStream(), errors::add))
                .isEqualTo(OptionalInt.of(111));
        assertThat(errors).containsExactly("the disk has gone");
    }

    @Test
    void onlyItsOwnerReachesTheSocket() throws IOException {
        start((request, answer) -> 0);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(queue.resolve("control"))))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
                .isEqualTo("rw-------");
    }

    @Test
    void aDirectoryThatOthersMayEnterIsRefused() throws IOException {
        Files.createDirectory(queue.resolve("control"));
        Files.setPosixFilePermissions(queue.resolve("control"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThatThrownBy(() -> start((request, answer) -> 0)).hasMessageContaining("mode 700");
    }

    @Test
    void aSocketThatWasLeftIsReplacedAndNoneMeansNobody() throws IOException {
        assertThat(ControlClient.ask(queue, LIST, new ByteArrayOutputStream(), errors::add))
                .isEmpty();
        start((request, answer) -> 0);
        Path left = queue.resolve("left");
        Files.createLink(left, socket());
        server.close();
        Files.move(left, socket());
        assertThat(ControlClient.ask(queue, LIST, new ByteArrayOutputStream(), errors::add))
                .isEmpty();
        start((request, answer) -> 0);
        assertThat(ControlClient.ask(queue, LIST, new ByteArrayOutputStream(), errors::add))
                .hasValue(0);
    }

    @Test
    void whatIsNoRequestIsRefusedAndDoesNothing() throws IOException {
        start((request, answer) -> {
            throw new IllegalStateException("reached");
        });
        assertThat(said("GET / HTTP/1.0\r\n\r\n"))
                .contains("no request: not a line of JSON")
                .endsWith("x\0\0\0\1d");
        assertThat(said("{\"do\":\"queue explode\"}\n")).contains("unknown verb");
        assertThat(said("x".repeat(ControlServer.LONGEST_REQUEST + 1)))
                .contains("no request: longer than 262144 octets");
        assertThat(log).isEmpty();
    }

    @Test
    void oneWhoSaysNothingIsLeftAndOthersAreServed() throws IOException {
        start((request, answer) -> 0);
        List<UnixWire> silent = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            silent.add(UnixWire.connect(socket()));
        }
        assertThat(ControlClient.ask(queue, LIST, new ByteArrayOutputStream(), errors::add))
                .hasValue(0);
        for (UnixWire wire : silent) {
            wire.close();
        }
        assertThat(log).contains("warning: control socket: a client did nothing for too long");
    }

    @Test
    void oneWhoDoesNotReadIsLeft() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        start((request, answer) -> {
            try {
                byte[] some = new byte[10_000];
                while (true) {
                    answer.out().write(some);
                }
            } finally {
                ended.countDown();
            }
        });
        try (UnixWire wire = UnixWire.connect(socket())) {
            byte[] line = Octets.bytes(RequestText.write(LIST) + "\n");
            wire.write(line, 0, line.length, Duration.ofSeconds(5));
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(log).contains("warning: control socket: a client did nothing for too long"));
        }
    }

    /** The directory lets nobody in; where it did, the system's word on who asks counts. */
    @Test
    @EnabledIf("isRoot")
    void anotherUserIsRefusedByHisUid() throws Exception {
        start((request, answer) -> {
            throw new IllegalStateException("reached");
        });
        assertThat(asNobody()).contains("Permission denied");
        for (Path each = queue; each != null && !each.equals(Path.of("/tmp")); each = each.getParent()) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.setPosixFilePermissions(queue.resolve("control"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(socket(), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(asNobody()).contains("only root and uid 0 may ask this");
        assertThat(log).containsExactly("warning: control socket: uid 65534 refused");
    }

    private static boolean isRoot() throws IOException {
        return ThisProcess.identity().isRoot();
    }

    private String asNobody() throws Exception {
        // Refused at once: the answer may be there, and the server gone, before anything was asked.
        String program = """
                import socket, sys
                s = socket.socket(socket.AF_UNIX)
                s.connect(sys.argv[1])
                try:
                    s.sendall(b'{"do":"queue list"}\\n')
                except BrokenPipeError:
                    pass
                print(s.recv(4096))
                """;
        Process process = new ProcessBuilder(
                        "setpriv",
                        "--reuid=65534",
                        "--regid=65534",
                        "--clear-groups",
                        "/usr/bin/python3",
                        "-c",
                        program,
                        socket().toString())
                .redirectErrorStream(true)
                .start();
        String said = Octets.of(process.getInputStream().readAllBytes());
        process.waitFor();
        return said;
    }

    @Test
    void whatIsBeingDoneIsFinishedBeforeItCloses() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        start((request, answer) -> {
            reached.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return 0;
        });
        List<OptionalInt> codes = Collections.synchronizedList(new ArrayList<>());
        Thread client = Thread.ofPlatform().start(() -> {
            try {
                codes.add(ControlClient.ask(queue, LIST, new ByteArrayOutputStream(), errors::add));
            } catch (IOException e) {
                codes.add(OptionalInt.of(-1));
            }
        });
        reached.await();
        Thread closing = Thread.ofPlatform().start(() -> {
            try {
                server.close();
            } catch (IOException e) {
                log.add(e.toString());
            }
        });
        goOn.countDown();
        closing.join();
        client.join();
        assertThat(codes).containsExactly(OptionalInt.of(0));
        assertThat(Files.exists(socket())).isFalse();
    }
}
