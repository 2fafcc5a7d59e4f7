package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingRights;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Octets;

/**
 * Our envdir and that of Debian's daemontools (0.76) over the same directory: what ours would become the program with is
 * what theirs gives {@code env -0}. Random directories from {@code -Dseed=}.
 */
class EnvdirCompatIT {
    private static final long SEED = Long.getLong("seed", System.nanoTime());
    private static final String ENVDIR = "/usr/bin/envdir";
    private static final int NOBODY = 65534;

    @TempDir
    private Path dir;

    private Path files;

    @BeforeEach
    void makeDirectory() throws IOException {
        files = Files.createDirectory(dir.resolve("e"));
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void assertAlike(Map<String, String> env, String directory, String told) throws IOException {
        TestingOriginal their = TestingOriginal.run(dir, env, "", ENVDIR, directory, "/usr/bin/env", "-0");
        TestingCall call = TestingCall.stdin("").cwd(dir);
        env.forEach(call::env);
        Tool.Exit exit = call.run(new Envdir(), "envdir", directory, "/usr/bin/env", "-0");
        assertAlike(exit, call.stderr(), their, told);
    }

    private static void assertAlike(Tool.Exit exit, String stderr, TestingOriginal their, String told) {
        switch (exit) {
            case Tool.Exit.Exec exec -> {
                assertThat(their.code()).as(told + their.stderr()).isZero();
                assertThat(exec.argv().values()).containsExactly("/usr/bin/env", "-0");
                assertThat(TestingCall.variables(exec.env())).as(told).isEqualTo(variables(their.stdout()));
            }
            case Tool.Exit.Code code -> {
                assertThat(code.value()).as(told + stderr).isEqualTo(their.code());
                assertThat(stderr).as(told).isEqualTo(their.stderr());
            }
        }
    }

    private static Map<String, String> variables(String output) {
        Map<String, String> variables = new TreeMap<>();
        for (String entry : output.split("\0")) {
            if (!entry.isEmpty()) {
                int equals = entry.indexOf('=');
                variables.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return variables;
    }

    @Test
    void randomDirectories() throws IOException {
        System.out.println("EnvdirCompatIT -Dseed=" + SEED);
        Random random = new Random(SEED);
        String[] names = {
            "A",
            "B",
            "PATH",
            "A=B",
            "B=",
            "=Z",
            ".dot",
            "sp ace",
            "\u00e9\u00ff",
            "new\nline",
            "-x",
            "lower",
            "RELAY_CTRL_DIR"
        };
        for (int i = 0; i < 200; i++) {
            Path directory = Files.createDirectory(files.resolve("r" + i));
            StringBuilder told = new StringBuilder("seed " + SEED + ": ");
            for (String name : names) {
                if (random.nextBoolean()) {
                    String content = content(random);
                    told.append(name).append('>').append(content).append('<');
                    Files.write(directory.resolve(Octets.path(name)), Octets.bytes(content));
                }
            }
            if (random.nextInt(4) == 0) {
                Files.createSymbolicLink(directory.resolve("LINK"), Path.of(random.nextBoolean() ? "A" : "nowhere"));
            }
            Map<String, String> env = new TreeMap<>();
            for (String name : List.of("A", "B", "LINK", "OTHER")) {
                if (random.nextBoolean()) {
                    env.put(name, "was " + name);
                }
            }
            assertAlike(env, "e/r" + i, told.toString());
        }
    }

    private static String content(Random random) {
        String[] pieces = {"", "v", "value", " ", "\t", "\n", "\0", "\r", "=", "\u00e9", "\n\n", "x".repeat(5000)};
        StringBuilder content = new StringBuilder();
        for (int n = random.nextInt(6); n > 0; n--) {
            content.append(pieces[random.nextInt(pieces.length)]);
        }
        return content.toString();
    }

    @Test
    void aHundredKilobytes() throws IOException {
        Files.writeString(files.resolve("BIG"), "x".repeat(100_000));
        assertAlike(Map.of(), "e", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "none", "none/x", "file", "file/x", "loop", "e/", "e//", "./e", "link"})
    void namesOfTheDirectory(String name) throws IOException {
        Files.writeString(dir.resolve("file"), "x");
        Files.writeString(files.resolve("A"), "x");
        Files.createSymbolicLink(dir.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(dir.resolve("link"), Path.of("e"));
        assertAlike(Map.of("Z", "kept"), name, name);
    }

    @Test
    void thingsThatAreNoFiles() throws Exception {
        Files.createDirectory(files.resolve(".hidden"));
        Files.createSymbolicLink(files.resolve("NULL"), Path.of("/dev/null"));
        assertThat(new ProcessBuilder("mkfifo", files.resolve("FIFO").toString())
                        .start()
                        .waitFor())
                .isZero();
        assertAlike(Map.of("FIFO", "was set", "NULL", "was set"), "e", "");
        Path loop = Files.createSymbolicLink(files.resolve("LOOP"), Path.of("LOOP"));
        assertAlike(Map.of(), "e", "");
        Files.delete(loop);
        Files.createDirectory(files.resolve("sub"));
        assertAlike(Map.of(), "e", "");
    }

    @Test
    void aSocketIsNoFile() throws IOException {
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(files.resolve("S")));
            assertAlike(Map.of(), "e", "");
        }
    }

    @Test
    void commandLines() throws IOException {
        for (List<String> arguments : List.of(List.<String>of(), List.of("e"))) {
            List<String> command = new ArrayList<>(arguments);
            command.addFirst(ENVDIR);
            TestingOriginal their = TestingOriginal.run(dir, Map.of(), "", command.toArray(String[]::new));
            TestingCall call = TestingCall.stdin("").cwd(dir);
            Tool.Exit exit = call.run(new Envdir(), command.toArray(String[]::new));
            assertAlike(exit, call.stderr(), their, command.toString());
        }
    }

    /** Directory's and file's mode, as the user they belong to meets them. */
    @ParameterizedTest
    @CsvSource({
        "rwx------,-w-------",
        "---------,rw-------",
        "rw-------,rw-------",
        "-wx------,rw-------",
        "rwx------,rw-------"
    })
    void withoutTheRightToRead(String directoryMode, String fileMode) throws Exception {
        Path file = Files.writeString(files.resolve("A"), "x");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(fileMode));
        Files.setPosixFilePermissions(files, PosixFilePermissions.fromString(directoryMode));
        TestingCall call = TestingCall.stdin("").cwd(dir);
        Tool.Exit exit =
                TestingRights.ordinary(files, () -> call.run(new Envdir(), "envdir", "e", "/usr/bin/env", "-0"));
        TestingOriginal their = TestingOriginal.run(
                dir,
                Map.of(),
                "",
                "/usr/bin/setpriv",
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
                "--clear-groups",
                ENVDIR,
                "e",
                "/usr/bin/env",
                "-0");
        assertAlike(exit, call.stderr(), their, directoryMode + " " + fileMode);
    }
}
