package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.TestingSideBySide.env;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSideBySide.Both;
import org.postern.TestingSideBySide.Client;
import org.postern.TestingSideBySide.Seen;
import org.postern.dns.TestingDns;
import org.postern.os.Octets;

/** Our tcpserver beside Debian's ucspi-tcp (0.88): rules, compiled by its tcprules. */
class TcpserverRulesCompatIT {
    private static final List<Client> SEVERAL =
            Client.from("127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.1.9", "127.9.9.9");

    @TempDir
    private Path dir;

    private TestingSideBySide pair;

    @BeforeEach
    void pair() {
        pair = new TestingSideBySide(TestingTcpserver.THEIRS, dir);
    }

    private void rules(String name, String text) throws IOException {
        Path source = Files.write(dir.resolve(name + ".txt"), Octets.bytes(text));
        TestingPrograms.succeed(
                "/bin/sh", "-c", "cd " + dir + " && /usr/bin/tcprules " + name + " " + name + ".tmp <" + source);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.5:allow,FOO=\"bar\",RELAYCLIENT=\"\"\n127.0.0.6:deny\n",
                "127.0.0.:deny\n127.0.0.7:allow\n:allow,D=\"\u00e9\"\n",
                "127.0.0.5-6:allow,RANGE=/x y/\n127.0.0-1.:deny\n",
                ":deny\n",
                "",
                ":allow,PATH=\"/nonexistent\",TCPREMOTEIP=\"1.2.3.4\"\n",
                "127.0.0.5:allow,A=\"1\",A=\"2\",EMPTY=\"\"\njoe@127.0.0.6:deny\n=host7.example.com:deny\n",
            })
    void rules(String rules) throws IOException {
        rules("r.cdb", rules);
        pair.serve(env(), SEVERAL, "-v", "-x", "r.cdb", "-R", "-H", "-l0", "127.0.0.1", "PORT", "env", "-0")
                .alike();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-v", "-vp"})
    void rulesForNamesAndUsers(String options) throws IOException {
        rules(
                "r.cdb",
                "joe@127.0.0.5:allow,BY=\"user and address\"\njoe@=host5.example.com:allow,BY=\"user and name\"\n"
                        + "=host6.example.com:deny\n=.example.com:allow,BY=\"domain\"\n=:allow,BY=\"some name\"\n"
                        + ":allow,BY=\"default\"\n");
        List<Client> clients = Client.from("127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.9");
        try (TestingDns _ = TestingNames.dns();
                ServerSocket _ = TestingNames.ident("127.0.0.5", "Q : USERID : UNIX : joe\r\n")) {
            Seen seen = pair.serve(
                            env(), clients, options, "-x", "r.cdb", "-t2", "-l0", "127.0.0.1", "PORT", "env", "-0")
                    .alike();
            assertThat(seen.received().getFirst()).contains("BY=user and address");
            assertThat(seen.received().get(1)).isEmpty();
            assertThat(seen.received().get(2)).contains(options.equals("-v") ? "BY=domain" : "BY=default");
            assertThat(seen.received().get(3)).contains("BY=default");
        }
    }

    /** A name and options for it: -X serves where there is no file, and only there. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-v none.cdb",
                "-vX none.cdb",
                "-Q none.cdb",
                "-q none.cdb",
                "-vX none/r.cdb",
                "-vX r.cdb/x",
                "-vX loop"
            })
    void filesThatCannotBeRead(String optionAndName) throws IOException {
        rules("r.cdb", ":allow\n");
        Files.createSymbolicLink(dir.resolve("loop"), Path.of("loop"));
        String[] words = optionAndName.split(" ");
        List<Client> one = Client.from("127.0.0.5");
        pair.serve(env(), one, words[0], "-RHl0", "-x", words[1], "127.0.0.1", "PORT", "echo", "served")
                .alike();
    }

    /** Nobody is served by them. Ours says more of what is wrong; theirs crashes where they are a directory. */
    @ParameterizedTest
    @CsvSource({
        "dir, status 11, is a directory",
        "short.cdb, protocol error, 'protocol error (no cdb, or not a whole one: it ends at octet 2000, its header at 2048)'",
        "empty.cdb, invalid argument, 'protocol error (no cdb, or not a whole one: it ends at octet 0, its header at 2048)'"
    })
    void filesThatAreNoRules(String name, String theirs, String ours) throws IOException {
        rules("r.cdb", ":allow\n");
        Files.write(dir.resolve("short.cdb"), Arrays.copyOf(Files.readAllBytes(dir.resolve("r.cdb")), 2000));
        Files.createFile(dir.resolve("empty.cdb"));
        Files.createDirectory(dir.resolve("dir"));
        Both<Seen> seen = pair.serve(
                env(), Client.from("127.0.0.5"), "-vX", "-RHl0", "-x", name, "127.0.0.1", "PORT", "echo", "served");
        assertThat(List.of(seen.theirs().received(), seen.ours().received())).containsOnly(List.of(""));
        assertThat(seen.theirs().log()).contains(theirs + "\n");
        assertThat(seen.ours().log())
                .contains("tcpserver: warning: dropping connection, unable to read " + name + ": " + ours + "\n");
    }

    @Test
    void rulesAreReadAnewForEachConnection() throws IOException {
        rules("deny.cdb", ":deny\n");
        rules("allow.cdb", "127.0.0.5:allow\n:deny\n");
        pair.both(tcpserver -> {
                    int port = TestingTcpserver.freePort();
                    Path cdb = dir.resolve(port + ".cdb");
                    Files.copy(dir.resolve("deny.cdb"), cdb);
                    List<String> argv = List.of(tcpserver, "-RHl0", "-x", cdb + "", "0", port + "", "echo", "served");
                    try (TestingTcpserver server =
                            TestingTcpserver.start(argv, env(), dir, port).awaitListening()) {
                        String before = server.talk("127.0.0.5", "");
                        Path replaced = Files.copy(dir.resolve("allow.cdb"), dir.resolve(port + ".tmp"));
                        Files.move(replaced, cdb, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
                        assertThat(List.of(before, server.talk("127.0.0.5", ""), server.talk("127.0.0.6", "")))
                                .as(tcpserver)
                                .containsExactly("", "served\n", "");
                    }
                    return true;
                })
                .alike();
    }

    @Test
    void rulesAreReadAsTheUser() throws IOException {
        rules("r.cdb", ":allow\n");
        Files.setPosixFilePermissions(dir.resolve("r.cdb"), PosixFilePermissions.fromString("rw-------"));
        List<Client> one = Client.from("127.0.0.5");
        Seen seen = pair.serve(
                        env(),
                        one,
                        "-v",
                        "-u65534",
                        "-g65534",
                        "-RHl0",
                        "-xr.cdb",
                        "127.0.0.1",
                        "PORT",
                        "echo",
                        "served")
                .alike();
        assertThat(seen.received()).containsExactly("");
        assertThat(seen.log()).contains("unable to read r.cdb");
    }
}
