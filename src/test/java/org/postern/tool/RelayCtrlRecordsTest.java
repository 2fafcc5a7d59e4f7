package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.TestingRecords;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.TestingFileIds;

/**
 * All that relay-ctrl 3.1.1 was recorded to do (records/tools.txt), done by ours: the same exit code, output and spool,
 * except for what {@link #DIFFERENCES} lists.
 */
class RelayCtrlRecordsTest {
    private static final int NOBODY = 65534;

    private static final Map<String, Tool> TOOLS = Map.of(
            "relay-ctrl-chdir", new RelayCtrlChdir(),
            "relay-ctrl-allow", new RelayCtrlAllow(),
            "relay-ctrl-check", new RelayCtrlCheck(),
            "relay-ctrl-age", new RelayCtrlAge(),
            "relay-ctrl-send", new RelayCtrlSend(),
            "relay-ctrl-udp", new RelayCtrlUdp());

    /** What differs: the case, the field, what it is with us, and why (a number is a row of design.md's table). */
    private record Difference(String title, String field, String ours, String why) {}

    private static final String REFUSED = "relay-ctrl-allow[ID]: Fatal: Must be run from tcp-env or tcpserver.\n";
    private static final String NONE = "[]";

    private static final List<Difference> DIFFERENCES = List.of(
            d("allow: empty ip", "rc", "111", "6: TCPREMOTEIP is checked"),
            d("allow: empty ip", "stderr", REFUSED, "6: TCPREMOTEIP is checked"),
            d("allow: ip \"..\"", "rc", "111", "6: TCPREMOTEIP is checked"),
            d("allow: ip \"..\"", "stderr", REFUSED, "6: TCPREMOTEIP is checked"),
            d("allow: 16 chars", "rc", "111", "6: TCPREMOTEIP is checked"),
            d("allow: 16 chars", "stderr", REFUSED, "6: TCPREMOTEIP is checked"),
            d("allow: 16 chars", "after", NONE, "6: TCPREMOTEIP is checked"),
            d("allow: 999.999.999.999 accepted", "rc", "111", "6: 999.999.999.999 is refused"),
            d("allow: 999.999.999.999 accepted", "stderr", REFUSED, "6: 999.999.999.999 is refused"),
            d("allow: 999.999.999.999 accepted", "after", NONE, "6: 999.999.999.999 is refused"),
            d("allow: IPv6 2001:db8::1", "rc", "0", "6: IPv6 works"),
            d("allow: IPv6 2001:db8::1", "stderr", "", "6: IPv6 works"),
            d(
                    "allow: IPv6 2001:db8::1",
                    "after",
                    "[2001:db8::1 mode=600 uid=0 size=0 age=0 content='']",
                    "6: IPv6 works"),
            d("allow: dir missing", "after", "[spool]", "3: nothing is written in a wrong directory"),
            d("check: not found", "stdout", child(""), "6: the working directory and no descriptor leak"),
            d(
                    "check: found",
                    "stdout",
                    child("DOMAIN=ex.com\nRELAYCLIENT=\n", "USER=joe\n"),
                    "6: the working directory and no descriptor leak"),
            d(
                    "check: found with RELAY_CTRL_RELAYCLIENT",
                    "stdout",
                    child("DOMAIN=ex.com\nRELAYCLIENT=@fixup\n", "USER=joe\n")
                            .replace("TCPREMOTEIP", "RELAY_CTRL_RELAYCLIENT=@fixup\nTCPREMOTEIP"),
                    "6: the working directory and no descriptor leak"),
            d(
                    "check: default expiry 900 exceeded",
                    "stdout",
                    child("").replace("TCPREMOTEIP", "RELAY_CTRL_LOG_IPS=1\nTCPREMOTEIP"),
                    "6: the working directory and no descriptor leak"),
            d(
                    "check: default expiry 900 exceeded",
                    "stderr",
                    "relay-ctrl-check[ID]: Debug: Expired IP 1.2.3.4 found, expired 1 s ago\n",
                    "relay: check never unlinks"),
            d(
                    "check: default expiry 900 exceeded",
                    "after",
                    "[1.2.3.4 mode=644 uid=0 size=0 age=901 content='']",
                    "relay: check never unlinks"),
            d(
                    "check: default expiry within",
                    "stdout",
                    child("RELAYCLIENT=\n"),
                    "6: the working directory and no descriptor leak"),
            d(
                    "check: EXPIRY='10x' at age 700",
                    "after",
                    "[1.2.3.4 mode=644 uid=0 size=0 age=700 content='']",
                    "relay: check never unlinks"),
            d(
                    "check: EXPIRY='600' at age 700",
                    "after",
                    "[1.2.3.4 mode=644 uid=0 size=0 age=700 content='']",
                    "relay: check never unlinks"),
            d(
                    "check: env injection from spool file",
                    "stdout",
                    "TCPREMOTEIP=1.2.3.4\nDNSCACHEIP=127.0.0.1\nPATH=/usr/local/bin:/usr/bin:/bin\nPWD=$T\n"
                            + "RELAYCLIENT=\nRELAY_CTRL_DIR=$T/spool\n",
                    "4: only USER and DOMAIN come out of a file"),
            d("check: env injection from spool file", "stderr", "", "4: only USER and DOMAIN come out of a file"),
            d("check: >8192 file", "stdout", child(""), "relay: a file of at most 8 KiB"),
            d(
                    "check: >8192 file",
                    "stderr",
                    "relay-ctrl-check[ID]: Warning: IP 1.2.3.4 found, but its file is larger than 8192 octets, not used\n",
                    "relay: a file of at most 8 KiB"),
            d("check: mtime in the future", "stdout", "unset\n", "8: a future mtime is no grant"),
            d(
                    "check: mtime in the future",
                    "stderr",
                    "relay-ctrl-check[ID]: Warning: IP 1.2.3.4 found, but its time is 5000 s in the future, not used\n",
                    "8: a future mtime is no grant"),
            d("check: TCPREMOTEIP with slash path (not validated)", "stdout", "[unset]\n", "6: TCPREMOTEIP is checked"),
            d(
                    "check: TCPREMOTEIP with slash path (not validated)",
                    "stderr",
                    "relay-ctrl-check[ID]: Warning: $TCPREMOTEIP is no IP address, not checking IP\n",
                    "6: TCPREMOTEIP is checked"),
            d(
                    "send: no listener (5 tries x 1 s in background child)",
                    "stderr",
                    "relay-ctrl-send[ID]: Warning: Could not parse IP 'bad'.\n",
                    "what is wrong with the settings is said; relay-ctrl 3.2 means to"));

