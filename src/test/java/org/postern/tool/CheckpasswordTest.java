package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingRecords;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Crypt;
import org.postern.os.Descriptor;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

/** The interface of cr.yp.to/checkpwd/interface.html, over a file of accounts. */
class CheckpasswordTest {
    private static final Identity JOE = new Identity(4711, 4711, List.of(4711));
    private static final String TIMESTAMP = "<10001.1795485710@hoge.example.com>";

    @TempDir
    Path directory;

    private final List<String> log = new ArrayList<>();
    private Checkpassword checkpassword;
    private Path file;
    private Path home;
    private Env env = Env.empty();

    @BeforeEach
    void accounts() throws IOException {
        checkpassword = new Checkpassword(directory.resolve("default"), new Nss(), new Crypt());
        home = Files.createDirectory(directory.resolve("home"));
        file = directory.resolve("users");
        env = env.with("CHECKPASSWORD_FILE", Octets.of(file)).with("KEPT", "\u00e9");
        write("joe:{PLAIN}secret:4711:4711::" + home + ":/bin/sh\n"
                + "md5:$1$wY1OlIRg$ideWlEu81Xx.QOpkEY7xo/:4711:4711::" + home + ":/bin/sh\n"
                + "root:{PLAIN}secret:0:0::/root:/bin/sh\n"
                + "nobody:{PLAIN}secret:65534:65534::" + home + ":/bin/sh\n"
                + "homeless:{PLAIN}secret\n"
                + "lost:{PLAIN}secret:4711:4711::" + home + "/none:/bin/sh\n"
                + "ours:{PLAIN}secret:::gecos:" + home + ":/bin/false\n"
                + "locked:!:4711:4711::" + home + ":/bin/sh\n"
                + "bound:{PLAIN}secret:4711:4711::" + home + ":/bin/sh:allow_nets=192.0.2.0/24\n");
    }

    @Test
    void theRightPasswordBecomesTheProgram() {
        Tool.Exit.Exec exec = become("joe\0secret\0" + TIMESTAMP + "\0");
        assertThat(exec.argv()).isEqualTo(Args.of("relay-ctrl-allow", "qmail-pop3d", "Maildir"));
        assertThat(exec.env())
                .isEqualTo(env.withAll(Map.of("USER", "joe", "HOME", home.toString(), "SHELL", "/bin/sh")));
        assertThat(exec.cwd()).isEqualTo(home);
        assertThat(exec.identity()).isEqualTo(JOE);
        assertThat(exec.kept().others()).as("descriptor 3 is gone").containsOnlyKeys(5);
        assertThat(log).isEmpty();
    }

    @Test
    void aWrongPasswordAndAnUnknownNameEndInOneWithoutAWord() {
        assertThat(run("joe\0wrong\0" + TIMESTAMP + "\0")).isEqualTo(code(1));
        assertThat(run("joe\0\0" + TIMESTAMP + "\0")).isEqualTo(code(1));
        assertThat(run("ann\0secret\0" + TIMESTAMP + "\0")).isEqualTo(code(1));
        assertThat(run("\0\0" + TIMESTAMP + "\0")).isEqualTo(code(1));
        assertThat(log).isEmpty();
    }

    /** The recorded calls of the original's interface, on the same input. */
    @Test
    void exitCodesAreTheRecordedOnes() throws IOException {
        Map<String, String> inputs = Map.of(
                "ok", "joe\0secret\0" + TIMESTAMP + "\0",
                "bad pw", "joe\0wrong\0" + TIMESTAMP + "\0",
                "unknown", "nobody-here\0secret\0" + TIMESTAMP + "\0",
                "no timestamp", "joe\0secret\0",
                "missing password", "joe\0",
                "not terminated", "joe\0secret",
                "empty", "",
                "512 bytes", "joe\0" + "x".repeat(507) + "\0",
                "513+ bytes", "joe\0secret\0" + "x".repeat(502));
        int seen = 0;
        for (TestingRecords.Case record : TestingRecords.read("tools-cli.txt")) {
            if (!record.title().startsWith("checkpassword(stand-in): ")) {
                continue;
            }
            seen++;
            String title = record.title().substring("checkpassword(stand-in): ".length());
            int code = Integer.parseInt(record.entries().stream()
                    .filter(e -> e.key().startsWith("rc="))
                    .findFirst()
                    .orElseThrow()
                    .key()
                    .substring(3));
            Tool.Exit exit = switch (title) {
                case "no prog" -> checkpassword.run(call("joe\0secret\0", JOE, "checkpassword"));
                case "fd3 closed" -> checkpassword.run(closed());
                default -> run(inputs.get(title));
            };
            assertThat(exit instanceof Tool.Exit.Code c ? c.value() : 0)
                    .as(title)
                    .isEqualTo(code);
        }
        assertThat(seen).isEqualTo(11);
    }

