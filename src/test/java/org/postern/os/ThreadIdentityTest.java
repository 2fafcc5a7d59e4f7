package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As root, another user's rights. An ordinary user cannot have them, which is told. */
class ThreadIdentityTest {
    private static final Identity NOBODY = new Identity(65534, 65534, List.of(65534));
    private static final boolean ROOT = ThreadIdentity.changes(NOBODY);

    @TempDir
    Path dir;

    @BeforeEach
    void letOthersIn() throws IOException {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    /** What root may do; anyone else is refused. */
    private static <T> Optional<T> as(Identity who, Callable<T> work) throws Exception {
        if (ROOT) {
            return Optional.of(ThreadIdentity.as(who, work));
        }
        assertThatThrownBy(() -> ThreadIdentity.as(who, work))
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM.number()));
        return Optional.empty();
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
        Optional<Path> made = as(NOBODY, () -> Files.createFile(dir.resolve("made")));
        if (made.isPresent()) {
            assertThat(owner(made.get())).isEqualTo(65534);
            assertThat(Files.getAttribute(made.get(), "unix:gid")).isEqualTo(65534);
        }
        assertThat(owner(Files.createFile(dir.resolve("after")))).isEqualTo(owner(dir));
    }

    @Test
    void whatRootAloneMayReadIsDenied() throws Exception {
        Path secret = Files.writeString(dir.resolve("secret"), "x");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        if (ROOT) {
            assertThatThrownBy(() -> ThreadIdentity.as(NOBODY, () -> Files.readString(secret)))
                    .isInstanceOf(AccessDeniedException.class);
        }
        assertThat(Files.readString(secret)).isEqualTo("x");
    }

    @Test
    void groupsAreTheUsersAlone() throws Exception {
        String before = ids();
        Optional<String> inside = as(new Identity(65534, 65533, List.of(4711, 65533)), ThreadIdentityTest::ids);
        inside.ifPresent(seen -> assertThat(seen).isEqualTo("Uid: 0 0 0 65534;Gid: 0 0 0 65533;Groups: 4711 65533;"));
        assertThat(ids()).isEqualTo(before);
    }

    @Test
    void oneUserInsideAnother() throws Exception {
        Identity other = new Identity(65533, 65533, List.of());
        Optional<List<String>> seen =
                as(NOBODY, () -> List.of(ids(), ThreadIdentity.as(other, ThreadIdentityTest::ids), ids()));
        if (seen.isPresent()) {
            assertThat(seen.get().get(0)).contains(" 65534;");
            assertThat(seen.get().get(1)).contains(" 65533;");
            assertThat(seen.get().get(2)).isEqualTo(seen.get().get(0));
        }
    }

    @Test
    void whatTheWorkThrowsIsThrown() {
        Identity who = ROOT ? NOBODY : own();
        assertThatThrownBy(() -> ThreadIdentity.as(who, () -> {
                    throw new IOException("mine");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("mine");
    }

    @Test
    void theSameIdentityStaysOnItsThread() throws Exception {
        assertThat(ThreadIdentity.as(own(), Thread::currentThread)).isSameAs(Thread.currentThread());
        Optional<Boolean> same =
                as(NOBODY, () -> Thread.currentThread() == ThreadIdentity.as(NOBODY, Thread::currentThread));
        assertThat(same).isEqualTo(ROOT ? Optional.of(true) : Optional.empty());
    }

    private static Identity own() {
        try {
            return ThisProcess.identity();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aThreadThatInheritedIdsIsPutRight() throws Exception {
        String before = ids();
        String[] seen = new String[2];
        Optional<Thread> child = as(
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
        if (child.isPresent()) {
            child.get().join();
            // The fact that the class comment warns of.
            assertThat(seen[0]).contains("65534");
            assertThat(seen[1]).isEqualTo(before);
        }
    }

    @Test
    void carriersOfVirtualThreadsKeepTheirIds() throws Exception {
        String before = ids();
        try (ExecutorService sessions = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> after = java.util.stream.IntStream.range(0, 200)
                    .mapToObj(i -> sessions.submit(() -> {
                        as(NOBODY, () -> Files.createFile(dir.resolve("f" + i)));
                        return ids();
                    }))
                    .toList();
            for (Future<String> one : after) {
                assertThat(one.get()).isEqualTo(before);
            }
        }
    }
}
