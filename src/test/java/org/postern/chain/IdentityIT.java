package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Identity;
import org.postern.os.ThisProcess;
import org.postern.os.ThreadIdentity;

/** Another user's rights, as root alone can give them: CI runs as root. */
class IdentityIT {
    private static final Identity NOBODY = new Identity(65534, 65534, List.of());

    @TempDir
    Path directory;

    @BeforeEach
    void openForAll() throws IOException {
        assertThat(ThisProcess.identity().isRoot()).as("this test runs as root").isTrue();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @Test
    void aThreadHasTheUsersRightsAndTheOthersStayRoot() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "x");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> ThreadIdentity.as(NOBODY, () -> Files.readString(secret)))
                .isInstanceOf(AccessDeniedException.class);
        assertThat(Files.readString(secret)).isEqualTo("x");
        Path made = ThreadIdentity.as(NOBODY, () -> Files.createFile(directory.resolve("made")));
        assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(65534);
    }

    /** Told as "access denied", where setpriv would have found it out. */
    @Test
    void aProgramThatTheUserMayNotRunIsNotFound() throws Exception {
        Path program = Files.writeString(directory.resolve("program"), "exit 0\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Programs programs = new Programs(name -> java.util.Optional.empty(), null);
        Env env = Env.empty();
        assertThat(programs.find("./program", env, directory))
                .isEqualTo(new Programs.Found.Foreign(directory.resolve("./program")));
        assertThatThrownBy(() -> ThreadIdentity.as(NOBODY, () -> programs.find("./program", env, directory)))
                .isInstanceOf(AccessDeniedException.class);
    }

    @Test
    void aForeignProgramGetsTheIdentityOfTheChain() throws Exception {
        try (TestingSocket socket = new TestingSocket()) {
            Programs programs = new Programs(name -> java.util.Optional.empty(), null);
            Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
            Tool.Invocation call = new Tool.Invocation(
                    Args.of("/bin/sh", "-c", "id -u; id -g; id -G"),
                    Env.empty().with("PATH", "/usr/bin:/bin"),
                    Path.of("/"),
                    new Identity(65534, 65534, List.of(12, 13)),
                    new Descriptors(socket.connection(), line -> {}, Map.of()),
                    1);
            assertThat(chain.run(call)).isEqualTo(new Ended.Exited(0));
            assertThat(socket.receiveAll()).isEqualTo("65534\n65534\n65534 12 13\n");
        }
    }
}
