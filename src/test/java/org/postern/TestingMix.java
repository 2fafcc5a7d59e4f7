package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.postern.os.Octets;

/**
 * Chains in which each place where Debian has the original is taken by that (t) or by ours (o), and the small C programs
 * that stand at the end or between.
 *
 * @param directory where they and the test's files lie
 */
record TestingMix(Path directory) {
    private static final Path SOURCES = Path.of("src/test/resources/chain");

    TestingMix {
        try {
            // Those with other ids come here, too.
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            for (String program : List.of("witness", "vchkpw")) {
                TestingPrograms.succeed(
                        "cc", "-O1", "-o", directory.resolve(program).toString(), SOURCES.resolve(program + ".c") + "");
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Debian's, or ours. */
    static String program(char whose, String name) throws IOException {
        return whose == 't' ? "/usr/bin/" + name : TestingSite.link(name);
    }

    String file(String name) {
        return directory.resolve(name).toString();
    }

    /** A directory for envdir: names and values by turns. */
    String envdir(String name, String... files) throws IOException {
        Path made = Files.createDirectories(directory.resolve(name));
        for (int i = 0; i < files.length; i += 2) {
            Files.write(made.resolve(files[i]), Octets.bytes(files[i + 1]));
        }
        return made.toString();
    }

    /** What a witness said, sorted; ports and the directory's descriptor differ each time. */
    static List<String> fields(String said) {
        return Arrays.stream(said.split("\0", -1))
                .map(field ->
                        field.replaceFirst("^(variable (?:TCPREMOTEPORT|TCPLOCALPORT|RELAY_CTRL_DIR_FD)=)\\d+$", "$1N"))
                .sorted()
                .toList();
    }

    /** Files of a directory: type, owner and mode, and what is in them. */
    static Map<String, String> files(Path directory) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (var all = Files.walk(directory)) {
            for (Path file : all.collect(Collectors.toList())) {
                Map<String, Object> has = Files.readAttributes(file, "unix:uid,gid,mode");
                String content = Files.isDirectory(file) ? "" : Octets.of(Files.readAllBytes(file));
                files.put(
                        Octets.of(directory.relativize(file)),
                        "%s:%s %o %s".formatted(has.get("uid"), has.get("gid"), (int) has.get("mode"), content));
            }
        }
        return files;
    }

    /** A variable that the witness had; fails where it had none. */
    static String variable(List<String> fields, String name) {
        String start = "variable " + name + "=";
        List<String> found =
                fields.stream().filter(field -> field.startsWith(start)).toList();
        assertThat(found).as(name + " in " + fields).hasSize(1);
        return found.getFirst().substring(start.length());
    }
}
