package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Postfix's smtp-sink on a free port of loopback, which behaves as its options say; ended by close().
 *
 * @param directory where it keeps what it received, a file a message
 */
record TestingSink(Path directory, Process process, int port) implements Closeable {
    private static final Path UNPACKED = Path.of(".peers/postfix").toAbsolutePath();
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Starts it without waiting for it. */
    static TestingSink start(Path directory, String... options) throws IOException {
        Files.createDirectory(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        int port = freePort();
        List<String> command =
                new ArrayList<>(List.of(UNPACKED.resolve("usr/sbin/smtp-sink").toString()));
        if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            command.addAll(List.of("-u", "nobody")); // It refuses to run as root.
        }
        command.addAll(List.of("-d", directory.resolve("message.").toString()));
        command.addAll(List.of(options));
        command.addAll(List.of("127.0.0.1:" + port, "100"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory
                        .resolveSibling(directory.getFileName() + ".log")
                        .toFile());
        builder.environment()
                .put("LD_LIBRARY_PATH", UNPACKED.resolve("usr/lib/postfix").toString());
        return new TestingSink(directory, builder.start(), port);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    /** Waits until it listens; without a connection, which would count for some options. */
    void awaitReady() {
        String listens = ":%04X 00000000:0000 0A".formatted(port);
        await().atMost(LIMIT)
                .until(() -> !process.isAlive()
                        || Files.readString(Path.of("/proc/net/tcp")).contains(listens));
    }

    /** How many of the messages it received hold this line. */
    int received(String line) throws IOException {
        int count = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                count += Files.readString(file, StandardCharsets.ISO_8859_1).contains("\n" + line + "\n") ? 1 : 0;
            }
        }
        return count;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
