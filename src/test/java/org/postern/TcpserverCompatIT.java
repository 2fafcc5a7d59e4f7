package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.dns.TestingDns;
import org.postern.os.Octets;

/**
 * Our tcpserver beside Debian's (ucspi-tcp 0.88, and ucspi-tcp-ipv6): the same command line, environment and clients; the
 * same octets to the client, log, environment of the program, exit code. Runs as root, for -u, -g, port 113 and the
 * name server's port 53 on a loopback address of its own.
 */
class TcpserverCompatIT {
    private static final String NAME_SERVER = "127.53.0.1";
    private static final String PATH = "/usr/bin:/bin";
    private static final String NOBODY = "65534";

    private static String ours;

    @TempDir
    private Path dir;

    @BeforeAll
    static void links() throws IOException {
        ours = TestingPrograms.links().resolve("tcpserver").toString();
    }

    @BeforeEach
    void openForAll() throws IOException {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A client: where it comes from, and what it sends. */
    private record Client(String from, String sends) {}

    /** What can be compared. */
    private record Seen(int status, List<String> received, String stdout, String log) {}

    private static final List<Client> ONE = List.of(new Client("127.0.0.5", ""));

    private static Map<String, String> env(String... more) {
        Map<String, String> env = new TreeMap<>(Map.of("PATH", PATH, "DNSCACHEIP", NAME_SERVER));
        for (int i = 0; i < more.length; i += 2) {
            env.put(more[i], more[i + 1]);
        }
        return env;
    }

    /** One run: the clients one after the other, then TERM. PORT among the arguments is a free port. */
    private Seen run(String tcpserver, Map<String, String> env, List<Client> clients, String... arguments)
            throws IOException {
        int port = TestingTcpserver.freePort();
        List<String> argv = new ArrayList<>(List.of(tcpserver));
        for (String argument : arguments) {
            argv.add(argument.equals("PORT") ? String.valueOf(port) : argument);
        }
        try (TestingTcpserver server =
                TestingTcpserver.start(argv, env, dir, port).awaitListening()) {
            List<String> received = new ArrayList<>();
            int ends = 0;
            for (Client client : clients) {
                received.add(masked(server.talk(client.from, client.sends), port));
                ends++;
                if (List.of(arguments).contains("-v")) {
                    int so = ends;
                    await().atMost(Duration.ofSeconds(30))
                            .until(() -> server.stderr().split("tcpserver: end ", -1).length > so);
                    await().atMost(Duration.ofSeconds(30))
                            .until(() ->
                                    server.stderr().matches("(?s).*end \\d+ status \\d+\ntcpserver: status: .*\n"));
                }
            }
            int status = server.stop();
            return new Seen(status, received, server.stdout().replace(port + "\n", "PORT\n"), server.log());
        }
    }

    /** The port of each side differs, and the order of variables is nobody's promise. */
    private static String masked(String received, int port) {
        if (!received.contains("PROTO=")) {
            return received.replace(String.valueOf(port), "PORT");
        }
        int start = Math.max(received.lastIndexOf('\n', received.indexOf('=')), -1) + 1;
        Map<String, String> variables =
                TestingTcpserver.variables(received.substring(start), received.indexOf('\0') >= 0 ? '\0' : '\n');
        variables.replaceAll((name, value) -> switch (name) {
            case "TCPLOCALPORT", "TCP6LOCALPORT" -> value.equals(String.valueOf(port)) ? "PORT" : value;
            case "TCPREMOTEPORT", "TCP6REMOTEPORT" -> value.matches("[1-9]\\d{3,4}") ? "C" : value;
            default -> value;
        });
        return received.substring(0, start) + variables;
    }

    private Seen alike(Map<String, String> env, List<Client> clients, String... arguments) throws IOException {
        return alike(TestingTcpserver.THEIRS, env, clients, arguments);
    }

    private Seen alike(String theirs, Map<String, String> env, List<Client> clients, String... arguments)
            throws IOException {
        Seen their = run(theirs, env, clients, arguments);
        Seen our = run(ours, env, clients, arguments);
        assertThat(our).isEqualTo(their);
        return their;
    }

    // ---- environment, and what the log says

    static List<List<String>> lines() {
        return List.of(
                List.of("-v", "-R", "-H", "-l0", "127.0.0.1", "PORT", "env", "-0"),
                List.of("-v", "-R", "-H", "-l", "mx.example", "127.0.0.1", "PORT", "env", "-0"),
                List.of("-vRHl0", "127.0.0.1", "PORT", "env", "-0"),
                List.of("-v", "-RHl", "", "--", "0", "PORT", "env", "-0"),
                List.of("-q", "-R", "-H", "-l0", "0", "PORT", "env", "-0"),
                List.of("-Q", "-R", "-H", "-l0", "", "PORT", "env", "-0"),
                List.of("-v", "-q", "-v", "-R", "-H", "-l0", "0", "PORT", "env", "-0"),
                List.of("-v", "-r", "-R", "-h", "-H", "-p", "-P", "-o", "-O", "-d", "-D", "-l0", "0", "PORT", "env"),
                List.of("-v", "-1", "-R", "-H", "-l0", "0", "PORT", "env", "-0"),
                List.of("-v", "-B", "220 hi\r\n", "-R", "-H", "-l0", "0", "PORT", "true"),
                List.of("-v", "-Bone", "-Btwo", "-R", "-H", "-l0", "0", "PORT", "true"),
                List.of("-v", "-c", "3x", "-b", "5x", "-t", "7x", "-R", "-H", "-l0", "0", "PORT", "true"),
                List.of("-v", "-l", "a:b c%d\u00e9", "-R", "-H", "0", "PORT", "env", "-0"),
                List.of("-v", "-l", "n".repeat(300), "-R", "-H", "0", "PORT", "env", "-0"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "sh", "-c", "exit 7"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "sh", "-c", "exit 111"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "sh", "-c", "kill -9 $$"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "sh", "-c", "kill -TERM $$"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "sh", "-c", "echo to the log >&2; echo to the client"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "/nonexistent"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "nonexistent"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", ""),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "/etc/passwd"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "/usr"),
                List.of("-Q", "-R", "-H", "-l0", "0", "PORT", "/nonexistent"),
                List.of("-q", "-R", "-H", "-l0", "0", "PORT", "/nonexistent"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "./here", "a"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "./no-interpreter"),
                List.of("-v", "-R", "-H", "-l0", "0", "PORT", "sh", "-c", "pwd; ls -l /proc/$$/fd | grep -c ' -> '"));
    }

    @ParameterizedTest
    @MethodSource
    void lines(List<String> arguments) throws IOException {
        Path here = Files.writeString(dir.resolve("here"), "#!/bin/sh\necho \"here: $*\"\n");
        Path broken = Files.writeString(dir.resolve("no-interpreter"), "#!/nonexistent\n");
        for (Path script : List.of(here, broken)) {
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        List<Client> clients = List.of(new Client("127.0.0.5", ""), new Client("127.0.0.6", ""));
        Seen seen = alike(env("X", "\u00e9\u00ff"), clients, arguments.toArray(String[]::new));
        assertThat(seen.status).as("TERM ends it with 0").isZero();
    }

    /** What a program in front of tcpserver may have left in the environment is true or gone. */
    @Test
    void whatTheEnvironmentSaysOfAnotherConnectionIsReplaced() throws IOException {
        String[] old = {
            "PROTO", "UDP",
            "TCPLOCALIP", "9.9.9.9",
            "TCPLOCALPORT", "9",
            "TCPLOCALHOST", "old",
            "TCPREMOTEIP", "8.8.8.8",
            "TCPREMOTEPORT", "8",
            "TCPREMOTEHOST", "old",
            "TCPREMOTEINFO", "old",
            "RELAYCLIENT", "stays"
        };
        Seen seen = alike(env(old), ONE, "-v", "-R", "-H", "-l0", "0", "PORT", "env", "-0");
        assertThat(seen.received.getFirst()).contains("RELAYCLIENT=stays").doesNotContain("old");
    }

    @Test
    void octetsPassThroughUnchanged() throws IOException {
        Seen seen = alike(
                env("O", "caf\u00e9"),
                List.of(new Client("127.0.0.5", "\u00e9\u00ff\0x\n")),
                "-v",
                "-R",
                "-H",
                "-l",
                "mx\u00e9",
                "-B",
                "hall\u00e9 ",
                "0",
                "PORT",
                "sh",
                "-c",
                "printf '%s|' \"$TCPLOCALHOST\" \"$O\" \"$@\"; head -c 5",
                "sh",
                "a\u00e9b",
                "",
                "c d");
        assertThat(seen.received).containsExactly("hall\u00e9 mx\u00e9|caf\u00e9|a\u00e9b||c d|\u00e9\u00ff\0x\n");
        assertThat(seen.log).contains("mx?:127.0.0.1:PORT");
    }

    @Test
    void theLineBelowAnEmptyEnvironment() throws IOException {
        Seen seen = alike(Map.of(), ONE, "-v", "-R", "-H", "-l0", "127.0.0.1", "PORT", "env");
        assertThat(seen.received.getFirst()).contains("PROTO=TCP").doesNotContain("PATH");
    }

    // ---- look-ups

    private static TestingDns names() throws IOException {
        return new TestingDns(new InetSocketAddress(InetAddress.ofLiteral(NAME_SERVER), 53))
                .with("1.0.0.127.in-addr.arpa.", "PTR", "Local.Example.com.")
                .with("5.0.0.127.in-addr.arpa.", "PTR", "host5.example.com.")
                .with("host5.example.com.", "A", "127.0.0.5")
                .with("6.0.0.127.in-addr.arpa.", "PTR", "HOST6.Example.COM.")
                .with("host6.example.com.", "A", "192.0.2.1")
                .with("host6.example.com.", "A", "127.0.0.6")
                .with("7.0.0.127.in-addr.arpa.", "PTR", "liar.example.com.")
                .with("liar.example.com.", "A", "192.0.2.1");
    }

    private static final List<Client> NAMED = List.of(
            new Client("127.0.0.5", ""),
            new Client("127.0.0.6", ""),
            new Client("127.0.0.7", ""),
            new Client("127.0.0.9", ""));

    @ParameterizedTest
    @ValueSource(strings = {"-vR", "-vRh", "-vRhp", "-vRp", "-vRpP", "-vRHp", "-vRH"})
    void namesOfClients(String options) throws IOException {
        try (TestingDns _ = names()) {
            Seen seen = alike(env(), NAMED, options, "-v", "-l0", "127.0.0.1", "PORT", "env", "-0");
            assertThat(seen.received.get(2).contains("TCPREMOTEHOST=liar.example.com"))
                    .isEqualTo(List.of("-vR", "-vRh", "-vRpP").contains(options));
        }
    }

    @Test
    void nameOfTheServer() throws IOException {
        try (TestingDns dns = names()) {
            Seen seen = alike(env(), NAMED.subList(0, 2), "-v", "-R", "-H", "127.0.0.1", "PORT", "env", "-0");
            assertThat(seen.received.getFirst()).contains("TCPLOCALHOST=local.example.com");
            // Theirs twice, ours once: design, 10.
            assertThat(dns.asked()).hasSize(3);
        }
    }

    /** An ident server that answers each question with the next of these. */
    private static ServerSocket ident(String address, String answer) throws IOException {
        ServerSocket server = new ServerSocket(113, 10, InetAddress.ofLiteral(address));
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    StringBuilder question = new StringBuilder();
                    int c;
                    while ((c = client.getInputStream().read()) >= 0 && c != '\n') {
                        question.append((char) c);
                    }
                    OutputStream out = client.getOutputStream();
                    out.write(
                            Octets.bytes(answer.replace("Q", question.toString().strip())));
                    out.flush();
                } catch (IOException e) {
                    continue;
                }
            }
        });
        return server;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Q : USERID : UNIX : joe\r\n",
                "Q:USERID:UNIX:joe\r\n",
                "Q : USERID : UNIX : j\u00e9e b:c \r\n",
                "Q : USERID : UNIX : joe",
                "Q : USERID : UNIX :\r\n",
                "Q : USERID : OTHER,x :\t [abc]%\n",
                "Q : ERROR : NO-USER\r\n",
                "",
                "\r\n",
                "1 , 2 : USERID : UNIX : someone else\r\n",
            })
    void userOfTheClient(String answer) throws IOException {
        try (ServerSocket _ = ident("127.0.0.5", answer)) {
            alike(env(), ONE, "-v", "-H", "-r", "-t5", "-l0", "127.0.0.1", "PORT", "env", "-0");
        }
    }

    @Test
    void longAnswersOfIdent() throws IOException {
        for (int length : new int[] {50, 150, 900, 2000}) {
            try (ServerSocket _ = ident("127.0.0.5", "Q : USERID : UNIX : " + "u".repeat(length) + "\r\n")) {
                alike(env(), ONE, "-v", "-H", "-t5", "-l0", "127.0.0.1", "PORT", "env", "-0");
            }
        }
    }

    @Test
    void anIdentServerThatDoesNotAnswer() throws IOException {
        try (ServerSocket silent = new ServerSocket(113, 10, InetAddress.ofLiteral("127.0.0.5"))) {
            assertThat(silent.isBound()).isTrue();
            Seen seen = alike(env(), ONE, "-v", "-H", "-r", "-t1", "-l0", "127.0.0.1", "PORT", "env", "-0");
            assertThat(seen.received.getFirst()).doesNotContain("TCPREMOTEINFO");
        }
    }

    // ---- rules

    private void rules(String name, String text) throws IOException {
        Path source = Files.writeString(dir.resolve(name + ".txt"), "");
        Files.write(source, Octets.bytes(text));
        TestingPrograms.succeed(
                "/bin/sh", "-c", "cd " + dir + " && /usr/bin/tcprules " + name + " " + name + ".tmp <" + source);
    }

    private static final List<Client> SEVERAL = List.of(
            new Client("127.0.0.5", ""),
            new Client("127.0.0.6", ""),
            new Client("127.0.0.7", ""),
            new Client("127.0.1.9", ""),
            new Client("127.9.9.9", ""));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.5:deny\n",
                "127.0.0.5:allow,FOO=\"bar\",RELAYCLIENT=\"\"\n127.0.0.6:deny\n",
                "127.0.0.:deny\n127.0.0.7:allow\n:allow,D=\"\u00e9\"\n",
                "127.0.0.5-6:allow,RANGE=/x y/\n127.0.0-1.:deny\n",
                ":deny\n",
                "",
                ":allow,PATH=\"/nonexistent\",TCPREMOTEIP=\"1.2.3.4\"\n",
                "127.0.0.5:allow,A=\"1\",A=\"2\",EMPTY=\"\"\n",
                "joe@127.0.0.5:deny\n127.0.0.5:allow,NOT=\"joe\"\n",
                "=host5.example.com:deny\n127.0.0.6:deny\n",
            })
    void rules(String rules) throws IOException {
        rules("r.cdb", rules);
        alike(env(), SEVERAL, "-v", "-x", "r.cdb", "-R", "-H", "-l0", "127.0.0.1", "PORT", "env", "-0");
        alike(env(), SEVERAL, "-v", "-X", "-x", dir + "/r.cdb", "-RHl0", "127.0.0.1", "PORT", "env", "-0");
    }

    @Test
    void rulesForNamesAndUsers() throws IOException {
        rules(
                "r.cdb",
                "joe@127.0.0.5:allow,BY=\"user and address\"\njoe@=host5.example.com:allow,BY=\"user and name\"\n"
                        + "=host6.example.com:deny\n=.example.com:allow,BY=\"domain\"\n=:allow,BY=\"some name\"\n"
                        + ":allow,BY=\"default\"\n");
        try (TestingDns _ = names();
                ServerSocket _ = ident("127.0.0.5", "Q : USERID : UNIX : joe\r\n")) {
            Seen seen = alike(env(), NAMED, "-v", "-x", "r.cdb", "-t2", "-l0", "127.0.0.1", "PORT", "env", "-0");
            assertThat(seen.received.getFirst()).contains("BY=user and address");
            assertThat(seen.received.get(1)).isEmpty();
            assertThat(seen.received.get(2)).contains("BY=domain");
            assertThat(seen.received.get(3)).contains("BY=default");
            alike(env(), NAMED, "-v", "-p", "-x", "r.cdb", "-t2", "-l0", "127.0.0.1", "PORT", "env", "-0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none.cdb", "none/r.cdb", "dir", "short.cdb", "empty.cdb", "r.cdb/x", "loop"})
    void filesThatAreNoRules(String name) throws IOException {
        rules("r.cdb", "127.0.0.5:deny\n127.0.0.6:allow,A=\"x\"\n");
        byte[] whole = Files.readAllBytes(dir.resolve("r.cdb"));
        Files.write(dir.resolve("short.cdb"), java.util.Arrays.copyOf(whole, 2000));
        Files.createFile(dir.resolve("empty.cdb"));
        Files.createDirectory(dir.resolve("dir"));
        Files.createSymbolicLink(dir.resolve("loop"), Path.of("loop"));
        for (String options : List.of("-v", "-vX", "-Q", "-q")) {
            alike(env(), ONE, options, "-RHl0", "-x", name, "127.0.0.1", "PORT", "echo", "served");
        }
    }

    @Test
    void rulesAreReadAnewForEachConnection() throws IOException {
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            rules("r.cdb", ":deny\n");
            int port = TestingTcpserver.freePort();
            try (TestingTcpserver server = TestingTcpserver.start(
                            List.of(tcpserver, "-RHl0", "-xr.cdb", "0", port + "", "echo", "served"), env(), dir, port)
                    .awaitListening()) {
                assertThat(server.talk("127.0.0.5", "")).isEmpty();
                rules("r.cdb", "127.0.0.5:allow\n:deny\n");
                assertThat(server.talk("127.0.0.5", "")).isEqualTo("served\n");
                assertThat(server.talk("127.0.0.6", "")).isEmpty();
            }
        }
    }

    // ---- ids

    @ParameterizedTest
    @ValueSource(
            strings = {"-u65534 -g65534", "-u1 -g2", "-g65534", "-u65534", "-U", "-u7 -U", "-U -u7", "-g0", "-u0x"})
    void ids(String options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
        arguments.addAll(List.of("-vRHl0", "-v", "127.0.0.1", "PORT", "sh", "-c", "id -u; id -g; id -G"));
        Seen seen = alike(env("UID", NOBODY, "GID", "12"), ONE, arguments.toArray(String[]::new));
        assertThat(seen.received.getFirst()).isNotEmpty();
    }

    @Test
    void rulesAreReadAsTheUser() throws IOException {
        rules("r.cdb", ":allow\n");
        Files.setPosixFilePermissions(dir.resolve("r.cdb"), PosixFilePermissions.fromString("rw-------"));
        Seen seen = alike(
                env(), ONE, "-v", "-u65534", "-g65534", "-RHl0", "-xr.cdb", "127.0.0.1", "PORT", "echo", "served");
        assertThat(seen.received).containsExactly("");
        assertThat(seen.log).contains("unable to read r.cdb");
    }

    // ---- the socket

    private static final String SOCKET_OPTIONS = "import socket; s = socket.socket(fileno=0); "
            + "print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0, "
            + "len(s.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40)), "
            + "s.getpeername()[0], s.getblocking())";

    /** A client with a record route option, which a listening socket's connections give back. */
    private static final String CLIENT_WITH_IP_OPTIONS = "import socket, sys; s = socket.socket(); "
            + "s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([7, 7, 4, 0, 0, 0, 0, 0])); "
            + "s.bind(('127.0.0.5', 0)); s.connect(('127.0.0.1', int(sys.argv[1]))); print(s.recv(1000).decode())";

    @ParameterizedTest
    @ValueSource(strings = {"-od", "-oD", "-Od", "-OD", "-v", "-D", "-o"})
    void optionsOfTheSocket(String options) throws IOException {
        List<String> seen = new ArrayList<>();
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            int port = TestingTcpserver.freePort();
            List<String> argv =
                    List.of(tcpserver, options, "-RHl0", "0", port + "", "/usr/bin/python3", "-c", SOCKET_OPTIONS);
            try (TestingTcpserver server =
                    TestingTcpserver.start(argv, env(), dir, port).awaitListening()) {
                seen.add(TestingPrograms.succeed("/usr/bin/python3", "-c", CLIENT_WITH_IP_OPTIONS, port + ""));
            }
        }
        assertThat(seen.get(1)).isEqualTo(seen.get(0));
        assertThat(seen.get(0)).startsWith(options.contains("D") ? "True" : "False");
    }

    /** Behind -c the next client waits, and is served when one has gone; nobody is turned away. */
    @Test
    void limitOfSessions() throws IOException {
        List<String> logs = new ArrayList<>();
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            int port = TestingTcpserver.freePort();
            List<String> argv = List.of(tcpserver, "-v", "-c2", "-RHl0", "0", port + "", "sh", "-c", "echo hi; read x");
            try (TestingTcpserver server =
                            TestingTcpserver.start(argv, env(), dir, port).awaitListening();
                    Socket first = server.connect("127.0.0.5");
                    Socket second = server.connect("127.0.0.6")) {
                assertThat(Octets.of(first.getInputStream().readNBytes(3))).isEqualTo("hi\n");
                assertThat(Octets.of(second.getInputStream().readNBytes(3))).isEqualTo("hi\n");
                try (Socket third = server.connect("127.0.0.7")) {
                    await().until(() -> server.waiting() == 1);
                    first.getOutputStream().write('\n');
                    assertThat(Octets.of(third.getInputStream().readNBytes(3))).isEqualTo("hi\n");
                    third.getOutputStream().write('\n');
                    assertThat(third.getInputStream().read()).isEqualTo(-1);
                }
                second.getOutputStream().write('\n');
                server.awaitLog("status: 0/2\ntcpserver: status: 1/2");
                await().until(() -> server.stderr().endsWith("tcpserver: status: 0/2\n"));
                assertThat(server.stop()).isZero();
                logs.add(server.log());
            }
        }
        assertThat(sorted(logs.get(1))).isEqualTo(sorted(logs.get(0)));
    }

    private static List<String> sorted(String log) {
        return log.lines().sorted().toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void backlog(int backlog) throws IOException {
        List<Integer> waiting = new ArrayList<>();
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            int port = TestingTcpserver.freePort();
            List<String> argv = List.of(
                    tcpserver, "-c1", "-b", backlog + "", "-RHl0", "0", port + "", "sh", "-c", "echo hi; read x");
            List<Socket> clients = new ArrayList<>();
            try (TestingTcpserver server =
                    TestingTcpserver.start(argv, env(), dir, port).awaitListening()) {
                Socket served = server.connect("127.0.0.5");
                clients.add(served);
                assertThat(served.getInputStream().read()).isEqualTo('h');
                for (int i = 0; i <= backlog; i++) {
                    clients.add(server.connect("127.0.0.6"));
                }
                int most = backlog + 1;
                await().until(() -> server.waiting() == most);
                Socket tooMany = new Socket();
                clients.add(tooMany);
                try {
                    tooMany.connect(new InetSocketAddress("127.0.0.1", port), 300);
                } catch (java.net.SocketTimeoutException e) {
                    // The system keeps it waiting.
                }
                waiting.add(server.waiting());
            } finally {
                for (Socket client : clients) {
                    client.close();
                }
            }
        }
        assertThat(waiting).containsExactly(backlog + 1, backlog + 1);
    }

    // ---- starting and ending

    @Test
    void thePortOnStandardOutput() throws IOException {
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            try (TestingTcpserver server = TestingTcpserver.start(
                    List.of(tcpserver, "-1", "-RHl0", "127.0.0.1", "0", "echo", "hi"), env(), dir, 0)) {
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> server.stdout().endsWith("\n"));
                int port = Integer.parseInt(server.stdout().strip());
                try (Socket client = new Socket("127.0.0.1", port)) {
                    assertThat(Octets.of(client.getInputStream().readAllBytes()))
                            .isEqualTo("hi\n");
                }
            }
        }
    }

    static List<List<String>> refused() {
        return List.of(
                List.of(),
                List.of("0"),
                List.of("0", "25"),
                List.of("-v"),
                List.of("-Z", "0", "1", "true"),
                List.of("-vZq", "0", "1", "true"),
                List.of("-c"),
                List.of("-v", "-x"),
                List.of("--", "0", "25"),
                List.of("--help", "0", "25", "true"),
                List.of("-", "0", "25"),
                List.of("-RHl0", "127.0.0.1", "nosuchservice", "true"),
                List.of("-RHl0", "127.0.0.1", "", "true"),
                List.of("-RHl0", "127.0.0.1", "TAKEN", "true"),
                List.of("-qRHl0", "127.0.0.1", "TAKEN", "true"),
                List.of("-vRHl0", "127.0.0.1", "TAKEN", "true"),
                List.of("-RHl0", "192.0.2.1", "PORT", "true"),
                List.of("-RHl0", "nosuch.invalid", "PORT", "true"),
                List.of("-RHl0", "-qq", "127.0.0.1", "TAKEN", "/nonexistent"));
    }

    @ParameterizedTest
    @MethodSource
    void refused(List<String> arguments) throws IOException {
        try (TestingDns _ = names();
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            List<String> seen = new ArrayList<>();
            for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
                List<String> argv = new ArrayList<>(List.of(tcpserver));
                for (String argument : arguments) {
                    argv.add(
                            switch (argument) {
                                case "TAKEN" -> String.valueOf(taken.getLocalPort());
                                case "PORT" -> String.valueOf(TestingTcpserver.freePort());
                                default -> argument;
                            });
                }
                try (TestingTcpserver server = TestingTcpserver.start(argv, env(), dir, 0)) {
                    seen.add(server.ended() + ": " + server.stdout() + server.stderr());
                }
            }
            assertThat(seen.get(1)).isEqualTo(seen.get(0));
        }
    }

    /** Who has no right to a port or to ids, as an ordinary user. */
    @ParameterizedTest
    @ValueSource(strings = {"-u1", "-g1", "-U", "-u65534", "-g65534"})
    void refusedToAnOrdinaryUser(String option) throws IOException {
        List<String> seen = new ArrayList<>();
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            int port = TestingTcpserver.freePort();
            List<String> argv = List.of(
                    "/usr/bin/setpriv",
                    "--reuid=" + NOBODY,
                    "--regid=" + NOBODY,
                    "--clear-groups",
                    tcpserver,
                    option,
                    "-vRHl0",
                    "127.0.0.1",
                    port + "",
                    "true");
            try (TestingTcpserver server = TestingTcpserver.start(argv, env("UID", "1", "GID", "1"), dir, port)
                    .awaitListening()) {
                seen.add(server.stop() + ": " + server.stdout() + server.stderr());
            }
        }
        assertThat(seen.get(1)).isEqualTo(seen.get(0));
    }

    /** Theirs is gone at once and leaves its children; ours, whose sessions may be in the process, waits for them. */
    @Test
    void afterTermTheSessionGoesOnAndNobodyElseIsServed() throws IOException {
        for (String tcpserver : List.of(TestingTcpserver.THEIRS, ours)) {
            int port = TestingTcpserver.freePort();
            List<String> argv =
                    List.of(tcpserver, "-v", "-RHl0", "127.0.0.1", port + "", "sh", "-c", "echo hi; read x; echo $x");
            try (TestingTcpserver server =
                            TestingTcpserver.start(argv, env(), dir, port).awaitListening();
                    Socket client = server.connect("127.0.0.5")) {
                assertThat(Octets.of(client.getInputStream().readNBytes(3))).isEqualTo("hi\n");
                server.signal(15);
                await().atMost(Duration.ofSeconds(20)).until(() -> refuses(port));
                client.getOutputStream().write(Octets.bytes("still here\n"));
                assertThat(Octets.of(client.getInputStream().readAllBytes())).isEqualTo("still here\n");
                assertThat(server.ended()).isZero();
            }
        }
    }

    private static boolean refuses(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return false;
        } catch (java.net.ConnectException e) {
            return true;
        }
    }

    // ---- IPv6, as Debian's ucspi-tcp-ipv6

    static List<List<String>> ipv6Lines() {
        return List.of(
                List.of("-v", "-R", "-H", "-l0", "::1", "PORT", "env", "-0"),
                List.of("-v", "-R", "-H", "-l0", "::", "PORT", "env", "-0"),
                List.of("-v", "-R", "-H", "-l0", "0:0::1", "PORT", "env", "-0"));
    }

    @ParameterizedTest
    @MethodSource("ipv6Lines")
    void ipv6(List<String> arguments) throws IOException {
        List<Client> clients = List.of(new Client("::1", ""));
        alike(TestingTcpserver.THEIRS_IPV6, env(), clients, arguments.toArray(String[]::new));
    }

    @Test
    void ipv6AndIpv4OnOneSocket() throws IOException {
        List<Client> clients = List.of(new Client("::1", ""), new Client("127.0.0.5", ""));
        alike(TestingTcpserver.THEIRS_IPV6, env(), clients, "-v", "-RHl0", "::", "PORT", "env", "-0");
    }

    @Test
    void ipv4ByTheIpv6Program() throws IOException {
        alike(TestingTcpserver.THEIRS_IPV6, env(), ONE, "-v", "-RHl0", "-4", "0", "PORT", "env", "-0");
        alike(TestingTcpserver.THEIRS_IPV6, env(), ONE, "-v", "-RHl0", "127.0.0.1", "PORT", "env", "-0");
        alike(TestingTcpserver.THEIRS_IPV6, env(), ONE, "-v", "-6", "-RHl0", "127.0.0.1", "PORT", "env", "-0");
    }

    @Test
    void ipv6Rules() throws IOException {
        Files.writeString(dir.resolve("r.txt"), "::1:allow,SIX=\"yes\"\n127.0.0.5:deny\n:allow\n");
        TestingPrograms.succeed(
                "/bin/sh",
                "-c",
                "cd " + dir + " && " + Path.of(TestingTcpserver.THEIRS_IPV6).resolveSibling("tcprules")
                        + " r.cdb r.tmp <r.txt");
        List<Client> clients = List.of(new Client("::1", ""), new Client("127.0.0.5", ""), new Client("127.0.0.6", ""));
        alike(TestingTcpserver.THEIRS_IPV6, env(), clients, "-v", "-RHl0", "-xr.cdb", "::", "PORT", "env", "-0");
    }
}
