package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As root another user's rights; otherwise the work runs as whoever this is. */
class ThreadIdentityTest {
    private static final Identity NOBODY = new Identity(65534, 65534, List.of(65534));
    private static final boolean ROOT = ThreadIdentity.changes(NOBODY);

    @TempDir
    Path dir;

    @BeforeEach
    void letOthersIn() throws IOException {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    private static int owner(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:uid");
    }

    private static String ids() throws IOException {
        List<String> status = Files.readAllLines(Path.of("/proc/thread-self/status"));
        return status.stream()
                .filter(line -> line.startsWith("Uid") || line.startsWith("Gid") || line.startsWith("Groups"))
                .map(line -> line.replaceAll("\\s+", " ").strip())
                .reduce("", (a, b) -> a + b + ";");
    }

    @Test
    void filesBelongToTheUser() throws Exception {
        Path made = ThreadIdentity.as(NOBODY, () -> Files.createFile(dir.resolve("made")));
        assertThat(owner(made)).isEqualTo(ROOT ? 65534 : owner(dir));
        assertThat((int) Files.getAttribute(made, "unix:gid"))
                .isEqualTo(ROOT ? 65534 : Files.getAttribute(dir, "unix:gid"));
        assertThat(owner(Files.createFile(dir.resolve("after")))).isEqualTo(owner(dir));
    }

    @Test
    void whatRootAloneMayReadIsDenied() throws Exception {
        Path secret = Files.writeString(dir.resolve("secret"), "x");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        Callable<String> read = () -> Files.readString(secret);
        if (ROOT) {
            assertThatThrownBy(() -> ThreadIdentity.as(NOBODY, read)).isInstanceOf(AccessDeniedException.class);
        } else {
            assertThat(ThreadIdentity.as(NOBODY, read)).isEqualTo("x");
        }
        assertThat(Files.readString(secret)).isEqualTo("x");
    }

    @Test
    void groupsAreTheUsersAlone() throws Exception {
        String before = ids();
        String inside = ThreadIdentity.as(new Identity(65534, 65533, List.of(4711, 65533)), ThreadIdentityTest::ids);
        assertThat(inside).isEqualTo(ROOT ? "Uid: 0 0 0 65534;Gid: 0 0 0 65533;Groups: 4711 65533;" : before);
        assertThat(ids()).isEqualTo(before);
    }

    @Test
    void oneUserInsideAnother() throws Exception {
        String[] seen = ThreadIdentity.as(NOBODY, () -> new String[] {
            ids(), ThreadIdentity.as(new Identity(65533, 65533, List.of()), ThreadIdentityTest::ids), ids()
        });
        assertThat(seen[1].contains(" 65533;")).isEqualTo(ROOT);
        assertThat(seen[2]).isEqualTo(seen[0]);
    }

    @Test
    void whatTheWorkThrowsIsThrown() {
        assertThatThrownBy(() -> ThreadIdentity.as(NOBODY, () -> {
                    throw new IOException("mine");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("mine");
    }

    @Test
    void theSameIdentityStaysOnItsThread() throws Exception {
        Thread here = Thread.currentThread();
        assertThat(ThreadIdentity.as(new Identity(0, 0, List.of()), Thread::currentThread))
                .isSameAs(here);
        assertThat(ThreadIdentity.as(
                        NOBODY, () -> Thread.currentThread() == ThreadIdentity.as(NOBODY, Thread::currentThread)))
                .isTrue();
    }

    @Test
    void aThreadThatInheritedIdsIsPutRight() throws Exception {
        String before = ids();
        String[] seen = new String[2];
        Thread child = ThreadIdentity.as(
                NOBODY,
                () -> Thread.ofPlatform().start(() -> {
                    try {
                        seen[0] = ids();
                        ThreadIdentity.ensureOwn();
                        seen[1] = ids();
                    } catch (IOException e) {
                        seen[0] = e.toString();
                    }
                }));
        child.join();
        if (ROOT) {
            // The fact that the class comment warns of.
            assertThat(seen[0]).contains("65534");
        }
        assertThat(seen[1]).isEqualTo(before);
    }

    @Test
    void carriersOfVirtualThreadsKeepTheirIds() throws Exception {
        String before = ids();
        try (ExecutorService sessions = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> after = java.util.stream.IntStream.range(0, 200)
                    .mapToObj(i -> sessions.submit(() -> {
                        ThreadIdentity.as(NOBODY, () -> Files.createFile(dir.resolve("f" + i)));
                        return ids();
                    }))
                    .toList();
            for (Future<String> one : after) {
                assertThat(one.get()).isEqualTo(before);
            }
        }
    }
}
