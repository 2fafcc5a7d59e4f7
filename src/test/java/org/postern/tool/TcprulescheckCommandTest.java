package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.TestingCdb;

class TcprulescheckCommandTest {
    @TempDir
    private Path dir;

    private final TestingCall call = TestingCall.stdin("");

    private Tool.Exit run(String... args) throws IOException {
        return call.cwd(dir).run(new Tcprulescheck(), args);
    }

    private void cdb(String key, String value) throws IOException {
        TestingCdb.write(dir.resolve("r.cdb"), List.of(new TestingCdb.Entry(key, value)));
    }

    @Test
    void withoutTcpremoteipItAsksFor0000() throws IOException {
        cdb("0.0.0.0", "");
        assertThat(run("tcprulescheck", "r.cdb", "more")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("rule 0.0.0.0:\nallow connection\n");
    }

    @Test
    void instructionsAreShownUpToADeny() throws IOException {
        cdb("", "+A=b\0+odd\0?\0D\0+C=d\0");
        assertThat(run("tcprulescheck", "r.cdb")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout())
                .isEqualTo("rule :\nset environment variable A=b\nset environment variable odd\ndeny connection\n");
    }

    @Test
    void anIpv6AddressIsFoundUnderItsNetwork() throws IOException {
        cdb("2001:db8:0:", "D\0");
        call.env("TCPREMOTEIP", "2001:db8::1");
        assertThat(run("tcprulescheck", "r.cdb")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("rule 2001:db8:0::\ndeny connection\n");
    }

    @Test
    void noArgumentIsMisuse() throws IOException {
        assertThat(run("tcprulescheck")).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).isEqualTo("tcprulescheck: usage: tcprulescheck rules.cdb\n");
    }

    @Test
    void aFileCutShortIs111() throws IOException {
        cdb("10.", "D\0");
        byte[] octets = Files.readAllBytes(dir.resolve("r.cdb"));
        Files.write(dir.resolve("cut.cdb"), java.util.Arrays.copyOf(octets, 2060));
        assertThat(run("tcprulescheck", "cut.cdb")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr())
                .startsWith(
                        "tcprulescheck: fatal: unable to read cut.cdb: protocol error (no cdb, or not a whole one:");
        assertThat(call.stdout()).isEmpty();
    }

    @Test
    void aDirectoryIs111() throws IOException {
        assertThat(run("tcprulescheck", ".")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).isEqualTo("tcprulescheck: fatal: unable to read .: is a directory\n");
    }

    @Test
    void theEmptyNameIs111() throws IOException {
        assertThat(run("tcprulescheck", "")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).isEqualTo("tcprulescheck: fatal: unable to read : file does not exist\n");
    }
}
