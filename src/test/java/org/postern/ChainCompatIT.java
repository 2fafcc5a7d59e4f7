package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Chains of our programs and Debian's ucspi-tcp and daemontools in every mix: what comes out is what comes out where all
 * that can be an original is one. A mix has a letter for each such place: t is theirs, o ours.
 */
@Timeout(60)
class ChainCompatIT {
    private static final String GRANTED = "127.0.0.5";
    private static final String STRANGER = "127.0.0.6";
    private static final String DOMAIN = "example.com";
    private static final String USER = "jos\u00e9";
    private static final String PASSWORD = "s\u00e9same ouvre-toi";

    @TempDir
    private Path directory;

    private TestingMix mix;

    @BeforeEach
    void makeFiles() throws IOException {
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
        Ended ended = run(environment(), envdirs(whose, mix.file("witness")));
        assertThat(ended).isEqualTo(run(environment(), envdirs("tt", mix.file("witness"))));
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
        for (List<String> broken : List.of(envdirs(whose, "./nowhere\u00e9"), envdirs(whose, "/"))) {
            List<String> theirs = new ArrayList<>(broken);
            theirs.set(4, TestingMix.program('t', "envdir"));
            theirs.set(6, TestingMix.program('t', "envdir"));
            assertThat(run(environment(), broken))
                    .isEqualTo(run(environment(), theirs))
                    .satisfies(ended -> assertThat(ended.status).isEqualTo(111 << 8));
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
                int ends = received.size();
                server.awaitLog(
                        log -> log.split("tcpserver: end ", -1).length > ends && log.endsWith("status: 0/40\n"));
            }
            return new Served(server.stop(), received, server.stdout(), server.log());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tto", "tot", "too", "ott", "oto", "oot", "ooo"})
    void tcpserverBetweenEnvdirs(String whose) throws IOException {
        String[] witness = {mix.file("witness"), "0", "caf\u00e9", ""};
        Served served = serve(List.of(), whose, environment(), "", witness);
        assertThat(served).isEqualTo(serve(List.of(), "ttt", environment(), "", witness));
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
        Served served = serve(none, whose, Map.of(), "", witness);
        assertThat(served).isEqualTo(serve(none, "ttt", Map.of(), "", witness));
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
        Served served = serve(List.of(), whose, environment(), sends, shell);
        assertThat(served).isEqualTo(serve(List.of(), "ttt", environment(), sends, shell));
        assertThat(served.log).contains("status 1792\n", "status 28416\n", "status 9\n", "status 15\n", "status 512\n");
    }
}
