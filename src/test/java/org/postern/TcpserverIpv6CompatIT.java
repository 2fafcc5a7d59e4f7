package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.TestingSideBySide.env;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSideBySide.Both;
import org.postern.TestingSideBySide.Client;
import org.postern.TestingSideBySide.Seen;

/** Our tcpserver beside Debian's ucspi-tcp-ipv6. */
class TcpserverIpv6CompatIT {
    @TempDir
    private Path dir;

    private TestingSideBySide pair;

    @BeforeEach
    void pair() {
        pair = new TestingSideBySide(TestingTcpserver.THEIRS_IPV6, dir);
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "0:0::1"})
    void ipv6(String host) throws IOException {
        pair.serve(env(), Client.from("::1"), "-v", "-RHl0", host, "PORT", "env", "-0")
                .alike();
    }

    @Test
    void ipv6AndIpv4OnOneSocket() throws IOException {
        pair.serve(env(), Client.from("::1", "127.0.0.5"), "-v", "-RHl0", "::0", "PORT", "env", "-0")
                .alike();
    }

    @Test
    void alwaysIpv6() throws IOException {
        pair.serve(env(), Client.from("::1", "127.0.0.5"), "-v6", "-RHl0", "::0", "PORT", "env", "-0")
                .alike();
    }

    /** Theirs reads an interface here that the system has not told it. */
    @Test
    void alwaysIpv6OnAnIpv4Socket() throws IOException {
        Both<Seen> seen = pair.serve(env(), Client.from("127.0.0.5"), "-v6", "-RHl0", "127.0.0.1", "PORT", "env", "-0");
        assertThat(seen.ours().received().getFirst())
                .contains("TCPREMOTEIP=::ffff:127.0.0.5")
                .isEqualTo(seen.theirs().received().getFirst().replaceAll("TCP6INTERFACE=[^,}]*, ", ""));
        assertThat(seen.ours().log()).isEqualTo(seen.theirs().log());
    }

    /** On an IPv4 socket ours is ucspi-tcp 0.88: without TCP6 names, and with the dotted address in the log. */
    @ParameterizedTest
    @ValueSource(strings = {"-4 0", "-R 127.0.0.1"})
    void ipv4(String optionAndHost) throws IOException {
        String[] words = optionAndHost.split(" ");
        Both<Seen> seen =
                pair.serve(env(), Client.from("127.0.0.5"), "-v", "-RHl0", words[0], words[1], "PORT", "env", "-0");
        assertThat(seen.ours().received().getFirst())
                .contains("TCPREMOTEIP=127.0.0.5")
                .isEqualTo(seen.theirs().received().getFirst().replaceAll("TCP6\\w+=[^,}]*(, )?", ""));
        assertThat(seen.ours().log()).isEqualTo(seen.theirs().log().replace("::ffff:", ""));
    }

    @Test
    void rules() throws IOException {
        Files.writeString(dir.resolve("r.txt"), "::1:allow,SIX=\"yes\"\n127.0.0.5:deny\n:allow\n");
        Path tcprules = Path.of(TestingTcpserver.THEIRS_IPV6).resolveSibling("tcprules");
        TestingPrograms.succeed("/bin/sh", "-c", "cd " + dir + " && " + tcprules + " r.cdb r.tmp <r.txt");
        List<Client> clients = Client.from("::1", "127.0.0.5", "127.0.0.6");
        Seen seen = pair.serve(env(), clients, "-v", "-RHl0", "-xr.cdb", "::0", "PORT", "env", "-0")
                .alike();
        assertThat(seen.received().getFirst()).contains("SIX=yes");
        assertThat(seen.received().get(1)).isEmpty();
    }
}
