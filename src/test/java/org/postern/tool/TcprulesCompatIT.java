package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.tcp.RuleLine;

/**
 * Our tcprules and tcprulescheck and those of Debian's ucspi-tcp (0.88) on the same input: the cdb octet for octet, exit
 * code and output. For IPv6 those of Debian's ucspi-tcp-ipv6. Random input from {@code -Dseed=}.
 */
class TcprulesCompatIT {
    private static final long SEED = Long.getLong("seed", System.nanoTime());
    private static final String TCPRULES = "/usr/bin/tcprules";
    private static final String TCPRULESCHECK = "/usr/bin/tcprulescheck";
    private static final String PEER6 = Path.of(".peers/ucspi-tcp-ipv6/usr/bin").toAbsolutePath() + "/";

    @TempDir
    private Path dir;

    private Path ours;
    private Path theirs;

    @BeforeEach
    void twoDirectories() throws IOException {
        ours = Files.createDirectory(dir.resolve("ours"));
        theirs = Files.createDirectory(dir.resolve("theirs"));
    }

    private void assertCompiledAlike(String rules) throws IOException {
        assertCompiledAlike(TCPRULES, rules, "x.cdb", "x.tmp");
    }

    private void assertCompiledAlike(String original, String rules, String... names) throws IOException {
        String[] command = new String[names.length + 1];
        command[0] = original;
        System.arraycopy(names, 0, command, 1, names.length);
        TestingOriginal their = TestingOriginal.run(theirs, Map.of(), rules, command);
        TestingCall call = TestingCall.stdin(rules).cwd(ours);
        command[0] = "tcprules";
        Tool.Exit exit = call.run(new Tcprules(Disk.real()), command);
        String told = told(rules);
        assertThat(exit).as(told).isEqualTo(Tool.Exit.code(their.code()));
        assertThat(RulesRecordsTest.withoutWarnings(call.stderr())).as(told).isEqualTo(their.stderr());
        assertThat(call.stdout()).as(told).isEqualTo(their.stdout());
        assertThat(files(ours)).as(told).isEqualTo(files(theirs));
    }