    private static Difference d(String title, String field, String ours, String why) {
        return new Difference(title, field, ours, why);
    }

    /** What the recorded shell line prints for a child that got these variables and no descriptor. */
    private static String child(String before) {
        return child(before, "");
    }

    private static String child(String before, String after) {
        return before + "RELAY_CTRL_DIR=$T/spool\nTCPREMOTEIP=1.2.3.4\n" + after
                + "$T\n0 -> pipe\n1 -> pipe\n2 -> pipe\n3 -> /proc/N/fd\n";
    }

    /** The spool as the recording had it before; every other case began with an empty one. */
    private static final Map<String, Preparation> PREPARED = Map.ofEntries(
            before("allow: renews (rename over) existing", s -> s.file("1.2.3.4", 0644, 100, "USER=old\0")),
            before("check: found", s -> s.file("1.2.3.4", 0644, 0, "USER=joe\0DOMAIN=ex.com\0")),
            before(
                    "check: found with RELAY_CTRL_RELAYCLIENT",
                    s -> s.file("1.2.3.4", 0644, 0, "USER=joe\0DOMAIN=ex.com\0")),
            before("check: LOG_IPS found", s -> s.file("1.2.3.4", 0644, 0, "")),
            before("check: default expiry 900 exceeded", s -> s.file("1.2.3.4", 0644, 901, "")),
            before("check: default expiry within", s -> s.file("1.2.3.4", 0644, 899, "")),
            before("check: RELAYCLIENT already set", s -> s.file("1.2.3.4", 0644, 0, "USER=joe\0")),
            before("check: EXPIRY='0' at age 700", s -> s.file("1.2.3.4", 0644, 700, "")),
            before("check: EXPIRY='-5' at age 700", s -> s.file("1.2.3.4", 0644, 700, "")),
            before("check: EXPIRY='abc' at age 700", s -> s.file("1.2.3.4", 0644, 700, "")),
            before("check: EXPIRY='' at age 700", s -> s.file("1.2.3.4", 0644, 700, "")),
            before("check: EXPIRY='10x' at age 700", s -> s.file("1.2.3.4", 0644, 700, "")),
            before("check: EXPIRY='600' at age 700", s -> s.file("1.2.3.4", 0644, 700, "")),
            before(
                    "check: env injection from spool file",
                    s -> s.file("1.2.3.4", 0644, 0, "RELAYCLIENT=@evil\0PATH=/evil\0LD_PRELOAD=/x.so\0")),
            before("check: >8192 file", s -> s.file("1.2.3.4", 0644, 0, ("X=" + "a".repeat(9000)) + "\0")),
            before("check: mtime in the future", s -> s.file("1.2.3.4", 0644, -5000, "")),
            before("check: unreadable file non-root", s -> s.file("1.2.3.4", 0600, 0, "")),
            before("allow: unwritable dir as non-root", s -> {}),
            before("age: default 900", RelayCtrlRecordsTest::manyAges),
            before("age: EXPIRY 600", RelayCtrlRecordsTest::manyAges),
            before("age: boundary 600/601", s -> {
                s.file(".hidden", 0644, 10, "");
                s.file("7.7.7.7", 0644, 600, "");
                s.file("8.8.8.8", 0644, 601, "");
                s.directory("dir");
            }));

