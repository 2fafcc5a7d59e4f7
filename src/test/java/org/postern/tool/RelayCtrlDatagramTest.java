package org.postern.tool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.StandardWire;

/** relay-ctrl-send and relay-ctrl-udp, together and each against datagrams by hand. */
@Timeout(60)
class RelayCtrlDatagramTest {
    @TempDir
    Path scratch;

    private Path spool;
    private int port;
    private Thread receiving = new Thread();
    private CompletableFuture<Tool.Exit> received = new CompletableFuture<>();
    private TestingCall receiver = TestingCall.stdin("");

    @BeforeEach
    void findAPort() throws IOException {
        spool = Files.createDirectory(scratch.resolve("spool"));
        try (DatagramSocket free = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            port = free.getLocalPort();
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        receiving.interrupt();
        receiving.join();
    }

    private TestingCall udp() {
        return TestingCall.stdin("")
                .cwd(scratch)
                .env("RELAY_CTRL_DIR", spool.toString())
                .env("RELAY_CTRL_PORT", Integer.toString(port))
                .env("RELAY_CTRL_UDP_FROM", "127.0.0.1, 127.0.0.4/31");
    }

    private void startReceiving(TestingCall call) throws IOException {
        receiver = call;
        receiving = Thread.ofVirtual().start(() -> {
            try {
                received.complete(call.run(new RelayCtrlUdp(), "relay-ctrl-udp"));
            } catch (IOException e) {
                received.completeExceptionally(e);
            }
        });
        // It listens when a datagram is answered.
        await().atMost(20, SECONDS).until(() -> answers("127.0.0.1", "192.0.2.254"));
        Files.delete(spool.resolve("192.0.2.254"));
    }

    private TestingCall send(String ip) {
        return TestingCall.stdin("")
                .env("TCPREMOTEIP", ip)
                .env("RELAY_CTRL_PORT", Integer.toString(port))
                .env("RELAY_CTRL_REMOTES", "127.0.0.1");
    }

    private boolean answers(String from, String text) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName(from))) {
            byte[] octets = Octets.bytes(text);
            socket.send(new DatagramPacket(octets, octets.length, new InetSocketAddress("127.0.0.1", port)));
            socket.setSoTimeout(200);
            DatagramPacket answer = new DatagramPacket(new byte[10], 10);
            socket.receive(answer);
            return answer.getLength() == 1 && answer.getData()[0] == 1;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(spool)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    // ---- both

    @Test
    void theGrantIsThereBeforeTheNextProgramRuns() throws IOException {
        startReceiving(udp());
        TestingCall call = send("192.0.2.7");
        Tool.Exit exit = call.run(new RelayCtrlSend(), "relay-ctrl-send", "qmail-pop3d", "Maildir");
        assertThat(names()).containsExactly("192.0.2.7");
        assertThat(((Tool.Exit.Exec) exit).argv()).isEqualTo(Args.of("qmail-pop3d", "Maildir"));
        assertThat(call.stderr()).isEmpty();
        send("2001:DB8::7").run(new RelayCtrlSend(), "relay-ctrl-send", "x");
        assertThat(names()).containsExactly("192.0.2.7", "2001:db8::7");
    }

    // ---- relay-ctrl-udp

    @Test
    void theFileIsForOthersToRead() throws IOException {
        startReceiving(udp());
        assertThat(answers("127.0.0.1", "192.0.2.7")).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(spool.resolve("192.0.2.7"))))
                .isEqualTo("rw-r--r--");
        assertThat(Files.size(spool.resolve("192.0.2.7"))).isZero();
    }

    @Test
    void aGrantInForceKeepsItsUser() throws IOException {
        startReceiving(udp());
        Files.writeString(spool.resolve("192.0.2.7"), "USER=joe\0");
        assertThat(answers("127.0.0.1", "192.0.2.7")).isTrue();
        assertThat(Files.readString(spool.resolve("192.0.2.7"))).isEqualTo("USER=joe\0");
    }

    @Test
    void onlyListedSendersAreBelieved() throws IOException {
        startReceiving(udp());
        assertThat(answers("127.0.0.3", "192.0.2.7")).isFalse();
        assertThat(answers("127.0.0.6", "192.0.2.7")).isFalse();
        assertThat(names()).isEmpty();
        assertThat(answers("127.0.0.5", "192.0.2.7")).isTrue();
        assertThat(receiver.stderr())
                .contains("relay-ctrl-udp: Warning: Sender '127.0.0.3' is not listed in $RELAY_CTRL_UDP_FROM.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "abc",
                "999.999.999.999",
                "..",
                "../x",
                "192.0.2.7\0",
                "192.0.2.7\n",
                "192.0.2.7 ",
                "01.2.3.4"
            })
    void whatIsNoAddressIsNotAnswered(String text) throws IOException {
        startReceiving(udp());
        assertThat(answers("127.0.0.1", text)).isFalse();
        assertThat(names()).isEmpty();
        assertThat(receiver.stderr()).isEqualTo("relay-ctrl-udp: Warning: Invalid IP from '127.0.0.1'.\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "0.0.0.0", "::", "169.254.0.7", "fe80::7"})
    void anAddressThatIsAnotherClientThereIsNotGranted(String text) throws IOException {
        startReceiving(udp());
        assertThat(answers("127.0.0.1", text)).isFalse();
        assertThat(names()).isEmpty();
        assertThat(receiver.stderr())
                .isEqualTo("relay-ctrl-udp: Warning: '" + text
                        + "' from '127.0.0.1' is another client there, so it is not granted here.\n");
    }

    @Test
    void garbageDoesNotStopItAndDoesNotFloodTheLog() throws IOException {
        startReceiving(udp());
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            for (int i = 0; i < 20_000; i++) {
                byte[] octets = new byte[random.nextInt(8) == 0 ? random.nextInt(9000) : random.nextInt(20)];
                random.nextBytes(octets);
                socket.send(new DatagramPacket(octets, octets.length, new InetSocketAddress("127.0.0.1", port)));
            }
        }
        await().atMost(20, SECONDS).until(() -> answers("127.0.0.1", "192.0.2.7"));
        assertThat(names()).as("seed %d", seed).containsExactly("192.0.2.7");
        assertThat(receiver.stderr().lines().count()).isLessThan(60);
    }

    @Test
    void aSpoolThatCannotBeWrittenIsToldAndNotAnswered() throws IOException {
        startReceiving(udp());
        Files.createDirectory(spool.resolve("192.0.2.7"));
        assertThat(answers("127.0.0.1", "192.0.2.7")).isFalse();
        assertThat(receiver.stderr()).contains("Warning: Could not rename '").contains("Is a directory");
    }

    @Test
    void anInterruptEndsIt() throws Exception {
        startReceiving(udp());
        receiving.interrupt();
        assertThat(received.get(20, SECONDS)).isEqualTo(Tool.Exit.code(0));
    }

    @Test
    void withoutSendersItRefusesToReceive() throws IOException {
        for (String from : List.of("", " ,")) {
            TestingCall call = udp().env("RELAY_CTRL_UDP_FROM", from);
            assertThat(call.run(new RelayCtrlUdp(), "relay-ctrl-udp")).isEqualTo(Tool.Exit.code(100));
            assertThat(call.stderr()).startsWith("relay-ctrl-udp: Fatal: $RELAY_CTRL_UDP_FROM is not set");
        }
    }

    @Test
    void whatIsNoSenderIsNamed() throws IOException {
        TestingCall call = udp().env("RELAY_CTRL_UDP_FROM", "127.0.0.1,127.0.0.0/33");
        assertThat(call.run(new RelayCtrlUdp(), "relay-ctrl-udp")).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).contains("'127.0.0.0/33' in $RELAY_CTRL_UDP_FROM");
    }

    @Test
    void aMissingDirectoryIsToldAtTheStart() throws IOException {
        TestingCall call = udp().env("RELAY_CTRL_DIR", "/nonexistent");
        assertThat(call.run(new RelayCtrlUdp(), "relay-ctrl-udp")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr())
                .isEqualTo("relay-ctrl-udp: Warning: Could not change directory to '/nonexistent':"
                        + " No such file or directory\n");
    }

    @Test
    void aPortInUseIsTold() throws IOException {
        try (DatagramSocket taken = new DatagramSocket(port, InetAddress.getByName("127.0.0.1"))) {
            TestingCall call = udp();
            assertThat(call.run(new RelayCtrlUdp(), "relay-ctrl-udp")).isEqualTo(Tool.Exit.code(111));
            assertThat(call.stderr())
                    .isEqualTo("relay-ctrl-udp: Fatal: Could not bind socket to 127.0.0.1 port " + taken.getLocalPort()
                            + ": Address already in use\n");
        }
    }

    // ---- relay-ctrl-send

    @Test
    void whoDoesNotAnswerAtOnceIsToldAgainInTheBackground() throws IOException {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (DatagramSocket deaf = new DatagramSocket(port, InetAddress.getByName("127.0.0.1"))) {
            Thread listening = Thread.ofVirtual().start(() -> listen(deaf, heard));
            long start = System.nanoTime();
            TestingCall call = send("192.0.2.7").env("RELAY_CTRL_TRIES", "2").env("RELAY_CTRL_TIMEOUT", "1");
            call.run(new RelayCtrlSend(), "relay-ctrl-send", "x");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(900));
            await().atMost(20, SECONDS).until(() -> !call.stderr().isEmpty());
            assertThat(call.stderr())
                    .isEqualTo("relay-ctrl-send[4711]: Warning: Timed out waiting for response from '127.0.0.1'.\n");
            assertThat(heard).containsExactly("192.0.2.7", "192.0.2.7", "192.0.2.7");
            listening.interrupt();
        }
    }

    @Test
    void beyondTheLimitAnnouncementsAreDroppedWithOneWarning() throws IOException {
        RelayCtrlSend none = new RelayCtrlSend(0);
        TestingCall first = send("192.0.2.7");
        first.run(none, "relay-ctrl-send", "x");
        TestingCall second = send("192.0.2.8");
        second.run(none, "relay-ctrl-send", "x");
        assertThat(first.stderr())
                .isEqualTo("relay-ctrl-send[4711]: Warning: Too many announcements without an answer,"
                        + " dropping those of '192.0.2.7' and others to [127.0.0.1].\n");
        assertThat(second.stderr()).isEmpty();
    }

    @Test
    void anAddressThatIsAnotherClientElsewhereIsNotAnnounced() throws IOException {
        startReceiving(udp());
        RelayCtrlSend send = new RelayCtrlSend();
        TestingCall first = send("127.0.0.1");
        for (TestingCall call : List.of(first, send("::1"), send("169.254.0.7"), send("fe80::7"), send("0.0.0.0"))) {
            call.run(send, "relay-ctrl-send", "x");
            assertThat(call.stderr().isEmpty()).as("told once").isEqualTo(call != first);
        }
        assertThat(first.stderr())
                .isEqualTo("relay-ctrl-send[4711]: Warning: Not announcing '127.0.0.1':"
                        + " on another machine it is another client.\n");
        assertThat(names()).isEmpty();
    }

    private static void listen(DatagramSocket socket, List<String> heard) {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        try {
            while (true) {
                packet.setLength(512);
                socket.receive(packet);
                heard.add(Octets.of(packet.getData(), 0, packet.getLength()));
            }
        } catch (IOException e) {
            // The test has ended.
        }
    }

    @Test
    void aProcessOfOneSessionStartsItselfAgainForTheBackground() throws IOException {
        Path told = scratch.resolve("told");
        Path self = scratch.resolve("relay-ctrl-send");
        Files.writeString(
                self,
                "#!/bin/sh\necho \"$*: $RELAY_CTRL_SEND_WAIT $RELAY_CTRL_REMOTES $TCPREMOTEIP\" > " + told + ".tmp\n"
                        + "mv " + told + ".tmp " + told + "\n");
        Files.setPosixFilePermissions(self, PosixFilePermissions.fromString("rwxr-xr-x"));
        Tool.Invocation plain = send("192.0.2.7")
                .env("RELAY_CTRL_REMOTES", "127.0.0.1,127.0.0.9,x")
                .env("PATH", "/usr/bin:/bin")
                .invocation(self.toString(), "next");
        Descriptors standard =
                new Descriptors(new Connection(new StandardWire()), plain.fds().log());
        Tool.Exit exit = new RelayCtrlSend().run(plain.with(plain.args(), plain.env(), standard));
        assertThat(((Tool.Exit.Exec) exit).env().has("RELAY_CTRL_SEND_WAIT")).isFalse();
        await().atMost(20, SECONDS).until(() -> Files.exists(told));
        assertThat(Files.readString(told)).isEqualTo("true: 1 127.0.0.1,127.0.0.9 192.0.2.7\n");
    }

    @Test
    void withWaitItAsksToTheEnd() throws IOException {
        TestingCall call = send("192.0.2.7")
                .env("RELAY_CTRL_SEND_WAIT", "1")
                .env("RELAY_CTRL_TRIES", "1")
                .env("RELAY_CTRL_TIMEOUT", "1");
        Tool.Exit exit = call.run(new RelayCtrlSend(), "relay-ctrl-send", "true");
        assertThat(((Tool.Exit.Exec) exit).env().has("RELAY_CTRL_SEND_WAIT")).isFalse();
        assertThat(call.stderr()).contains("Timed out waiting for response from '127.0.0.1'.");
    }

    @Test
    void whoIsNotAuthenticatedIsNotAnnounced() throws IOException {
        startReceiving(udp());
        send("192.0.2.7").env("AUTHUSER", "x").env("AUTHARGV0", "y").run(new RelayCtrlSend(), "relay-ctrl-send", "x");
        assertThat(answers("127.0.0.1", "192.0.2.8")).isTrue();
        assertThat(names()).containsExactly("192.0.2.8");
    }
}