    private static Map<String, String> files(Path directory) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (var names = Files.newDirectoryStream(directory)) {
            for (Path file : names) {
                String name = file.getFileName().toString();
                // What an interrupted run leaves under the temporary name depends on the size of its buffers.
                files.put(name, name.endsWith(".tmp") ? "there" : digest(file));
            }
        }
        return files;
    }

    private static String digest(Path file) throws IOException {
        byte[] octets = Files.readAllBytes(file);
        try {
            return octets.length + " octets, "
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** What a failure says of its input. */
    private static String told(String rules) {
        return "seed " + SEED + ", rules: " + rules.substring(0, Math.min(rules.length(), 1000));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                " \t\n",
                "#\n",
                ":allow",
                ":allow\n",
                "10.:allow,RELAYCLIENT=\"\"\n:deny\n",
                "10.:allow\n10.:deny\n10.:allow,A=\"b\"\n",
                "10.0.0.1-255:deny\n10.0-255.:allow,A=\"b\"\n",
                "10.-:allow\n10.-3:allow\n10.3-:allow\n-:deny\n--:allow\n",
                "10.03-05:allow",
                "250-18446744073709551617:allow\n18446744073709551617-2:allow\n99999999999999999999999-5:allow",
                "1.2.3.4-6.:deny\n1.2-3.4-5.:allow\n1.-.2:allow",
                "10.:deny,=\"\"\n10.:allow,A=aba,B,C=\"x\"\n10.:allow,==a=\n10.:allow,A==b=\n10.:allow,A=,,,B=,x,",
                "10.:allow,A=\"b\",",
                "10.:allow,A=\"b\"B=\"c\"",
                "10.:allow,A=xxx",
                "10.:allow,A= x ",
                "10.:allow,A= x \n\t",
                "10.:allow,A= x ,B=\"c\"",
                "10.:denyallow",
                "10.:allow deny",
                "10.: allow",
                "10. :allow",
                "=h:allow\n=.h:deny\n=:allow\njoe@=h:deny\n@:allow\n=a-b:allow\na-b@c:allow\n",
                "a-b:allow",
                "1-2-3:allow",
                "1\0x-3:deny\n",
                "\0:allow\nx\0y:allow,\0=\0x\0\n",
                "x\0y:bad",
                "x\0y-3:allow",
                "10.:allow,A=\"x\0D\"",
                "\u00e9:allow,\u00ff=\u00feb\u00fe\n",
                "10.:allow\r\n",
                "\r\n10.:allow\n",
                "no colon\n10.:allow\n:bad:\n11.:allow",
                ":\n",
                "::\n",
                "10.0.0.1:25:allow\n",
                ":deny:allow\n",
                "[::1]:allow\n",
                "2001:db8::/32:deny\n",
                "fe80::1-5:allow\n",
            })
    void tableOfRules(String rules) throws IOException {
        assertCompiledAlike(rules);
    }

    @Test
    void manyRulesAndLongOnes() throws IOException {
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            rules.append("10.")
                    .append(i % 256)
                    .append('.')
                    .append(i / 256)
                    .append(".:allow,N=\"")
                    .append(i)
                    .append("\"\n");
        }
        assertCompiledAlike(rules.toString());
        assertCompiledAlike("10.0.0.0-255:allow,BIG=\"" + "b".repeat(100_000) + "\"\n".repeat(3));
        assertCompiledAlike("10.0.0.0-255:allow,BIG=\"" + "b".repeat(8192) + "\"\n:bad");
    }

    @Test
    void namesOnTheCommandLine() throws IOException {
        String rules = "10.:allow\n";
        assertCompiledAlike(TCPRULES, rules);
        assertCompiledAlike(TCPRULES, rules, "x.cdb");
        assertCompiledAlike(TCPRULES, rules, "x.cdb", "x.tmp", "more");
        assertCompiledAlike(TCPRULES, rules, "-x", "-y");
        assertCompiledAlike(TCPRULES, rules, "same", "same");
        assertCompiledAlike(TCPRULES, rules, "", "x.tmp");
        assertCompiledAlike(TCPRULES, rules, "x.cdb", "");
        assertCompiledAlike(TCPRULES, rules, "x.cdb", "/nonexistent/x.tmp");
        assertCompiledAlike(TCPRULES, rules, "/nonexistent/x.cdb", "x.tmp");
        assertCompiledAlike(TCPRULES, rules, "x.cdb", "/dev/full");
        for (Path directory : List.of(ours, theirs)) {
            Files.createDirectory(directory.resolve("d"));
            Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
            Files.writeString(directory.resolve("old.tmp"), "x".repeat(10_000));
        }
        assertCompiledAlikeInto("d", "x.tmp");
        assertCompiledAlikeInto("x.cdb", "d");
        assertCompiledAlikeInto("x.cdb", "loop");
        assertCompiledAlikeInto("x.cdb", "x.cdb/y");
        assertCompiledAlikeInto("x.cdb", "old.tmp");
    }

    /** The link to itself cannot be read back. */
    private void assertCompiledAlikeInto(String cdb, String temporary) throws IOException {
        TestingOriginal their = TestingOriginal.run(theirs, Map.of(), ":allow\n", TCPRULES, cdb, temporary);
        TestingCall call = TestingCall.stdin(":allow\n").cwd(ours);
        assertThat(call.run(new Tcprules(Disk.real()), "tcprules", cdb, temporary))
                .isEqualTo(Tool.Exit.code(their.code()));
        assertThat(call.stderr()).isEqualTo(their.stderr());
    }

    private static final String[] PIECES = {
        "10.", "127.0.0.1", "1.2.3.4", "-", "0", "3", "7", "255", "300", ".", ":", "allow", "deny", ":allow", ":deny",
        ",", ",A=", ",RELAYCLIENT=\"\"", "\"", "b", "=", "@", "#", " ", "\t", "\r", "\0", "/", "=.example.com", "joe@",
        "\u00e9", "\n", "\n", "\n"
    };

    private static String randomRules(Random random) {
        StringBuilder rules = new StringBuilder();
        boolean wild = random.nextInt(3) == 0;
        for (int lines = random.nextInt(wild ? 3 : 12); lines > 0; lines--) {
            if (!wild) {
                rules.append(randomAddress(random));
                rules.append(random.nextBoolean() ? ":allow" : ":deny");
                for (int i = random.nextInt(3); i > 0; i--) {
                    rules.append(",V")
                            .append(i)
                            .append("=|")
                            .append(pieces(random, 2).replace("|", ""))
                            .append('|');
                }
                rules.append(random.nextInt(4) == 0 ? " \n" : "\n");
            } else {
                rules.append(pieces(random, 7));
            }
        }
        return rules.toString();
    }

    private static String pieces(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(most + 1); n > 0; n--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    /** From few, so that look-ups find some. */
    private static String randomAddress(Random random) {
        String octets = "10." + random.nextInt(3) + "." + random.nextInt(3) + "." + random.nextInt(3);
        int cut = octets.indexOf('.', random.nextInt(octets.length() - 1));
        String ip = random.nextBoolean() || cut < 0 ? octets : octets.substring(0, cut + 1);
        String host = "=" + randomHost(random);
        return switch (random.nextInt(9)) {
            case 0 -> host;
            case 1 -> host.indexOf('.') < 0 ? "=" : "=" + host.substring(host.indexOf('.'));
            case 2 -> "joe@" + ip;
            case 3 -> "joe@" + host;
            case 4 -> "10." + random.nextInt(3) + "-" + random.nextInt(300) + ".";
            case 5 -> "";
            default -> ip;
        };
    }

    private static String randomHost(Random random) {
        String[] hosts = {"h", "a.example.com", "b.example.com", "example.com", "x.org", "H.org", "", ".", "a..b"};
        return hosts[random.nextInt(hosts.length)];
    }

    @Test
    void randomRulesAndLookUps() throws IOException {
        System.out.println("TcprulesCompatIT -Dseed=" + SEED);
        Random random = new Random(SEED);
        int compiled = 0;
        int matched = 0;
        for (int i = 0; i < 200; i++) {
            String rules = randomRules(random);
            if (hasIpv6(rules)) {
                continue;
            }
            Files.deleteIfExists(ours.resolve("x.cdb"));
            Files.deleteIfExists(theirs.resolve("x.cdb"));
            assertCompiledAlike(rules);
            if (Files.exists(ours.resolve("x.cdb"))) {
                compiled++;
                for (int k = 0; k < 2; k++) {
                    matched += assertCheckedAlike(rules, random) ? 1 : 0;
                }
            }
        }
        assertThat(compiled).isBetween(50, 190);
        assertThat(matched).isGreaterThan(50);
    }

    /** What ours takes and 0.88 does not (ADR 0010). */
    private static boolean hasIpv6(String rules) {
        return Arrays.stream(rules.split("\n", -1))
                .anyMatch(line -> RuleLine.parse(line) instanceof RuleLine.Records rule
                        && rule.address().indexOf(':') >= 0);
    }

    private boolean assertCheckedAlike(String rules, Random random) throws IOException {
        Map<String, String> env = new TreeMap<>();
        if (random.nextInt(10) > 0) {
            env.put("TCPREMOTEIP", "10." + random.nextInt(3) + "." + random.nextInt(3) + "." + random.nextInt(3));
        }
        if (random.nextBoolean()) {
            env.put("TCPREMOTEHOST", randomHost(random));
        }
        if (random.nextBoolean()) {
            env.put("TCPREMOTEINFO", random.nextInt(4) == 0 ? "" : "joe");
        }
        return !checkedAlike(TCPRULESCHECK, rules, env, "x.cdb").startsWith("default");
    }

    private String checkedAlike(String original, String rules, Map<String, String> env, String... args)
            throws IOException {
        String[] command = new String[args.length + 1];
        command[0] = original;
        System.arraycopy(args, 0, command, 1, args.length);
        TestingOriginal their = TestingOriginal.run(theirs, env, "", command);
        TestingCall call = TestingCall.stdin("").cwd(ours);
        env.forEach(call::env);
        command[0] = "tcprulescheck";
        Tool.Exit exit = call.run(new Tcprulescheck(), command);
        String told = env + ", " + told(rules);
        assertThat(exit).as(told).isEqualTo(Tool.Exit.code(their.code()));
        assertThat(call.stdout()).as(told).isEqualTo(their.stdout());
        assertThat(call.stderr()).as(told).isEqualTo(their.stderr());
        return call.stdout();
    }

    @Test
    void tcprulescheckAndItsCommandLine() throws IOException {
        assertCompiledAlike(":allow,A=\"x\0D\",B=\"c\"\n");
        checkedAlike(TCPRULESCHECK, "", Map.of());
        checkedAlike(TCPRULESCHECK, "", Map.of(), "x.cdb");
        checkedAlike(TCPRULESCHECK, "", Map.of(), "x.cdb", "more");
        checkedAlike(TCPRULESCHECK, "", Map.of(), "none.cdb");
        checkedAlike(TCPRULESCHECK, "", Map.of(), "");
        checkedAlike(TCPRULESCHECK, "", Map.of(), "x.cdb/y");
        checkedAlike(TCPRULESCHECK, "", Map.of("TCPREMOTEIP", ""), "x.cdb");
        checkedAlike(TCPRULESCHECK, "", Map.of("TCPREMOTEIP", "::ffff:10.1.2.3", "TCPREMOTEHOST", "."), "x.cdb");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2001:db8::1:allow",
                "::1:deny",
                "2001:db8::deny",
                "2001:db8:::allow,A=\"x:deny\"",
                "2001:DB8:0:0:0:0:0:1:allow,RELAYCLIENT=\"\"",
                "joe@2001:db8::1:allow",
                "::ffff:1.2.3.4:allow",
                "::deny",
                ":::allow\n10.:deny\n=h:allow\nfe80::allow\n",
            })
    void ipv6IsCompiledAsByUcspiTcpIpv6(String rules) throws IOException {
        assertCompiledAlike(PEER6 + "tcprules", rules, "x.cdb", "x.tmp");
        TestingOriginal plain = TestingOriginal.run(theirs, Map.of(), rules, TCPRULES, "y.cdb", "y.tmp");
        assertThat(plain.code()).isEqualTo(100);
    }

    /** The address as their tcpserver writes it, and as ours does. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8::1,2001:db8::1",
        "2001:db8::1:1:1:1:1,2001:db8:0:1:1:1:1:1",
        "1:0:0:2::3,1:0:0:2::3",
        "2001:db8::1:0:0:1,2001:db8::1:0:0:1",
        "2001:db8::a:b:c:d:0,2001:db8:0:a:b:c:d:0",
        "2001:db8:0:1::,2001:db8:0:1::",
        "::1,::1"
    })
    void whatMatchesThereMatchesHere(String theirText, String ourText) throws IOException {
        for (int end = 0; end <= theirText.length(); end++) {
            String address = theirText.substring(0, end);
            if (end < theirText.length() && end > 0 && !address.endsWith(":")) {
                continue;
            }
            for (String info : List.of("", "joe@")) {
                TestingOriginal compiled = TestingOriginal.run(
                        dir, Map.of(), info + address + ":allow,W=\"x\"\n", PEER6 + "tcprules", "6.cdb", "6.tmp");
                assertThat(compiled.code()).isZero();
                Map<String, String> their = Map.of("TCPREMOTEIP", theirText, "TCPREMOTEINFO", "joe");
                TestingOriginal checked = TestingOriginal.run(dir, their, "", PEER6 + "tcprulescheck", "6.cdb");
                TestingCall call = TestingCall.stdin("").cwd(dir);
                call.env("TCPREMOTEIP", ourText).env("TCPREMOTEINFO", "joe");
                assertThat(call.run(new Tcprulescheck(), "tcprulescheck", "6.cdb"))
                        .isEqualTo(Tool.Exit.code(0));
                assertThat(call.stdout()).as(info + address).isEqualTo(checked.stdout());
            }
        }
    }
}
