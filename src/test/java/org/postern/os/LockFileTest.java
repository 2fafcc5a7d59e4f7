package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
    @TempDir
    Path dir;

    @Test
    void oneHoldsItAndItsPidStandsInside() throws IOException {
        Path file = Files.writeString(dir.resolve("lock"), "12345678901234567890\n");
        try (LockFile held = LockFile.tryLock(file).orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(Files.readString(file)).isEqualTo(ProcessHandle.current().pid() + "\n");
            assertThat(LockFile.holder(file))
                    .contains(String.valueOf(ProcessHandle.current().pid()));
            assertThat(LockFile.tryLock(file)).isEmpty();
        }
        LockFile.tryLock(file).orElseThrow().close();
    }

    @Test
    void aLinkIsNotFollowed() throws IOException {
        Path victim = Files.writeString(dir.resolve("victim"), "precious");
        Path link = Files.createSymbolicLink(dir.resolve("lock"), victim);
        assertThatThrownBy(() -> LockFile.tryLock(link))
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP.number()));
        assertThat(victim).hasContent("precious");
    }

    @Test
    void onAFullDiskTheLockHoldsWithoutThePid() throws IOException {
        Path full = Path.of("/dev/full");
        try (LockFile held = LockFile.tryLock(full).orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(LockFile.tryLock(full)).isEmpty();
        }
    }
}