    @Test
    void theRecordedDescriptorIsRead() throws IOException {
        write("ptest:{PLAIN}secret:4711:4711::" + home + ":/bin/bash\n");
        String recorded =
                TestingRecords.text("checkpassword-fd3-netqmail-1.06.txt").replace("^@", "\0");
        assertThat(recorded).startsWith("ptest\0secret\0<");
        assertThat(become(recorded).env().get("SHELL")).isEqualTo("/bin/bash");
    }

    @Test
    void theTimestampMayBeUnfinished() {
        assertThat(run("joe\0secret\0<123")).isInstanceOf(Tool.Exit.Exec.class);
    }

    @Test
    void wrongArgumentsAreMisuseWhateverStandsOnTheDescriptor() throws IOException {
        assertThat(checkpassword.run(call("joe\0secret\0", JOE, "checkpassword")))
                .isEqualTo(code(2));
        assertThat(checkpassword.run(call("x".repeat(600), JOE, "checkpassword")))
                .isEqualTo(code(2));
    }

    @Test
    void anApopDigestIsAcceptedForAClearPassword() throws Exception {
        String digest = md5(TIMESTAMP + "secret");
        assertThat(run("joe\0" + digest + "\0" + TIMESTAMP + "\0")).isInstanceOf(Tool.Exit.Exec.class);
        assertThat(run("joe\0" + digest + "\0<10002.1795485710@hoge.example.com>\0"))
                .isEqualTo(code(1));
        assertThat(run("md5\0" + digest + "\0" + TIMESTAMP + "\0")).isEqualTo(code(1));
        assertThat(run("md5\0secret\0" + TIMESTAMP + "\0")).isInstanceOf(Tool.Exit.Exec.class);
    }

    @Test
    void theDigestOfAnEmptyTimestampIsNoPassword() throws Exception {
        assertThat(run("joe\0" + md5("secret") + "\0\0")).isEqualTo(code(1));
        assertThat(run("joe\0" + md5("secret") + "\0")).isEqualTo(code(1));
    }

    @Test
    void uidZeroIsRefusedAndLogged() {
        assertThat(run("root\0secret\0")).isEqualTo(code(1));
        assertThat(log).containsExactly("checkpassword: root refused: uid 0 may not log in");
    }

    @Test
    void anAccountWithoutUidIsServedByThisProcess() throws IOException {
        assertThat(become("ours\0secret\0").identity()).isEqualTo(JOE);
        Tool.Exit asRoot = checkpassword.run(
                call("ours\0secret\0", new Identity(0, 0, List.of()), "checkpassword", "qmail-pop3d"));
        assertThat(asRoot).isEqualTo(code(1));
        assertThat(log).hasSize(1).first().asString().contains("give it one");
    }

    @Test
    void anAccountOfAnotherUidNeedsRoot() {
        assertThat(run("nobody\0wrong\0")).isEqualTo(code(1));
        assertThat(log).isEmpty();
        assertThat(run("nobody\0secret\0")).isEqualTo(code(111));
        assertThat(log)
                .hasSize(1)
                .first()
                .asString()
                .contains("nobody has uid 65534", "runs as uid 4711", "run it as root");
    }

    @Test
    void aHomeThatCannotBeEnteredIsTemporary() {
        assertThat(run("lost\0secret\0")).isEqualTo(code(111));
        assertThat(run("homeless\0secret\0")).isEqualTo(code(111));
        assertThat(log)
                .containsExactly(
                        "checkpassword: fatal: unable to switch to " + home + "/none: file does not exist",
                        "checkpassword: fatal: homeless has no home");
    }

    @Test
    void aHomeThatIsAFileIsTemporary() throws IOException {
        Files.writeString(home.resolve("none"), "");
        assertThat(run("lost\0secret\0")).isEqualTo(code(111));
        assertThat(log).containsExactly("checkpassword: fatal: unable to switch to " + home + "/none: not a directory");
    }

    @Test
    void aLockedAccountIsRefusedAndLogged() {
        assertThat(run("locked\0!\0")).isEqualTo(code(1));
        assertThat(log).containsExactly("checkpassword: locked refused: its password is locked");
    }

    @Test
    void allowNetsLooksAtTcpremoteip() {
        env = env.with("TCPREMOTEIP", "192.0.2.9");
        assertThat(run("bound\0secret\0")).isInstanceOf(Tool.Exit.Exec.class);
        env = env.with("TCPREMOTEIP", "::ffff:192.0.2.9");
        assertThat(run("bound\0secret\0")).isInstanceOf(Tool.Exit.Exec.class);
        env = env.with("TCPREMOTEIP", "198.51.100.9");
        assertThat(run("bound\0secret\0")).isEqualTo(code(1));
        env = env.without("TCPREMOTEIP");
        assertThat(run("bound\0secret\0")).isEqualTo(code(1));
    }

