package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LockFileTest {
    @Test
    void onAFullDiskTheLockHoldsWithoutThePid() throws IOException {
        Optional<LockFile> lock = LockFile.tryLock(Path.of("/dev/full"));
        assertThat(lock).isPresent();
        assertThat(LockFile.tryLock(Path.of("/dev/full"))).isEmpty();
        lock.get().close();
    }
}