    private static void manyAges(Spooled s) throws IOException {
        s.file("1.1.1.1", 0644, 1000, "");
        s.file("2.2.2.2", 0644, 800, "");
        s.file(".hidden", 0644, 10, "");
        s.file(".1795486487.220589:30518", 0644, 2000, "");
        s.directory("dir");
    }

    /** Command lines that were written for a shell. */
    private static final Map<String, List<String>> ARGV = Map.of(
            "allow: unwritable dir as non-root", List.of("relay-ctrl-allow", "echo", "ran"),
            "check: unreadable file non-root", List.of("relay-ctrl-check", "sh", "-c", "echo [${RELAYCLIENT-unset}]"),
            "chdir: ok",
                    List.of(
                            "relay-ctrl-chdir",
                            "sh",
                            "-c",
                            "echo $RELAY_CTRL_DIR_FD; ls -l /proc/self/fd/$RELAY_CTRL_DIR_FD | sed 's/.*->//'"),
            "send: no listener (5 tries x 1 s in background child)", List.of("relay-ctrl-send", "echo", "ran"));

    @FunctionalInterface
    private interface Preparation {
        void make(Spooled spool) throws IOException;
    }

    private static Map.Entry<String, Preparation> before(String title, Preparation preparation) {
        return Map.entry(title, preparation);
    }

    private record Spooled(Path directory, Instant now) {
        void file(String name, int mode, long age, String content) throws IOException {
            Path file = directory.resolve(name);
            Files.writeString(file, content);
            Files.setPosixFilePermissions(
                    file, PosixFilePermissions.fromString(mode == 0600 ? "rw-------" : "rw-r--r--"));
            Files.setLastModifiedTime(file, FileTime.from(now.minusSeconds(age)));
        }

        void directory(String name) throws IOException {
            Files.setLastModifiedTime(Files.createDirectory(directory.resolve(name)), FileTime.fromMillis(0));
        }
    }

    /** A case as the file has it. */
    record Recorded(String title, List<String> argv, Env env, Map<String, String> fields) {
        @Override
        public String toString() {
            return title;
        }
    }

    static Stream<Recorded> cases() throws IOException {
        return Pattern.compile("^== ", Pattern.MULTILINE)
                .splitAsStream(TestingRecords.text("tools.txt"))
                .filter(text -> text.matches("(?s)(chdir|allow|check|age|send)[:+].*"))
                .map(RelayCtrlRecordsTest::parse);
    }

    private static Recorded parse(String text) {
        String[] lines = text.split("\n", -1);
        Map<String, String> fields = new LinkedHashMap<>();
        String command = "";
        String env = "";
        for (String line : lines) {
            if (line.startsWith("$ ")) {
                int at = line.lastIndexOf("  env={");
                command = line.substring(2, at);
                env = line.substring(at + 6);
            } else if (line.matches("(rc|stdout|stderr|after)=.*")) {
                int at = line.indexOf('=');
                fields.put(line.substring(0, at), line.substring(at + 1));
            }
        }
        List<String> pairs = strings(env);
        Env environment = Env.of(List.of("PATH=/usr/local/bin:/usr/bin:/bin", "DNSCACHEIP=127.0.0.1"));
        for (int i = 0; i < pairs.size(); i += 2) {
            environment = environment.with(pairs.get(i), pairs.get(i + 1));
        }
        return new Recorded(lines[0], ARGV.getOrDefault(lines[0], strings(command)), environment, fields);
    }

    /** All Python string literals of a text. */
    private static List<String> strings(String text) {
        List<String> strings = new ArrayList<>();
        Matcher m = Pattern.compile("'(?:[^'\\\\]|\\\\.)*'|\"(?:[^\"\\\\]|\\\\.)*\"")
                .matcher(text);
        while (m.find()) {
            strings.add(TestingRecords.unquote(m.group()));
        }
        return strings;
    }

