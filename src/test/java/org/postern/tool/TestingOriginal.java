package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.postern.os.Octets;

/** A run of somebody else's program, with nothing in its environment but what is given. */
record TestingOriginal(int code, String stdout, String stderr) {
    private static final int LIMIT_SECONDS = 20;

    static TestingOriginal run(Path cwd, Map<String, String> env, String stdin, String... argv) throws IOException {
        assertThat(Path.of(argv[0]))
                .as("a Debian package is missing; dev/peers installs it")
                .isExecutable();
        Path in = Files.createTempFile("rules-original", ".in");
        Path out = Files.createTempFile("rules-original", ".out");
        Path err = Files.createTempFile("rules-original", ".err");
        try {
            Files.write(in, Octets.bytes(stdin));
            ProcessBuilder builder = new ProcessBuilder(argv)
                    .directory(cwd.toFile())
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().clear();
            builder.environment().putAll(env);
            Process process = builder.start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(Arrays.toString(argv) + " did not end; its input: " + stdin);
            }
            return new TestingOriginal(process.exitValue(), octets(out), octets(err));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            for (Path file : List.of(in, out, err)) {
                Files.delete(file);
            }
        }
    }

    private static String octets(Path file) throws IOException {
        return Octets.of(Files.readAllBytes(file));
    }
}
