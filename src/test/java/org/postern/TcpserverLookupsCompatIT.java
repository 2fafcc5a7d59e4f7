package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.TestingSideBySide.env;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSideBySide.Client;
import org.postern.TestingSideBySide.Seen;
import org.postern.dns.TestingDns;

/**
 * Our tcpserver beside Debian's ucspi-tcp (0.88): names of clients and server, and users by ident. Runs as root, for the
 * ports 53 and 113 of loopback addresses.
 */
class TcpserverLookupsCompatIT {
    private static final List<Client> NAMED = Client.from("127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.9");

    @TempDir
    private Path dir;

    private TestingSideBySide pair;

    @BeforeEach
    void pair() {
        pair = new TestingSideBySide(TestingTcpserver.THEIRS, dir);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-vR", "-vRhp", "-vRpP", "-vRHp"})
    void namesOfClients(String options) throws IOException {
        try (TestingDns _ = TestingNames.dns()) {
            Seen seen = pair.serve(env(), NAMED, options, "-l0", "127.0.0.1", "PORT", "env", "-0")
                    .alike();
            assertThat(seen.received().get(2).contains("TCPREMOTEHOST=liar.example.com"))
                    .isEqualTo(List.of("-vR", "-vRpP").contains(options));
        }
    }

    @Test
    void nameOfTheServer() throws IOException {
        try (TestingDns dns = TestingNames.dns()) {
            Seen seen = pair.serve(env(), NAMED.subList(0, 2), "-v", "-R", "-H", "127.0.0.1", "PORT", "env", "-0")
                    .alike();
            assertThat(seen.received().getFirst()).contains("TCPLOCALHOST=local.example.com");
            assertThat(dns.asked())
                    .as("theirs asks twice, ours once: design, 10")
                    .hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Q : USERID : UNIX : joe\r\n",
                "Q:USERID:UNIX:joe\r\n",
                "Q : USERID : UNIX : j\u00e9e b:c%d \r\n",
                "Q : USERID : UNIX : joe",
                "Q : USERID : UNIX :\r\n",
                "Q : USERID : OTHER,x :\t [abc]\n",
                "Q : ERROR : NO-USER\r\n",
                "",
                "\r\n",
                "1 , 2 : USERID : UNIX : someone else\r\n",
                "LONG\r\n",
                "LONG",
            })
    void userOfTheClient(String answer) throws IOException {
        String text = answer.replace("LONG", "Q : USERID : UNIX : " + "long".repeat(500));
        try (ServerSocket _ = TestingNames.ident("127.0.0.5", text)) {
            pair.serve(env(), NAMED.subList(0, 1), "-v", "-H", "-r", "-t5", "-l0", "127.0.0.1", "PORT", "env", "-0")
                    .alike();
        }
    }

    @Test
    void anIdentServerThatDoesNotAnswer() throws IOException {
        try (ServerSocket _ = TestingNames.silentIdent("127.0.0.5")) {
            Seen seen = pair.serve(
                            env(),
                            NAMED.subList(0, 1),
                            "-v",
                            "-H",
                            "-r",
                            "-t1",
                            "-l0",
                            "127.0.0.1",
                            "PORT",
                            "env",
                            "-0")
                    .alike();
            assertThat(seen.received().getFirst()).contains("PROTO").doesNotContain("TCPREMOTEINFO");
        }
    }
}
