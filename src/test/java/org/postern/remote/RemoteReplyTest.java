package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.SocketWire;

/** Replies by RFC 5321 §4.2, and what servers send instead. */
class RemoteReplyTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** Writes to who reads. */
    @FunctionalInterface
    private interface Server {
        void write(OutputStream out) throws IOException, InterruptedException;
    }

    /** What is read, and, behind it, the next reply's code; -1 where none comes. */
    private record Read(RemoteReply reply, int next) {}

    private static Read read(Server server, Duration limit) throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SocketChannel client = SocketChannel.open(listener.getLocalSocketAddress());
                Socket accepted = listener.accept()) {
            Thread thread = Thread.startVirtualThread(() -> {
                try (accepted) {
                    server.write(accepted.getOutputStream());
                } catch (IOException | InterruptedException e) {
                    // The reader has had enough.
                    Thread.currentThread().interrupt();
                }
            });
            try {
                Connection connection = new Connection(new SocketWire(client));
                RemoteReply reply = RemoteReply.read(connection, limit);
                return new Read(reply, next(connection));
            } finally {
                thread.interrupt();
            }
        }
    }

    private static int next(Connection connection) {
        try {
            return RemoteReply.read(connection, LIMIT).code();
        } catch (IOException e) {
            return -1;
        }
    }

    private static Read read(String sent) throws IOException {
        return read(out -> out.write(Octets.bytes(sent)), LIMIT);
    }

    /** A slash is the end of a line. What follows must be the answer to the next command. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            250 ok/,                              250, -1
            250/,                                 250, -1
            250-a/250-b/250 c/354 go/,            250, 354
            250-a/250/354 go/,                    250, 354
            250-/250-/250 /354 go/,               250, 354
            250ok/354 go/,                        250, 354
            250-a/251 b/354 go/,                  250, 354
            451-a/421 b/354 go/,                  451, 354
            250-a/550 b/354 go/,                    0, 354
            550-a/250 b/354 go/,                    0, 354
            450-a/550 b/354 go/,                    0, 354
            550-a/450-b/550 c/354 go/,              0, 354
            250-a/folded/ and more/250 c/354 go/, 250, 354
            250-a//250 c/354 go/,                 250, 354
            250-a/999-x/250 c/354 go/,            250, 354
            HTTP/1.1 400 x/,                        0, 0
            25 x/250 y/,                            0, 250
            /250 y/,                                0, 250
            199 x/250 y/,                           0, 250
            600 x/250 y/,                           0, 250
            """)
    void aReplyEndsWhereItsLastLineDoes(String lines, int code, int next) throws IOException {
        for (String end : new String[] {"\r\n", "\n"}) {
            Read read = read(lines.replace("/", end));
            assertThat(read.reply().code()).as(lines).isEqualTo(code);
            assertThat(read.next()).as("behind " + lines).isEqualTo(next);
        }
    }

    @Test
    void octetsOfAnyKindAreTold() throws IOException {
        StringBuilder all = new StringBuilder("550-");
        for (int c = 1; c < 256; c++) {
            all.append(c == '\n' || c == '\r' ? "" : Character.toString(c));
        }
        Read read = read(all + "\0\r\n550 5.7.1 \u00e9\r\n");
        assertThat(read.reply().code()).isEqualTo(550);
        assertThat(read.reply().text()).isEqualTo(all + "?\n550 5.7.1 \u00e9\n");
    }

    @Test
    void whatIsEndlessIsNoReply() {
        assertThatThrownBy(() -> read("250 " + "x".repeat(20_000) + "\r\n"))
                .hasMessage("a line of more than 16384 octets");
        assertThatThrownBy(() -> read("250-x\r\n".repeat(1001))).hasMessage("a reply of more than 1000 lines");
        assertThatThrownBy(() -> read("250-x\r\n")).hasMessage("closed");
        assertThatThrownBy(() -> read("250 x")).hasMessage("closed");
    }

    /** The limit is for the reply, not for each of its lines: else a host has a delivery for days. */
    @Test
    void whoSendsLineByLineIsNotWaitedForForever() {
        assertThatThrownBy(() -> read(
                        out -> {
                            for (int i = 0; i < 900; i++) {
                                out.write(Octets.bytes("250-x\r\n"));
                                Thread.sleep(20);
                            }
                            out.write(Octets.bytes("250 x\r\n"));
                        },
                        Duration.ofMillis(200)))
                .isInstanceOf(SocketTimeoutException.class);
    }
}
