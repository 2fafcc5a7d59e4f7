package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The programs as real processes, through the launcher of this checkout. */
final class TestingPrograms {
    static final Path LINKS = Path.of("target/links").toAbsolutePath();
    private static final Path LAUNCHER = Path.of("postern").toAbsolutePath();
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static boolean made;

    /** How a command ended. Output holds both descriptors, its chars are octets. */
    record Outcome(int exit, String output) {}

    private TestingPrograms() {}

    /** The directory with a link for every program. */
    static synchronized Path links() throws IOException {
        if (!made) {
            succeed(LAUNCHER.toString(), "links", LINKS.toString());
            made = true;
        }
        return LINKS;
    }

    /** Runs one of postern's own commands, such as links or setup-recipe. */
    static Outcome postern(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = LAUNCHER.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return run(new ProcessBuilder(command), "");
    }

    static String succeed(String... command) throws IOException {
        Outcome outcome = run(new ProcessBuilder(command), "");
        if (outcome.exit() != 0) {
            throw new IOException(String.join(" ", command) + ": exit " + outcome.exit() + ": " + outcome.output());
        }
        return outcome.output();
    }

    /** Runs a command to its end, or ends it after the limit and fails. */
    static Outcome run(ProcessBuilder builder, String input) throws IOException {
        Process process = builder.redirectErrorStream(true).start();
        try {
            Thread guard = Thread.ofVirtual().start(() -> {
                try {
                    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // A program that does not read its input may be over already; its exit code tells the rest.
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            guard.join();
            return new Outcome(process.waitFor(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            process.destroyForcibly();
        }
    }

    static void awaitPort(int port) {
        await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
            try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
                return socket.getInputStream().read() >= 0;
            }
        });
    }
}
