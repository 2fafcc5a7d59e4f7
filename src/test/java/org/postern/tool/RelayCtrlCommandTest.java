package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Descriptor;

/** What the records do not show of relay-ctrl-chdir, -allow, -check and -age. */
class RelayCtrlCommandTest {
    @TempDir
    Path scratch;

    private Path spool;

    @BeforeEach
    void makeSpool() throws IOException {
        spool = Files.createDirectory(scratch.resolve("spool"));
    }

    private TestingCall call() {
        return TestingCall.stdin("").cwd(scratch);
    }

    private TestingCall call(String ip) {
        return call().env("RELAY_CTRL_DIR", spool.toString()).env("TCPREMOTEIP", ip);
    }

    private List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private static Tool.Exit.Exec exec(Tool.Exit exit) {
        assertThat(exit).isInstanceOf(Tool.Exit.Exec.class);
        return (Tool.Exit.Exec) exit;
    }

    // ---- addresses

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 192.0.2.7",
        "::ffff:192.0.2.7, 192.0.2.7",
        "::FFFF:c000:207, 192.0.2.7",
        "2001:DB8::0:1, 2001:db8::1",
        "fe80::1%eth0, fe80::1",
        "::1, ::1"
    })
    void allowAndCheckAgreeOnEveryFormOfAnAddress(String ip, String file) throws IOException {
        call(ip).run(new RelayCtrlAllow(), "relay-ctrl-allow");
        assertThat(names(spool)).containsExactly(file);
        for (String same : List.of(ip, file)) {
            assertThat(exec(call(same).run(new RelayCtrlCheck(), "relay-ctrl-check", "next"))
                            .env()
                            .get("RELAYCLIENT"))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "999.999.999.999",
                "1234567890123456",
                "01.2.3.4",
                "1.2.3",
                "1.2.3.4 ",
                "1.2.3.4\n",
                "1.2.3.4/x",
                "../1.2.3.4",
                "localhost",
                "::g",
                "1::2::3",
                "::ffff:1.2.3.400"
            })
    void whatIsNoAddressIsRefusedByBoth(String ip) throws IOException {
        TestingCall allow = call(ip);
        assertThat(allow.run(new RelayCtrlAllow(), "relay-ctrl-allow", "next")).isEqualTo(Tool.Exit.code(111));
        assertThat(allow.stderr()).isEqualTo("relay-ctrl-allow[4711]: Fatal: Must be run from tcp-env or tcpserver.\n");
        assertThat(names(spool)).isEmpty();

        TestingCall check = call(ip);
        Tool.Exit.Exec next = exec(check.run(new RelayCtrlCheck(), "relay-ctrl-check", "next"));
        assertThat(next.env().has("RELAYCLIENT")).isFalse();
        assertThat(check.stderr())
                .isEqualTo("relay-ctrl-check[4711]: Warning: $TCPREMOTEIP is no IP address, not checking IP\n");
    }

    // ---- the descriptor of relay-ctrl-chdir

    @Test
    void chdirHandsOnADescriptorThatTheProgramsBehindItUseAndGiveUp() throws IOException {
        Tool.Exit.Exec allow = exec(call("192.0.2.7").run(new RelayCtrlChdir(), "relay-ctrl-chdir", "a", "b"));
        int number = Integer.parseInt(String.valueOf(allow.env().get("RELAY_CTRL_DIR_FD")));
        assertThat(allow.argv()).isEqualTo(Args.of("a", "b"));
        assertThat(allow.kept().others())
                .containsExactly(java.util.Map.entry(number, new Descriptors.Other.Open(number)));
        assertThat(number).isLessThan(4096);
        assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + number)))
                .as("O_CLOEXEC")
                .containsPattern("flags:\\s+0[0-7]?2[0-7]{6}\n");

        Tool.Exit.Exec next = exec(new RelayCtrlAllow().run(invocation(allow)));
        assertThat(names(spool)).containsExactly("192.0.2.7");
        assertThat(next.kept().others()).isEmpty();
        assertThat(next.env()).isEqualTo(allow.env());
        assertThat(next.cwd()).isEqualTo(scratch);
        // The parent's, which runs the next connection with it.
        assertThat(Descriptor.isOpen(number)).isTrue();

        Tool.Exit.Exec smtpd = exec(new RelayCtrlCheck().run(invocation(allow)));
        assertThat(smtpd.env().get("RELAYCLIENT")).isEmpty();
        assertThat(smtpd.kept().others()).isEmpty();
        Descriptor.close(number);
    }

    @Test
    void theNumberMayStandForAnotherDescriptorOfThisProcess() throws IOException {
        int real = Descriptor.openDirectory(spool.toString());
        Tool.Invocation plain = call("192.0.2.7")
                .env("RELAY_CTRL_DIR_FD", "5")
                .env("RELAY_CTRL_DIR", "/nonexistent")
                .invocation("relay-ctrl-allow");
        Descriptors fds = plain.fds().with(5, new Descriptors.Other.Open(real));
        new RelayCtrlAllow().run(plain.with(plain.args(), plain.env(), fds));
        assertThat(names(spool)).containsExactly("192.0.2.7");
        Descriptor.close(real);
    }

    @Test
    void aDirectoryOfThisProcessThatWasNotHandedOnIsNotUsed() throws IOException {
        int ours = Descriptor.openDirectory(spool.toString());
        TestingCall call = call("192.0.2.7").env("RELAY_CTRL_DIR_FD", Integer.toString(ours));
        assertThat(call.run(new RelayCtrlAllow(), "relay-ctrl-allow")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stderr())
                .isEqualTo("relay-ctrl-allow[4711]: Warning: Could not chdir to FD : Bad file descriptor\n");
        assertThat(names(spool)).isEmpty();
        Descriptor.close(ours);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "9x", "-1", "99999999999", " 3"})
    void aNumberThatIsNoneIsInvalid(String number) throws IOException {
        TestingCall call = call("192.0.2.7").env("RELAY_CTRL_DIR_FD", number);
        exec(call.run(new RelayCtrlCheck(), "relay-ctrl-check", "next"));
        assertThat(call.stderr()).isEqualTo("relay-ctrl-check[4711]: Warning: Invalid value for $RELAY_CTRL_DIR_FD\n");
    }

    @Test
    void chdirHandsOnNoDescriptorOfAnEarlierChdir() throws IOException {
        int earlier = Descriptor.openDirectory(scratch.toString());
        Tool.Invocation plain = call("192.0.2.7")
                .env("RELAY_CTRL_DIR_FD", Integer.toString(earlier))
                .invocation("relay-ctrl-chdir", "next");
        Descriptors fds = plain.fds().with(earlier, new Descriptors.Other.Open(earlier));
        Tool.Exit.Exec next = exec(new RelayCtrlChdir().run(plain.with(plain.args(), plain.env(), fds)));
        int number = Integer.parseInt(String.valueOf(next.env().get("RELAY_CTRL_DIR_FD")));
        assertThat(next.kept().others()).isEqualTo(Map.of(number, new Descriptors.Other.Open(number)));
        assertThat(number).isNotEqualTo(earlier);
        Descriptor.close(number);
        Descriptor.close(earlier);
    }

    @Test
    void aRelativeDirectoryIsTakenFromTheWorkingDirectory() throws IOException {
        TestingCall call = call().env("RELAY_CTRL_DIR", "spool").env("TCPREMOTEIP", "192.0.2.7");
        call.run(new RelayCtrlAllow(), "relay-ctrl-allow");
        assertThat(names(spool)).containsExactly("192.0.2.7");
        Tool.Exit.Exec next = exec(call.run(new RelayCtrlChdir(), "relay-ctrl-chdir", "x"));
        Descriptor.close(Integer.parseInt(String.valueOf(next.env().get("RELAY_CTRL_DIR_FD"))));
    }

    private static Tool.Invocation invocation(Tool.Exit.Exec exec) {
        return new Tool.Invocation(exec.argv(), exec.env(), exec.cwd(), exec.identity(), exec.kept(), 4711);
    }

    // ---- nothing in a wrong place

    @Test
    void withoutItsDirectoryNothingIsWrittenOrReadInTheWorkingDirectory() throws IOException {
        Files.createFile(scratch.resolve("192.0.2.7"));
        for (String directory : List.of("/nonexistent", "", "/etc/passwd")) {
            TestingCall call = call().env("RELAY_CTRL_DIR", directory).env("TCPREMOTEIP", "192.0.2.9");
            assertThat(call.run(new RelayCtrlAllow(), "relay-ctrl-allow")).isEqualTo(Tool.Exit.code(0));
        }
        TestingCall check = call().env("RELAY_CTRL_DIR", "/nonexistent").env("TCPREMOTEIP", "192.0.2.7");
        assertThat(exec(check.run(new RelayCtrlCheck(), "relay-ctrl-check", "next"))
                        .env()
                        .has("RELAYCLIENT"))
                .isFalse();
        assertThat(names(scratch)).containsExactly("192.0.2.7", "spool");
    }

    @Test
    void anEmptyDirectoryNameIsNoDirectory() throws IOException {
        TestingCall call = call().env("RELAY_CTRL_DIR", "").env("TCPREMOTEIP", "192.0.2.9");
        call.run(new RelayCtrlAllow(), "relay-ctrl-allow");
        assertThat(call.stderr())
                .isEqualTo("relay-ctrl-allow[4711]: Warning: Could not change directory to '':"
                        + " No such file or directory\n");
        TestingCall chdir = call().env("RELAY_CTRL_DIR", "");
        assertThat(chdir.run(new RelayCtrlChdir(), "relay-ctrl-chdir", "x")).isEqualTo(Tool.Exit.code(111));
        assertThat(chdir.stderr())
                .isEqualTo("relay-ctrl-chdir[4711]: Fatal: Could not open dir '': No such file or directory\n");
        TestingCall age = call().env("RELAY_CTRL_DIR", "");
        assertThat(age.run(new RelayCtrlAge(), "relay-ctrl-age")).isEqualTo(Tool.Exit.code(1));
    }

    // ---- what goes into a file and comes out

    @Test
    void aUserWithControlCharactersIsLeftOutAndTold() throws IOException {
        TestingCall call = call("192.0.2.7").env("USER", "joe\nRoot: yes").env("DOMAIN", "example.com");
        call.run(new RelayCtrlAllow(), "relay-ctrl-allow");
        assertThat(Files.readString(spool.resolve("192.0.2.7"))).isEqualTo("DOMAIN=example.com\0");
        assertThat(call.stderr())
                .isEqualTo("relay-ctrl-allow[4711]: Warning: $USER or $DOMAIN has control characters or is too long,"
                        + " left out\n");
    }

    @Test
    void checkReplacesUserAndDomainOnlyWhereTheFileHasThem() throws IOException {
        Files.writeString(spool.resolve("192.0.2.7"), "USER=joe\0X=1\0");
        Tool.Exit.Exec next = exec(call("192.0.2.7")
                .env("USER", "qmaild")
                .env("DOMAIN", "d")
                .run(new RelayCtrlCheck(), "relay-ctrl-check", "next"));
        assertThat(next.env().get("USER")).isEqualTo("joe");
        assertThat(next.env().get("DOMAIN")).isEqualTo("d");
        assertThat(next.env().has("X")).isFalse();
    }

    @Test
    void courierWithAnEmptyAuthenticatedIsNotAuthenticated() throws IOException {
        call("192.0.2.7")
                .env("AUTHUSER", "x")
                .env("AUTHARGV0", "y")
                .env("AUTHENTICATED", "")
                .run(new RelayCtrlAllow(), "relay-ctrl-allow");
        assertThat(names(spool)).isEmpty();
    }

    // ---- expiry

    @ParameterizedTest
    @CsvSource({
        "600, 590, true",
        "600, 610, false",
        "' 30', 20, true",
        "+30, 40, false",
        "10x, 5, true",
        "99999999999999999999, 100000, true",
        "x, 890, true",
        "x, 910, false"
    })
    void expiryIsReadAsAtolDoes(String expiry, long age, boolean granted) throws IOException {
        Path file = Files.createFile(spool.resolve("192.0.2.7"));
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(age)));
        Tool.Exit.Exec next = exec(call("192.0.2.7")
                .env("RELAY_CTRL_EXPIRY", expiry)
                .run(new RelayCtrlCheck(), "relay-ctrl-check", "next"));
        assertThat(next.env().has("RELAYCLIENT")).isEqualTo(granted);
        call("192.0.2.7").env("RELAY_CTRL_EXPIRY", expiry).run(new RelayCtrlAge(), "relay-ctrl-age");
        assertThat(Files.exists(file)).isEqualTo(granted);
    }

    @Test
    void checkTellsWhatIsWrongWithAFile() throws IOException {
        Files.createSymbolicLink(spool.resolve("192.0.2.7"), Path.of("/etc/passwd"));
        TestingCall call = call("192.0.2.7");
        exec(call.run(new RelayCtrlCheck(), "relay-ctrl-check", "next"));
        assertThat(call.stderr())
                .isEqualTo("relay-ctrl-check[4711]: Warning: IP 192.0.2.7 found, but its file is a symbolic link,"
                        + " not used\n");
    }

    @Test
    void ageOfADirectoryThatIsNone() throws IOException {
        Path file = Files.createFile(scratch.resolve("file"));
        TestingCall call = call().env("RELAY_CTRL_DIR", file.toString());
        assertThat(call.run(new RelayCtrlAge(), "relay-ctrl-age")).isEqualTo(Tool.Exit.code(1));
        assertThat(call.stderr()).isEqualTo("relay-ctrl-age: Fatal: Could not change directory to '" + file + "'.\n");
        assertThat(file).exists();
    }

    @Test
    void theModeOfANamedDirectorysFilesIsTheOwnersAlone() throws IOException {
        call("192.0.2.7").run(new RelayCtrlAllow(), "relay-ctrl-allow");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(spool.resolve("192.0.2.7"))))
                .isEqualTo("rw-------");
    }
}
