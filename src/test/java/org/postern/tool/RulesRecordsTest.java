package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.chain.Env;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.tool.TestingToolRecords.Seen;

/** The calls of envdir, tcprules and tcprulescheck in records/tools.txt, replayed in-process. */
class RulesRecordsTest {
    /** All that is meant to differ from the records, with the number in design.md's table or the ADR. */
    private static final Map<String, String> DIFFERENCES =
            Map.of("tcprules: IPv6", "ADR 0010: accepted, as by Debian's ucspi-tcp-ipv6");

    /** What the record's stderr lacks, since we warn of it (design table 12). */
    private static final Map<String, String> WARNED = Map.of(
            "tcprules: no colon", "is skipped",
            "tcprules: range reversed", "never matches",
            "tcprules: range >255", "ends at 255",
            "tcprules: ip > 255", "never matches",
            "tcprules: duplicate keys", "never matches",
            "tcprules: leading space", "never matches",
            "tcprules: CIDR not supported", "never matches");

    @TempDir
    private Path dir;

    static List<Seen> records() throws IOException {
        return TestingToolRecords.read("tools.txt", "(envdir|tcprules|tcprulescheck)\\b.*");
    }

    static Stream<Seen> tcprules() throws IOException {
        return records().stream()
                .filter(s ->
                        s.title().startsWith("tcprules: ") && !s.title().equals("tcprules: bad line leaves old cdb"));
    }

    @ParameterizedTest
    @MethodSource
    void tcprules(Seen seen) throws IOException {
        TestingCall call = TestingCall.stdin(seen.stdin()).cwd(dir);
        String[] args = switch (seen.title()) {
            case "tcprules: usage" -> new String[] {"tcprules"};
            case "tcprules: unwritable tmp" -> new String[] {"tcprules", "x.cdb", "/nonexistent/x.tmp"};
            default -> new String[] {"tcprules", "x.cdb", "x.tmp"};
        };
        Tool.Exit exit = call.run(new Tcprules(Disk.real()), args);
        String left = Stream.of("x.cdb", "x.tmp")
                .filter(name -> Files.exists(dir.resolve(name)))
                .map(name -> name + "\n")
                .reduce("", String::concat);
        if (DIFFERENCES.containsKey(seen.title())) {
            assertThat(exit).isNotEqualTo(Tool.Exit.code(seen.rc()));
            assertThat(left).isEqualTo("x.cdb\n");
            return;
        }
        assertThat(exit).isEqualTo(Tool.Exit.code(seen.rc()));
        assertThat(left).isEqualTo(seen.stdout());
        assertThat(withoutWarnings(call.stderr())).isEqualTo(seen.stderr());
        String warning = WARNED.get(seen.title());
        if (warning == null) {
            assertThat(call.stderr()).isEqualTo(seen.stderr());
        } else {
            assertThat(call.stderr()).startsWith("tcprules: warning: line ").contains(warning);
        }
    }

    static String withoutWarnings(String stderr) {
        return stderr.replaceAll("(?m)^tcprules: warning: .*\n", "");
    }

    @Test
    void tcprulesLeavesTheOldCdbWhereALineIsBad() throws Exception {
        TestingCall good = TestingCall.stdin(":allow\n").cwd(dir);
        assertThat(good.run(new Tcprules(Disk.real()), "tcprules", "y.cdb", "y.tmp"))
                .isEqualTo(Tool.Exit.code(0));
        assertThat(md5(dir.resolve("y.cdb"))).isEqualTo("494678207bf0fb60b421a8f38846eb84");
        TestingCall bad = TestingCall.stdin(":bogus\n").cwd(dir);
        assertThat(bad.run(new Tcprules(Disk.real()), "tcprules", "y.cdb", "y.tmp"))
                .isEqualTo(Tool.Exit.code(100));
        assertThat(bad.stderr()).isEqualTo("tcprules: fatal: unable to parse this line: :bogus\n");
        assertThat(md5(dir.resolve("y.cdb"))).isEqualTo("494678207bf0fb60b421a8f38846eb84");
        assertThat(dir.resolve("y.tmp")).exists();
    }

