package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Programs;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;

class StaysHereTest {
    @TempDir
    Path directory;

    private StaysHere staysHere;

    @BeforeEach
    void installPrograms() throws IOException {
        Path launcher = executable("postern");
        executable("vchkpw");
        for (String ours : List.of("checkpassword", "relay-ctrl-allow", "qmail-pop3d")) {
            Files.createSymbolicLink(directory.resolve(ours), launcher);
        }
        staysHere = StaysHere.by(new Programs(name -> Optional.of(call -> Tool.Exit.code(0)), launcher));
    }

    @Test
    void chainOfOurProgramsStays() {
        assertThat(wholly("checkpassword", "relay-ctrl-allow", "qmail-pop3d", "Maildir"))
                .isTrue();
    }

    @Test
    void foreignProgramAnywhereDoesNot() {
        assertThat(wholly("vchkpw", "relay-ctrl-allow", "qmail-pop3d", "Maildir"))
                .isFalse();
        assertThat(wholly("checkpassword", "vchkpw", "Maildir")).isFalse();
        assertThat(wholly("checkpassword", directory.resolve("vchkpw").toString()))
                .isFalse();
    }

    @Test
    void missingProgramDoesNot() {
        assertThat(wholly("nowhere", "qmail-pop3d")).isFalse();
    }

    private boolean wholly(String... subprogram) {
        TestingCall call = TestingCall.stdin("").env("PATH", directory.toString());
        return staysHere.wholly(call.invocation("qmail-popup"), List.of(subprogram));
    }

    private Path executable(String name) throws IOException {
        return Files.createFile(
                directory.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }
}
