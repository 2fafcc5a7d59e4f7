package org.postern.remote;

import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A mail server that others wrote, on loopback, as the scripts of src/test/resources/hops run it; ended by close().
 *
 * @param port with STARTTLS
 * @param tlsPort with TLS from the first octet on
 */
public record TestingHop(Path directory, Process process, int port, int tlsPort) implements Closeable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Starts it without waiting for it. */
    public static TestingHop start(String program, Path directory, TestingCertificates certificates, String certificate)
            throws IOException {
        Files.createDirectory(directory);
        int port = freePort();
        int tlsPort = freePort();
        Process process = new ProcessBuilder(
                        Path.of("src/test/resources/hops", program)
                                .toAbsolutePath()
                                .toString(),
                        directory.toString(),
                        Integer.toString(port),
                        Integer.toString(tlsPort),
                        certificates.directory().resolve(certificate).toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        return new TestingHop(directory, process, port, tlsPort);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    /** Waits until it greets. */
    public void awaitReady() throws IOException {
        await().atMost(LIMIT).until(() -> !process.isAlive() || greets());
        if (!process.isAlive()) {
            throw new IOException(directory + ": " + Files.readString(directory.resolve("output")));
        }
    }

    private boolean greets() {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            return socket.getInputStream().read() == '2';
        } catch (IOException e) {
            return false;
        }
    }

    /** What follows the header of the message with this subject; waits for it. */
    String body(String subject) {
        return await(directory.getFileName() + ": " + subject)
                .atMost(LIMIT)
                .until(() -> find(subject), Optional::isPresent)
                .orElseThrow();
    }

    private Optional<String> find(String subject) throws IOException {
        for (String message : messages()) {
            int end = message.indexOf("\n\n");
            if (message.substring(0, end).contains("\nSubject: " + subject)) {
                return Optional.of(message.substring(end + 2));
            }
        }
        return Optional.empty();
    }

    /** All that has arrived, octet for char. */
    public List<String> messages() throws IOException {
        List<String> messages = new ArrayList<>();
        Path arrived = directory.resolve("Maildir/new");
        if (Files.exists(arrived)) {
            try (Stream<Path> files = Files.list(arrived)) {
                for (Path file : files.toList()) {
                    messages.add(Files.readString(file, StandardCharsets.ISO_8859_1));
                }
            }
        }
        return messages;
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
