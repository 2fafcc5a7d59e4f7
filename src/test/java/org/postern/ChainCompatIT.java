package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Octets;

/**
 * Chains of our programs and Debian's ucspi-tcp and daemontools in every mix: what comes out is what comes out where all
 * that can be an original is one. A mix has a letter for each such place: t is theirs, o ours.
 */
@Timeout(120)
class ChainCompatIT {
    private static final String GRANTED = "127.0.0.5";
    private static final String STRANGER = "127.0.0.6";
    private static final String DOMAIN = "example.com";
    private static final String USER = "jos\u00e9";
    private static final String PASSWORD = "s\u00e9same ouvre-toi";

    @TempDir
    private static Path directory;

    /** What the chains of originals did, by test: each is run once. */
    private static final Map<String, Object> ORIGINALS = new HashMap<>();

    private static TestingMix mix;

    /** What a chain did. */
    @FunctionalInterface
    private interface Run<T> {
        T of(String whose) throws IOException;
    }

    /** The mix has done what the originals do: the result of both. */
    private static <T> T alike(String test, String whose, Run<T> run) throws IOException {
        String theirs = "t".repeat(whose.length());
        if (!ORIGINALS.containsKey(test + theirs)) {
            ORIGINALS.put(test + theirs, run.of(theirs));
        }
        T ours = run.of(whose);
        assertThat(ours).isEqualTo(ORIGINALS.get(test + theirs));
        return ours;
    }

    @BeforeAll
    static void makeFiles() throws IOException {
        mix = new TestingMix(directory);
        mix.envdir("first", "FIRST", "caf\u00e9 \t\nsecond line", "LINES", "a\0b", "GONE", "", "WORD", "first");
        mix.envdir("second", "SECOND", "\u00e9", "WORD", "second\u00e9");
    }

    /** Names that our launcher might use for itself among them; what it removes or cannot keep is in its page. */
    private static Map<String, String> environment() {
        Map<String, String> env = new TreeMap<>(Map.of(
                "PATH", "/usr/bin:/bin",
                "GONE", "still there",
                "CAFE", "\u00e9",
                "PWD", "/elsewhere",
                "LC_ALL", "C.UTF-8"));
        for (String name :
                List.of("program", "launcher", "root", "image", "java", "common", "brief", "server", "flags")) {
            env.put(name, "my " + name);
        }
        return env;
    }

    // ---- one envdir becomes the next

    /** How a chain that is no server ended. */
    private record Ended(int status, List<String> witness, String stderr) {}

    private Ended run(Map<String, String> env, List<String> command) throws IOException {
        try (TestingTcpserver chain = TestingTcpserver.start(command, env, directory, 0)) {
            int status = chain.ended();
            return new Ended(status, TestingMix.fields(chain.stdout()), chain.stderr());
        }
    }

    /** With a limit of files, a mask and descriptors of its own, as a run script may set them. */
    private List<String> envdirs(String whose, String last) throws IOException {
        String shell = "ulimit -Sn 300; umask 27; exec \"$@\" 3<first/WORD 5<first/WORD 7>&1";
        return List.of(
                "/bin/sh",
                "-c",
                shell,
                "sh",
                TestingMix.program(whose.charAt(0), "envdir"),
                "first",
                TestingMix.program(whose.charAt(1), "envdir"),
                "second",
                last,
                "7",
                "",
                "caf\u00e9",
                "a b\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ot", "to", "oo"})
    void envdirsInARow(String whose) throws IOException {
        Ended ended = alike("envdirs", whose, w -> run(environment(), envdirs(w, mix.file("witness"))));
        assertThat(ended.status).isEqualTo(7 << 8);
        assertThat(TestingMix.variable(ended.witness, "WORD")).isEqualTo("second\u00e9");
        assertThat(ended.witness)
                .contains("argument 3=caf\u00e9", "limit 7=300 " + hardLimit(), "umask=27", "descriptor 5=100000");
    }

