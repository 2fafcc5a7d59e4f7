package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./postern serve} as a process, with a HOME of its own; ended by close(). */
final class TestingServe implements Closeable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern LISTENING =
            Pattern.compile("(pop3s?|smtps?|submissions?): listening on \\S+:(\\d+)\n");

    private final Process process;
    private final Path stdout;
    private final Path stderr;

    private TestingServe(Process process, Path stdout, Path stderr) {
        this.process = process;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    /**
     * Starts it and returns once it serves, or has ended.
     *
     * @param before what the command line begins with, such as setpriv; may be empty
     * @param home HOME, and where the output goes
     * @param arguments behind "serve"
     */
    static TestingServe start(List<String> before, Path home, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of("postern").toAbsolutePath().toString());
        command.add("serve");
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(home.getParent(), "stdout", "");
        Path err = Files.createTempFile(home.getParent(), "stderr", "");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("HOME", home.toString());
        builder.environment().remove("XDG_STATE_HOME");
        TestingServe serve = new TestingServe(builder.start(), out, err);
        try {
            boolean demo = arguments.length == 0;
            await().atMost(LIMIT)
                    .until(() -> !serve.process.isAlive()
                            || (demo
                                    ? serve.stdout().contains("Ctrl-C ends it.\n")
                                    : serve.log().contains("smtp: listening on ")));
            return serve;
        } catch (RuntimeException e) {
            serve.close();
            throw new IOException(serve.log(), e);
        }
    }

    String stdout() throws IOException {
        return Files.readString(stdout, StandardCharsets.ISO_8859_1);
    }

    String log() throws IOException {
        return Files.readString(stderr, StandardCharsets.ISO_8859_1);
    }

    void awaitLog(String part) {
        await().atMost(LIMIT).until(() -> log().contains(part));
    }

    /** The port of the first, second, … listener of a protocol. */
    int port(String protocol, int index) throws IOException {
        Matcher matcher = LISTENING.matcher(log());
        return matcher.results()
                .filter(r -> r.group(1).equals(protocol))
                .skip(index)
                .findFirst()
                .map((MatchResult r) -> Integer.parseInt(r.group(2)))
                .orElseThrow(() -> new IOException("no listener " + index + " of " + protocol));
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void signal(String name) throws IOException {
        TestingPrograms.succeed("kill", "-" + name, Long.toString(process.pid()));
    }

    /** Its exit code, once it has ended by itself or by a signal sent before. */
    int exit() throws IOException {
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("still running: " + log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            process.destroy();
            try {
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                process.destroyForcibly();
            }
        }
    }
}
