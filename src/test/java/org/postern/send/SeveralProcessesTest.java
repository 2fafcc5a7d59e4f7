package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.queue.TestingSubmitter;

/** Several processes of several users write, while this one sends. */
class SeveralProcessesTest {
    private static final int EACH = 40;

    @TempDir
    private Path scratch;

    @Test
    @Timeout(120)
    void allThatIsAcceptedArrivesOnce() throws Exception {
        boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        if (root) {
            Files.setAttribute(scratch, "unix:mode", 0755);
        }
        TestingDeliverer local = TestingDeliverer.accepting("ok\n");
        try (TestingSender s = new TestingSender(
                scratch.resolve("q"),
                Disk.real(),
                SendSettings.defaults("hoge.example.com"),
                local,
                TestingDeliverer.accepting(""))) {
            List<Process> writers = new ArrayList<>();
            for (String name : List.of("a", "b", "c")) {
                writers.add(writer(name, root && !name.equals("a")));
            }
            int accepted = 0;
            for (Process writer : writers) {
                String said =
                        new String(writer.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII);
                assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
                accepted += Integer.parseInt(said.strip());
            }
            assertThat(accepted).isEqualTo(3 * EACH);
            s.awaitEmpty();
            assertThat(local.copies).hasSize(accepted);
            assertThat(local.recipients()).doesNotHaveDuplicates();
            // Only root, or the queue's owner, is believed when it says "network".
            assertThat(local.copies.stream().filter(c -> c.recipient().startsWith("a")))
                    .allMatch(c -> c.text().contains("invoked from network)"));
            if (root) {
                assertThat(local.copies.stream().filter(c -> c.recipient().startsWith("b")))
                        .hasSize(EACH)
                        .allMatch(c -> c.text().contains("invoked by uid 65534)"));
            }
            assertThat(s.files.names("bad")).isEmpty();
        }
    }

    private Process writer(String name, boolean asNobody) throws IOException {
        List<String> command = new ArrayList<>();
        if (asNobody) {
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TestingSubmitter.class.getName(),
                scratch.resolve("q").toString(),
                name,
                Integer.toString(EACH)));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