    private static String hardLimit() throws IOException {
        return TestingPrograms.succeed("/bin/sh", "-c", "ulimit -Hn").strip();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ot", "to", "oo"})
    void whatIsNotThereEndsTheChain(String whose) throws IOException {
        for (String missing : List.of("./nowhere\u00e9", "/")) {
            Ended ended = alike(missing, whose, w -> run(environment(), envdirs(w, missing)));
            assertThat(ended.status).isEqualTo(111 << 8);
        }
    }

    // ---- envdir, tcpserver, envdir

    /** What a server did for its clients. */
    private record Served(int status, List<List<String>> received, String stdout, String log) {}

    private Served serve(List<String> before, String whose, Map<String, String> env, String sends, String... last)
            throws IOException {
        int port = TestingTcpserver.freePort();
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                TestingMix.program(whose.charAt(0), "envdir"),
                "first",
                TestingMix.program(whose.charAt(1), "tcpserver"),
                "-vRHl0",
                "-b50",
                "127.0.0.1",
                String.valueOf(port),
                TestingMix.program(whose.charAt(2), "envdir"),
                "second"));
        command.addAll(List.of(last));
        try (TestingTcpserver server =
                TestingTcpserver.start(command, env, directory, port).awaitListening()) {
            List<List<String>> received = new ArrayList<>();
            for (String line : sends.split("(?<=\n)")) {
                received.add(TestingMix.fields(server.talk(GRANTED, line)));
                awaitEnds(server, received.size());
            }
            return new Served(server.stop(), received, server.stdout(), server.log());
        }
    }

    private static void awaitEnds(TestingTcpserver server, int sessions) throws IOException {
        server.awaitLog(log -> log.split("tcpserver: end ", -1).length > sessions && log.endsWith("status: 0/40\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tto", "tot", "too", "ott", "oto", "oot", "ooo"})
    void tcpserverBetweenEnvdirs(String whose) throws IOException {
        String[] witness = {mix.file("witness"), "0", "caf\u00e9", ""};
        Served served = alike("tcpserver", whose, w -> serve(List.of(), w, environment(), "", witness));
        List<String> said = served.received.getFirst();
        assertThat(said).contains("argument 2=caf\u00e9", "argument 3=");
        assertThat(TestingMix.variable(said, "FIRST")).isEqualTo("caf\u00e9");
        assertThat(TestingMix.variable(said, "CAFE")).isEqualTo("\u00e9");
    }

    /** Cron's and init's: no locale, so Java has no character for 0xE9. */
    @ParameterizedTest
    @ValueSource(strings = {"tto", "tot", "ott", "oto", "ooo"})
    void withAnEmptyEnvironment(String whose) throws IOException {
        List<String> none = List.of("/usr/bin/env", "-", "PATH=/usr/bin:/bin", "CAFE=\u00e9");
        String[] witness = {mix.file("witness"), "3", "caf\u00e9"};
        Served served = alike("empty", whose, w -> serve(none, w, Map.of(), "", witness));
        List<String> said = served.received.getFirst();
        assertThat(said).contains("argument 2=caf\u00e9");
        assertThat(TestingMix.variable(said, "WORD")).isEqualTo("second\u00e9");
        assertThat(served.log).contains("status 768\n");
    }

    /** Codes and signals, as tcpserver's log has them. */
    @ParameterizedTest
    @ValueSource(strings = {"tto", "tot", "oto", "ooo"})
    void howTheLastProgramEnds(String whose) throws IOException {
        String sends =
                "exit 0\nexit 7\nexit 111\necho caf\u00e9; exit 255\nkill -9 $$\nkill -15 $$\nexec 0<&- 1>&-; exit 2\n";
        String[] shell = {"/bin/sh", "-c", "read -r how; eval \"$how\""};
        Served served = alike("ends", whose, w -> serve(List.of(), w, environment(), sends, shell));
        assertThat(served.log).contains("status 1792\n", "status 28416\n", "status 9\n", "status 15\n", "status 512\n");
    }

    // ---- the recipe's lines

    /** What clients and log were told, and what lies in spool, Maildirs and the directory of results afterwards. */
    private record Happened(List<String> told, String log, Map<String, String> spool, Map<String, String> files) {}

    /** A client's part of a session: what was told it. */
    @FunctionalInterface
    private interface Talk {
        List<String> with(int port) throws IOException;
    }

    /** A spool that only the descriptor of relay-ctrl-chdir leads to, for those who are not root. */
    private Path spool() throws IOException {
        Path parent = Files.createDirectories(directory.resolve("closed"));
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
        Path spool = Files.createDirectories(parent.resolve("spool"));
        Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwxrwxrwx"));
        mix.envdir("relay", "RELAY_CTRL_DIR", spool.toString(), "RELAY_CTRL_LOG_IPS", "1", "RELAY_CTRL_EXPIRY", "600");
        return spool;
    }

    private Happened recipe(
            char envdir, char tcpserver, Map<String, String> env, Path files, List<Talk> talks, String... chain)
            throws IOException {
        int port = TestingTcpserver.freePort();
        List<String> command = new ArrayList<>(List.of(
                TestingMix.program(envdir, "envdir"),
                "relay",
                TestingSite.link("relay-ctrl-chdir"),
                TestingMix.program(tcpserver, "tcpserver"),
                "-vRHl0",
                "-b50",
                "127.0.0.1",
                String.valueOf(port)));
        command.addAll(List.of(chain));
        try (TestingTcpserver server =
                TestingTcpserver.start(command, env, directory, port).awaitListening()) {
            List<String> told = new ArrayList<>();
            for (int i = 1; i <= talks.size(); i++) {
                told.addAll(talks.get(i - 1).with(port));
                awaitEnds(server, i);
            }
            assertThat(server.stop()).isZero();
            return new Happened(
                    told,
                    server.log().replaceAll("\\[\\d+]:", "[N]:"),
                    TestingMix.files(spool()),
                    TestingMix.files(files));
        }
    }

    private static List<String> smtp(String from, int port) throws IOException {
        List<String> told = new ArrayList<>();
        try (TestingSession client = new TestingSession(from, port)) {
            told.add(client.reply());
            for (String line : List.of(
                    "EHLO caf\u00e9",
                    "MAIL FROM:<a@b.example>",
                    "RCPT TO:<" + USER + "@elsewhere.example>",
                    "DATA",
                    "Subject: caf\u00e9\r\n\r\n..\u00e9\r\n.",
                    "QUIT")) {
                told.add(client.command(line).replaceAll("\\d{4,}|qp \\d+", "N"));
                if (told.getLast().startsWith("553")) {
                    told.add(client.command("QUIT"));
                    break;
                }
            }
            told.add(client.rest());
        }
        return told;
    }

    /** The last program is a foreign qmail-queue. */
    private Happened relay(String whose) throws IOException {
        Path results = Files.createDirectories(directory.resolve("results"));
        Path queue = Files.writeString(
                directory.resolve("queue"),
                "#!/bin/sh\ncd %s && cat >message && cat <&1 >envelope && exec ../witness 0 <&- >witness\n"
                        .formatted(results));
        Files.setPosixFilePermissions(queue, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path control = Files.createDirectories(directory.resolve("qmail/control"));
        Files.writeString(control.resolve("me"), "mx.example.com\n");
        Files.writeString(control.resolve("rcpthosts"), "example.com\n");
        Files.deleteIfExists(spool().resolve(GRANTED));
        Files.write(spool().resolve(GRANTED), Octets.bytes("USER=" + USER + "\0DOMAIN=" + DOMAIN + "\0"));
        Map<String, String> env = environment();
        env.put("QMAILHOME", mix.file("qmail"));
        env.put("QMAILQUEUE", queue.toString());
        Happened happened = recipe(
                whose.charAt(0),
                whose.charAt(1),
                env,
                results,
                List.of(port -> smtp(GRANTED, port), port -> smtp(STRANGER, port)),
                TestingSite.link("relay-ctrl-check"),
                TestingMix.program(whose.charAt(2), "envdir"),
                "second",
                TestingSite.link("qmail-smtpd"));
        happened.files.replaceAll((name, content) -> switch (name) {
            case "message" -> content.replaceFirst("\\d+ \\w+ \\d+ [\\d:]+ -0000", "DATE");
            case "witness" -> TestingMix.fields(content).toString();
            default -> content;
        });
        return happened;
    }

    /** Our relay-ctrl-check and qmail-smtpd with theirs before, between, and both. */
    @ParameterizedTest
    @ValueSource(strings = {"oto", "tot", "ooo"})
    void aRelayedMessage(String whose) throws IOException {
        Happened happened = alike("message", whose, this::relay);
        assertThat(happened.told).anyMatch(t -> t.startsWith("250 ok N")).anyMatch(t -> t.startsWith("553 "));
        assertThat(happened.files.get("message")).endsWith("Subject: caf\u00e9\n\n.\u00e9\n");
        assertThat(happened.files.get("envelope")).contains("T" + USER + "@elsewhere.example\0");
        assertThat(happened.files.get("witness"))
                .contains("variable USER=" + USER + ",", "variable DOMAIN=" + DOMAIN, "variable RELAYCLIENT=,")
                .contains("variable WORD=second\u00e9", "variable CAFE=\u00e9");
        assertThat(happened.spool.keySet()).containsExactlyInAnyOrder("", GRANTED);
    }

    // ---- vchkpw between qmail-popup and relay-ctrl-allow

    private Path homes() throws IOException {
        Path homes = directory.resolve("homes");
        Path maildir = Octets.path(homes + "/" + DOMAIN + "/" + USER + "/Maildir");
        if (Files.exists(homes)) {
            TestingPrograms.succeed("rm", "-r", homes.toString());
        }
        for (String part : List.of("tmp", "new", "cur")) {
            Files.createDirectories(maildir.resolve(part));
        }
        Path message = Files.write(maildir.resolve("new/1.2.host"), Octets.bytes("Subject: caf\u00e9\n\n\u00e9\n"));
        Files.setLastModifiedTime(message, java.nio.file.attribute.FileTime.fromMillis(0));
        if (Files.getAttribute(directory, "unix:uid").equals(0)) {
            TestingPrograms.succeed("chown", "-R", "65534:65533", homes.toString());
        }
        return homes;
    }

    private List<String> pop(String from, String password, int port, List<String> commands) throws IOException {
        List<String> told = new ArrayList<>();
        try (TestingSession client = new TestingSession(from, port)) {
            assertThat(client.reply()).startsWith("+OK <");
            told.add(client.command("USER " + USER + "@" + DOMAIN));
            client.say("PASS " + password + "\r\n" + String.join("", commands));
            told.addAll(TestingMix.fields(client.rest()));
        }
        return told;
    }

    private Happened login(String whose, List<String> commands, String... last) throws IOException {
        Path homes = homes();
        Files.deleteIfExists(spool().resolve(GRANTED));
        Map<String, String> env = environment();
        env.put("VCHKPW_HOMES", homes.toString());
        env.put("VCHKPW_PASSWORD", PASSWORD);
        List<String> chain =
                new ArrayList<>(List.of(TestingSite.link("qmail-popup"), "mx.example.com", mix.file("vchkpw")));
        if (whose.length() > 2) {
            chain.addAll(List.of(TestingMix.program(whose.charAt(2), "envdir"), mix.file("second")));
        }
        chain.add(TestingSite.link("relay-ctrl-allow"));
        chain.addAll(List.of(last));
        Happened happened = recipe(
                whose.charAt(0),
                whose.charAt(1),
                env,
                homes,
                List.of(
                        port -> pop(STRANGER, "wrong", port, List.of()),
                        port -> pop(GRANTED, PASSWORD, port, commands)),
                chain.toArray(String[]::new));
        // It holds inodes, which are others each time.
        happened.files.keySet().removeIf(name -> name.endsWith("/postern-sizes"));
        return happened;
    }

    private void assertGranted(Happened happened) throws IOException {
        assertThat(happened.spool.keySet()).containsExactlyInAnyOrder("", GRANTED);
        assertThat(happened.spool.get(GRANTED)).endsWith(" USER=" + USER + "\0DOMAIN=" + DOMAIN + "\0");
        if (Files.getAttribute(directory, "unix:uid").equals(0)) {
            assertThat(happened.spool.get(GRANTED)).startsWith("65534:65533 ");
        }
    }

    /** Two letters: nothing stands between vchkpw and our relay-ctrl-allow. */
    @ParameterizedTest
    @ValueSource(strings = {"oo", "ot", "to", "oto", "tot"})
    void aForeignCheckpasswordBeforeOurAllow(String whose) throws IOException {
        List<String> commands = List.of("STAT\r\n", "RETR 1\r\n", "QUIT\r\n");
        String[] pop3d = {TestingSite.link("qmail-pop3d"), "Maildir"};
        Happened happened = alike("pop3d", whose, w -> login(w, commands, pop3d));
        assertThat(String.join("", happened.told)).contains("-ERR ", "\r\nSubject: caf\u00e9\r\n\r\n\u00e9\r\n.\r\n");
        assertThat(happened.log).contains("status 256\n", "status 0\n", "login user=");
        assertGranted(happened);
    }

    @ParameterizedTest
    @ValueSource(strings = {"oo", "to", "oto", "tot"})
    void whatComesOutBehindOurAllow(String whose) throws IOException {
        String[] witness = {mix.file("witness"), "0", "caf\u00e9"};
        Happened happened = alike("allow", whose, w -> login(w, List.of(), witness));
        assertThat(happened.told)
                .contains("argument 2=caf\u00e9", "directory=" + mix.file("homes/" + DOMAIN + "/" + USER))
                .contains("variable USER=" + USER, "variable DOMAIN=" + DOMAIN);
        assertGranted(happened);
    }
}
