package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Nss;
import org.postern.os.Octets;

class PasswdFileTest {
    @TempDir
    Path directory;

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private Path path;
    private PasswdFile file;

    @BeforeEach
    void name() {
        path = directory.resolve("users");
        file = new PasswdFile(path, new Nss());
    }

    @Test
    void accountsAreFoundByName() throws IOException {
        write("# the accounts\n\njoe:{PLAIN}a\nann@example.com:{PLAIN}b\n");
        assertThat(password("joe")).isEqualTo("a");
        assertThat(password("ann@example.com")).isEqualTo("b");
        assertThat(find("ann")).isEqualTo(new Lookup.Unknown());
        assertThat(find("")).isEqualTo(new Lookup.Unknown());
        assertThat(find("# the accounts")).isEqualTo(new Lookup.Unknown());
        assertThat(log).isEmpty();
    }

    @Test
    void capitalsOfAClientDoNotMatter() throws IOException {
        write("joe:{PLAIN}a\nAnn:{PLAIN}b\nann:{PLAIN}c\n\u00e9:{PLAIN}d\n");
        assertThat(password("Joe")).isEqualTo("a");
        assertThat(password("Ann")).isEqualTo("b");
        assertThat(password("ANN")).isEqualTo("c");
        assertThat(find("\u00c9")).as("an octet is no letter").isEqualTo(new Lookup.Unknown());
    }

    @Test
    void theLastLineNeedsNoLineFeed() throws IOException {
        write("joe:{PLAIN}a");
        assertThat(password("joe")).isEqualTo("a");
    }

    @Test
    void aBrokenLineIsNamedAndKeepsNobodyElseOut() throws IOException {
        write("joe:{PLAIN}a\nann:{ROT13}b:1:1\n:x\nbob:{PLAIN}c\n");
        assertThat(password("joe")).isEqualTo("a");
        assertThat(password("bob")).isEqualTo("c");
        assertThat(find("ann"))
                .isInstanceOfSatisfying(
                        Lookup.Unavailable.class,
                        broken -> assertThat(broken.why()).contains(path + ", line 2: ann: ", "ROT13"));
        assertThat(find("")).isEqualTo(new Lookup.Unknown());
        assertThat(log).hasSize(2);
        assertThat(log.get(0)).startsWith("warning: " + path + ", line 2: ann: ");
        assertThat(log.get(1)).startsWith("warning: " + path + ", line 3: ");
    }

    @Test
    void aWholeFileOfNonsenseIsToldInBrief() throws IOException {
        write("nonsense\n".repeat(1000) + "joe:{PLAIN}a\n" + "x".repeat(10_000));
        assertThat(password("joe")).isEqualTo("a");
        assertThat(log).hasSize(21).last().asString().contains("981 more");
    }

    @Test
    void theFirstOfTwoWithOneNameCounts() throws IOException {
        write("joe:{PLAIN}a\njoe:{PLAIN}b\n");
        assertThat(password("joe")).isEqualTo("a");
        assertThat(log).hasSize(1).first().asString().contains("line 2", "earlier line");
    }

    @Test
    void itIsReadAgainWhenOnlyTheTimeOfItsInodeHasChanged() throws IOException {
        Instant then = Instant.now().minusSeconds(60);
        write("joe:{PLAIN}a\n");
        Files.setLastModifiedTime(path, FileTime.from(then));
        awaitTick();
        assertThat(password("joe")).isEqualTo("a");
        write("joe:{PLAIN}b\n");
        Files.setLastModifiedTime(path, FileTime.from(then));
        assertThat(password("joe")).isEqualTo("b");
    }

    @Test
    void whatIsWrongIsToldOnceForEachText() throws IOException {
        write("nonsense\n");
        find("joe");
        awaitTick();
        find("joe");
        Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
        find("joe");
        assertThat(log).hasSize(1);
        write("nonsense\nnonsense\n");
        find("joe");
        assertThat(log).hasSize(3);
    }

    @Test
    void aChangeInTheSameTickOfTheClockIsNotMissed() throws IOException {
        for (int i = 0; i < 20; i++) {
            write("joe:{PLAIN}a\n");
            assertThat(password("joe")).isEqualTo("a");
            write("joe:{PLAIN}b\n");
            awaitTick();
            assertThat(password("joe")).isEqualTo("b");
        }
    }

    @Test
    void aFileThatIsRenamedIntoPlaceIsSeen() throws IOException {
        write("joe:{PLAIN}a\n");
        assertThat(password("joe")).isEqualTo("a");
        Path added = Files.writeString(directory.resolve("new"), "joe:{PLAIN}b\n");
        Files.setPosixFilePermissions(added, PosixFilePermissions.fromString("rw-r-----"));
        Files.move(added, path, StandardCopyOption.ATOMIC_MOVE);
        assertThat(password("joe")).isEqualTo("b");
    }