    @Test
    void thereAreAllCases() throws IOException {
        assertThat(cases().count()).isEqualTo(64);
        List<String> titles = cases().map(Recorded::title).toList();
        assertThat(titles)
                .containsAll(DIFFERENCES.stream().map(Difference::title).toList())
                .containsAll(PREPARED.keySet())
                .containsAll(ARGV.keySet());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void asRecorded(Recorded recorded, @TempDir Path scratch) throws Exception {
        for (int i = 0; i < 5; i++) {
            Path t = Files.createDirectory(scratch.resolve("t" + i)).toRealPath();
            Instant now = Instant.ofEpochSecond(Instant.now().getEpochSecond());
            Map<String, String> ours = ours(recorded, t, now);
            if (Instant.now().getEpochSecond() == now.getEpochSecond()) {
                compare(recorded, ours);
                return;
            }
        }
        throw new AssertionError("the second changed under each of five tries");
    }

    private static Map<String, String> ours(Recorded recorded, Path t, Instant now) throws Exception {
        Path spool = Files.createDirectory(t.resolve("spool"));
        if (recorded.title.equals("chdir: not a dir")) {
            Files.createFile(t.resolve("file"));
        }
        PREPARED.getOrDefault(recorded.title, s -> {}).make(new Spooled(spool, now));
        Env env = Env.of(recorded.env.entries().stream()
                .map(e -> e.replace("$T", t.toString()))
                .toList());
        TestingProcesses processes = new TestingProcesses(TOOLS);
        boolean asNobody = recorded.title.contains("non-root");
        if (asNobody) {
            Path p = t;
            for (int i = 0; i < 2; i++, p = p.getParent()) {
                Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        TestingProcesses.Left left = asNobody
                ? TestingFileIds.as(NOBODY, () -> processes.run(recorded.argv, env, t))
                : processes.run(recorded.argv, env, t);
        boolean listsAll = recorded.title.equals("allow: dir missing");
        Map<String, String> ours = new TreeMap<>();
        ours.put("rc", String.valueOf(left.code()));
        ours.put("stdout", left.stdout().replace(t.toString(), "$T"));
        ours.put("stderr", left.stderr().replace(t.toString(), "$T"));
        ours.put("after", listing(listsAll ? t : spool, listsAll, now).toString());
        return ours;
    }

    private static List<String> listing(Path directory, boolean namesOnly, Instant now) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted()
                    .map(file -> namesOnly ? file.getFileName().toString() : line(file, now))
                    .toList();
        }
    }

    private static String line(Path file, Instant now) {
        try {
            Map<String, Object> a = Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS);
            boolean directory = Boolean.TRUE.equals(a.get("isDirectory"));
            String content = directory ? "DIR" : Files.readString(file).replace("\0", "\\x00");
            long age = now.getEpochSecond()
                    - ((FileTime) a.get("lastModifiedTime")).toInstant().getEpochSecond();
            return "%s mode=%o uid=%s size=%s age=%d content='%s'"
                    .formatted(
                            file.getFileName(), (int) a.get("mode") & 0777, a.get("uid"), a.get("size"), age, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void compare(Recorded recorded, Map<String, String> ours) {
        recorded.fields.forEach((field, literal) -> {
            String theirs = field.equals("after") ? strings(literal).toString() : TestingRecords.unquote(literal);
            Difference difference = DIFFERENCES.stream()
                    .filter(d -> d.title.equals(recorded.title) && d.field.equals(field))
                    .findFirst()
                    .orElse(null);
            String expected = normal(difference == null ? theirs : difference.ours);
            assertThat(normal(ours.get(field)))
                    .as("%s: %s", recorded.title, field)
                    .isEqualTo(expected);
            if (difference != null) {
                assertThat(normal(theirs))
                        .as("no difference any more: %s", difference)
                        .isNotEqualTo(expected);
            }
        });
    }

    /** What differs from run to run. */
    private static String normal(String text) {
        return text.replaceAll("(relay-ctrl-\\w+)\\[\\d+\\]", "$1[ID]")
                .replaceAll("'\\.\\d+\\.\\d+:[^']+'", "'.TEMPORARY'")
                .replaceAll("pipe:\\[\\d+\\]", "pipe")
                .replaceAll("/proc/\\d+/fd", "/proc/N/fd")
                // The directory itself is as old as the epoch, and its size is the file system's.
                .replaceAll("size=\\d+ age=\\d{9,} content='DIR'", "content='DIR'")
                // 7: the descriptor is not moved to the top.
                .replaceAll("RELAY_CTRL_DIR_FD=\\d+", "RELAY_CTRL_DIR_FD=N")
                .replaceAll("^\\d+\n (.T/spool)", "N\n $1");
    }
}