    private static String md5(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(Files.readAllBytes(file)));
    }

    static Stream<Seen> tcprulescheck() throws IOException {
        return records().stream().filter(s -> s.title().startsWith("tcprulescheck"));
    }

    @ParameterizedTest
    @MethodSource
    void tcprulescheck(Seen seen) throws IOException {
        // The rules that the recorded answers follow from.
        compile("r.cdb", """
                10.:allow,W="1"
                10.1.:allow,W="2"
                10.1.2.:allow,W="3"
                10.1.2.3:allow,W="full"
                10.7.1-3.:deny
                joe@10.9.9.9:allow,W="info@ip"
                10.9.9.9:deny
                =h.example.com:allow,W="host"
                =.example.com:allow,W="suffix"
                =:allow,W="anyhost"
                :deny
                """);
        compile("e.cdb", "");
        TestingCall call = TestingCall.stdin("").cwd(dir);
        seen.env().forEach(call::env);
        assertThat(call.run(new Tcprulescheck(), seen.argv())).isEqualTo(Tool.Exit.code(seen.rc()));
        assertThat(call.stdout()).isEqualTo(seen.stdout());
        assertThat(call.stderr()).isEqualTo(seen.stderr());
    }

    private void compile(String cdb, String rules) throws IOException {
        TestingCall.stdin(rules).cwd(dir).run(new Tcprules(Disk.real()), "tcprules", cdb, "tmp");
    }

    static Stream<Seen> envdir() throws IOException {
        return records().stream().filter(s -> s.title().startsWith("envdir"));
    }

    @ParameterizedTest
    @MethodSource
    void envdir(Seen seen) throws IOException {
        Path files = Files.createDirectory(dir.resolve("envd"));
        switch (seen.title()) {
            case "envdir: basics" -> {
                write("A", "val\n");
                write("B", "");
                write("C", "a\nb\n");
                write("D", "  lead trail \t \n");
                write("E", "nul\0here\n");
                write("F", "no newline");
                write("G", "\n");
                write("H", "cr\r\n");
                write("I", "tab\t\n");
            }
            case "envdir: dot files skipped, odd names" -> write(".hidden", "x\n");
            case "envdir: name with =" -> write("A=B", "x\n");
            case "envdir: 100k value" -> write("BIG", "x".repeat(100_000) + "\n");
            case "envdir: subdirectory inside" -> Files.createDirectory(files.resolve("sub"));
            default -> {
                // An empty directory.
            }
        }
        if (seen.title().equals("envdir: unreadable file (nobody)")) {
            // Root reads every file, so here the link to itself is what cannot be read; EnvdirCompatIT has nobody.
            Files.createSymbolicLink(files.resolve("A"), Path.of("A"));
        }
        TestingCall call = TestingCall.stdin("").cwd(dir);
        seen.env().forEach(call::env);
        call.env("PATH", "/var/qmail/bin:/usr/local/bin:/usr/bin:/bin").env("DNSCACHEIP", "127.0.0.1");
        Tool.Exit exit = call.run(new Envdir(), arguments(seen.command()));
        switch (exit) {
            case Tool.Exit.Code code -> {
                assertThat(code.value()).isEqualTo(seen.rc());
                assertThat(seen.stdout()).isEmpty();
                assertThat(call.stderr())
                        .isEqualTo(told(seen.stderr()).replace("A: access denied", "A: symbolic link loop"));
            }
            case Tool.Exit.Exec exec -> assertRecorded(seen, exec, call);
        }
    }

    private void assertRecorded(Seen seen, Tool.Exit.Exec exec, TestingCall call) {
        assertThat(exec.cwd()).isEqualTo(dir);
        switch (seen.title()) {
            case "envdir: exec fails" -> {
                Tool.Exit end = exec.otherwise().exit(new java.nio.file.NoSuchFileException("/nonexistent"));
                assertThat(end).isEqualTo(Tool.Exit.code(seen.rc()));
                assertThat(call.stderr()).isEqualTo(seen.stderr());
            }
            // sh's exit code is sh's.
            case "envdir: child exit code" -> assertThat(exec.argv().values()).containsExactly("sh", "-c", "exit 7");
            case "envdir: 100k value" ->
                assertThat(exec.env().find("BIG").orElse("")).hasSize(100_000);
            default -> assertThat(sorted(exec.env())).isEqualTo(told(seen.stdout()));
        }
    }

    /** As {@code env | LC_ALL=C sort | cat -v} prints it, in a shell that sets PWD. */
    private String sorted(Env env) {
        String all = String.join("\n", env.with("PWD", dir.toString()).entries());
        return String.join("\n", new TreeSet<>(Arrays.asList(all.split("\n", -1))))
                        .replace("\r", "^M") + "\n";
    }

    private String told(String recorded) {
        return recorded.replace("$T", dir.toString());
    }

    private String[] arguments(String command) {
        List<String> words = new ArrayList<>();
        Matcher word =
                Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)").matcher(command.replace("setuidgid nobody ", ""));
        while (word.find()) {
            words.add(told(Stream.of(1, 2, 3)
                    .map(word::group)
                    .filter(w -> w != null)
                    .findFirst()
                    .orElseThrow()));
        }
        return words.toArray(String[]::new);
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(dir.resolve("envd").resolve(name), content);
    }

    @Test
    void allRecordsAreReplayed() throws IOException {
        assertThat(records()).hasSize(11 + 33 + 18);
        assertThat(records().stream().map(Seen::title))
                .containsAll(DIFFERENCES.keySet())
                .containsAll(WARNED.keySet());
    }
}