    @Test
    void aFileThatIsNotThereIsNoNo() throws IOException {
        assertThat(find("joe")).isEqualTo(new Lookup.Unavailable("unable to use " + path + ": file does not exist"));
        write("joe:{PLAIN}a\n");
        assertThat(password("joe")).isEqualTo("a");
        Files.delete(path);
        assertThat(find("joe")).isInstanceOf(Lookup.Unavailable.class);
    }

    @Test
    void aDirectoryIsRefused() throws IOException {
        Files.createDirectory(path);
        assertThat(find("joe")).isEqualTo(new Lookup.Unavailable("unable to use " + path + ": it is no regular file"));
    }

    @Test
    void whatEveryoneMayWriteIsRefused() throws IOException {
        write("joe:{PLAIN}a\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(find("joe"))
                .isInstanceOfSatisfying(
                        Lookup.Unavailable.class,
                        refused -> assertThat(refused.why()).contains("chmod o-w"));
    }

    @Test
    void whatEveryoneMayReadIsWarnedOfOnce() throws IOException {
        write("joe:{PLAIN}a\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        awaitTick();
        for (int i = 0; i < 10; i++) {
            assertThat(password("joe")).isEqualTo("a");
        }
        assertThat(log).containsExactly("warning: " + path + " can be read by everyone: chmod 640 it");
    }

    @Test
    void decoysAreTheAccountsOwnPasswordsAndStayWithTheName() throws IOException {
        write("joe:{PLAIN}a\nann:$6$x$y\nbob:!\n");
        assertThat(find("someone")).isEqualTo(new Lookup.Unknown());
        Set<String> kinds = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            StoredPassword decoy = file.decoy("name" + i);
            kinds.add(decoy.toString());
            assertThat(file.decoy("name" + i)).isEqualTo(decoy);
            assertThat(new PasswdFile(path, new Nss())).satisfies(other -> {
                other.find("x", log::add);
                assertThat(other.decoy("name1")).isEqualTo(file.decoy("name1"));
            });
        }
        assertThat(kinds).containsExactly("clear text", "crypt $6$");
    }

    @Test
    void aFileWithoutPasswordsHasAnIdleDecoy() throws IOException {
        write("bob:!\n");
        find("x");
        assertThat(file.decoy("x")).isInstanceOf(StoredPassword.Locked.class);
    }

    @Test
    void manyThreadsAndAWriterSeeOldOrNewAndNothingElse() throws Exception {
        write("joe:{PLAIN}0\nlast:{PLAIN}x\n");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> readers = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                readers.add(threads.submit(() -> {
                    int seen = 0;
                    while (seen < 50) {
                        int now = Integer.parseInt(password("joe"));
                        assertThat(now).isGreaterThanOrEqualTo(seen);
                        assertThat(password("last")).isEqualTo("x");
                        seen = now;
                    }
                    return null;
                }));
            }
            for (int i = 1; i <= 50; i++) {
                Path added = directory.resolve("new");
                Files.writeString(added, "joe:{PLAIN}" + i + "\n" + "# filler\n".repeat(i) + "last:{PLAIN}x\n");
                Files.setPosixFilePermissions(added, PosixFilePermissions.fromString("rw-r-----"));
                Files.move(added, path, StandardCopyOption.ATOMIC_MOVE);
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
    }

    @Test
    void aLookUpCostsOneStat() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            text.append("user").append(i).append(":{PLAIN}secret:1000:1000::/home/user:/bin/sh\n");
        }
        write(text.toString());
        awaitTick();
        password("user1");
        long before = System.nanoTime();
        for (int i = 0; i < 20_000; i++) {
            password("user" + i);
        }
        // Reading the file anew for each would take minutes.
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    }

    private void write(String octets) throws IOException {
        Files.write(path, Octets.bytes(octets));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
    }

    private Lookup find(String name) {
        return file.find(name, log::add);
    }

    private String password(String name) {
        return ((StoredPassword.Clear) ((Lookup.Found) find(name)).account().password()).password();
    }

    /** Waits until a change from now on has another time than those before. */
    private void awaitTick() throws IOException {
        Instant changed = ((FileTime) Files.getAttribute(path, "unix:ctime")).toInstant();
        org.awaitility.Awaitility.await()
                .pollInterval(Duration.ofMillis(10))
                .until(() -> Instant.now().isAfter(changed.plusMillis(60)));
    }
}