    @Test
    void aBrokenLineIsTemporaryForItsOwnerAlone() throws IOException {
        write("joe:{PLAIN}secret:4711:4711::" + home + ":/bin/sh\nbroken:{ROT13}frperg:4711:4711::/:/bin/sh\n");
        assertThat(run("broken\0secret\0")).isEqualTo(code(111));
        assertThat(log).hasSize(2);
        assertThat(log.get(0)).startsWith("checkpassword: warning: " + file + ", line 2: broken: ");
        assertThat(log.get(1)).startsWith("checkpassword: fatal: unable to check broken: " + file + ", line 2");
        assertThat(run("joe\0secret\0")).isInstanceOf(Tool.Exit.Exec.class);
        assertThat(log).hasSize(2);
    }

    @Test
    void aFileThatIsMissingIsTemporary() {
        env = env.with("CHECKPASSWORD_FILE", directory + "/missing");
        assertThat(run("joe\0secret\0")).isEqualTo(code(111));
        assertThat(log)
                .containsExactly("checkpassword: fatal: unable to check joe: unable to use " + directory
                        + "/missing: file does not exist");
    }

    @Test
    void anEmptyNameOfAFileDoesNotFallBackToOtherAccounts() {
        env = env.with("CHECKPASSWORD_FILE", "");
        assertThat(run("joe\0secret\0")).isEqualTo(code(111));
        assertThat(log).hasSize(1).first().asString().contains("CHECKPASSWORD_FILE is empty");
    }

    @Test
    void aRelativeNameOfAFileIsTakenFromTheWorkingDirectory() {
        env = env.with("CHECKPASSWORD_FILE", "users");
        assertThat(run("joe\0secret\0")).isInstanceOf(Tool.Exit.Exec.class);
    }

    @Test
    void withoutTheVariableTheDefaultFileIsUsedWhereItExists() throws IOException {
        env = env.without("CHECKPASSWORD_FILE");
        assertThat(run("joe\0secret\0")).as("the system has no joe").isEqualTo(code(1));
        Files.copy(file, directory.resolve("default"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        assertThat(run("joe\0secret\0")).isInstanceOf(Tool.Exit.Exec.class);
    }

    @Test
    void aProgramThatCannotBeRunIsTemporary() {
        Tool.Exit.Exec exec = become("joe\0secret\0");
        assertThat(exec.otherwise().exit(new java.nio.file.NoSuchFileException("relay-ctrl-allow")))
                .isEqualTo(code(111));
        assertThat(log).containsExactly("checkpassword: fatal: unable to run relay-ctrl-allow: file does not exist");
    }

    @Test
    void aNameInTheLogHasNoControlCharacters() {
        assertThat(run("locked\0x\0")).isEqualTo(code(1));
        env = env.with("CHECKPASSWORD_FILE", "missing");
        assertThat(run("a\nb\u001b[2J\u00e9\0x\0")).isEqualTo(code(111));
        assertThat(log.getLast()).contains("unable to check a?b?[2J?: ").doesNotContain("\n");
    }

    @Test
    void aRealDescriptorIsReadToItsEndWhateverThePieces() throws Exception {
        String offer = "joe\0secret\0" + TIMESTAMP + "\0";
        for (int cut = 0; cut <= offer.length(); cut++) {
            int[] pipe = Descriptor.socketPair();
            int at = cut;
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    Descriptor.write(pipe[1], Octets.bytes(offer.substring(0, at)));
                    Descriptor.write(pipe[1], Octets.bytes(offer.substring(at)));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                } finally {
                    Descriptor.close(pipe[1]);
                }
            });
            Descriptors fds = new Descriptors(
                    new Connection(TestingWire.sending()), log::add, Map.of(3, new Descriptors.Other.Open(pipe[0])));
            assertThat(checkpassword.run(
                            new Tool.Invocation(Args.of("checkpassword", "true"), env, directory, JOE, fds, 1)))
                    .isInstanceOf(Tool.Exit.Exec.class);
            writer.join();
            Descriptor.close(pipe[0]);
        }
    }

    private Tool.Exit run(String offer) {
        return checkpassword.run(call(offer, JOE, "checkpassword", "relay-ctrl-allow", "qmail-pop3d", "Maildir"));
    }

    private Tool.Exit.Exec become(String offer) {
        return (Tool.Exit.Exec) run(offer);
    }

    private Tool.Invocation call(String offer, Identity identity, String... args) {
        Descriptors fds = new Descriptors(
                new Connection(TestingWire.sending()),
                log::add,
                Map.of(3, new Descriptors.Other.Data(offer), 5, new Descriptors.Other.Data("")));
        return new Tool.Invocation(Args.of(args), env, directory, identity, fds, 4711);
    }

    private Tool.Invocation closed() {
        Descriptors fds = new Descriptors(
                new Connection(TestingWire.sending()), log::add, Map.of(3, new Descriptors.Other.Open(9999)));
        return new Tool.Invocation(Args.of("checkpassword", "true"), env, directory, JOE, fds, 4711);
    }

    private void write(String octets) throws IOException {
        Files.write(file, Octets.bytes(octets));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    private static Tool.Exit code(int value) {
        return Tool.Exit.code(value);
    }

    private static String md5(String octets) throws Exception {
        return HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("MD5").digest(Octets.bytes(octets)));
    }
}
