package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThisProcessTest {
    @TempDir
    Path directory;

    @Test
    void stringsEndInNulAndMayBeEmpty() throws IOException {
        Path file = directory.resolve("environ");
        Files.write(file, Octets.bytes("A=\u00e9\0\0B=\n\0"));
        assertThat(ThisProcess.strings(file)).containsExactly("A=\u00e9", "", "B=\n");
        Files.write(file, new byte[0]);
        assertThat(ThisProcess.strings(file)).isEmpty();
    }

    @Test
    void pidAndIdentityAreTheSystems() throws IOException {
        assertThat(ThisProcess.pid()).isEqualTo(ProcessHandle.current().pid());
        Identity self = ThisProcess.identity();
        assertThat(self.uid()).isEqualTo(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        assertThat(self.gid()).isEqualTo(Files.getAttribute(Path.of("/proc/self"), "unix:gid"));
        assertThat(ThisProcess.identityOf((int) ThisProcess.pid())).isEqualTo(self);
    }

    @Test
    void environmentOfAnotherProcessIsReadAsOctets() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "exec env -i X=$(printf '\\351') sleep 60");
        Process process = builder.start();
        try {
            await().untilAsserted(() ->
                    assertThat(ThisProcess.environmentOf((int) process.pid())).containsExactly("X=\u00e9"));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void descriptorsOfTheJvmAreNotGiven() throws IOException {
        ThisProcess.noteGiven();
        assertThat(ThisProcess.wasGiven(0)).isTrue();
        assertThat(ThisProcess.wasGiven(987_654)).isFalse();
        List<Integer> ofTheJdk = Descriptor.open().stream()
                .filter(fd -> pointsInto(fd, System.getProperty("java.home")))
                .toList();
        assertThat(ofTheJdk).isNotEmpty().noneMatch(ThisProcess::wasGiven);
    }

    private static boolean pointsInto(int descriptor, String directory) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .startsWith(directory);
        } catch (IOException e) {
            return false;
        }
    }

    /** A failed exec leaves this process as it was, and says why. */
    @Test
    void execThatFailsComesBack() {
        assertThat(ThisProcess.exec(
                                directory.resolve("none"),
                                List.of("none"),
                                List.of(),
                                Path.of("").toAbsolutePath(),
                                Set.of())
                        .errno())
                .isEqualTo(Errno.ENOENT.number());
        OsException noDirectory =
                ThisProcess.exec(Path.of("/bin/true"), List.of("true"), List.of(), directory.resolve("none"), Set.of());
        assertThat(noDirectory.errno()).isEqualTo(Errno.ENOENT.number());
        assertThat(noDirectory).hasMessage("chdir: No such file or directory");
    }
}
