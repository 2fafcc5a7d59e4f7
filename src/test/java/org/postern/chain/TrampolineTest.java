package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Descriptor;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.ThisProcess;

/** Chains with foreign programs that are real processes on a real socket. */
class TrampolineTest {
    @TempDir
    Path directory;

    private final List<String> log = new ArrayList<>();
    private TestingSocket socket;
    private Identity self;
    private Path launcher;

    @BeforeEach
    void connect() throws IOException {
        socket = new TestingSocket();
        self = ThisProcess.identity();
        launcher = Files.createFile(
                directory.resolve("launcher"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    /** Says what it sees, then becomes its arguments. */
    private static Tool.Exit says(Tool.Invocation call) throws IOException {
        call.fds()
                .connection()
                .write("[" + call.args().program() + " X=" + call.env().get("X") + "]");
        if (call.args().program().endsWith("reader")) {
            String read = Octets.of(call.fds().input(3).readAllBytes());
            call.fds().connection().write("[read " + read + "]");
            Args rest = new Args(call.args().arguments());
            return new Tool.Exit.Exec(
                    rest, call.env(), call.cwd(), call.identity(), call.fds().without(3), why -> Tool.Exit.code(111));
        }
        List<String> rest = call.args().arguments();
        return rest.isEmpty()
                ? Tool.Exit.code(7)
                : call.exec(new Args(rest), call.env().with("X", "said"), why -> Tool.Exit.code(111));
    }

    private Trampoline trampoline() throws IOException {
        Programs programs = new Programs(
                name -> name.equals("ours") || name.equals("reader")
                        ? Optional.of(TrampolineTest::says)
                        : Optional.empty(),
                launcher);
        return new Trampoline(programs, new Children(programs, Set.of("RELAY_CTRL_DIR_FD")));
    }

    private Tool.Invocation call(Env env, Map<Integer, Descriptors.Other> others, String... args) {
        return new Tool.Invocation(
                Args.of(args),
                env.with("PATH", directory + ":/usr/bin:/bin"),
                directory,
                self,
                new Descriptors(socket.connection(), log::add, others),
                1);
    }

    private void link() throws IOException {
        Files.createSymbolicLink(directory.resolve("ours"), launcher);
        Files.createSymbolicLink(directory.resolve("reader"), launcher);
    }

    @Test
    void ourProgramsRunHereOneAfterTheOther() throws IOException {
        link();
        Ended ended = trampoline().run(call(Env.empty(), Map.of(), "ours", "ours", directory + "/ours"));
        assertThat(ended).isEqualTo(new Ended.Exited(7));
        assertThat(socket.connection()).isNotNull();
        socket.connection().flush();
        assertThat(socket.receiveAll()).isEqualTo("[ours X=null][ours X=said][" + directory + "/ours X=said]");
    }

    @Test
    void aForeignProgramHasTheSocketItself() throws IOException {
        Ended ended = trampoline().run(call(Env.empty(), Map.of(), "sh", "-c", "readlink /proc/self/fd/0; exit 3"));
        assertThat(ended).isEqualTo(new Ended.Exited(3));
        assertThat(socket.receiveAll()).startsWith("socket:[");
    }

    @Test
    void aForeignProgramHasExactlyTheDescriptorsNamed() throws IOException {
        int spool = Descriptor.openDirectory(directory.toString());
        Env env = Env.empty().with("RELAY_CTRL_DIR_FD", String.valueOf(spool + 1000));
        int high = Descriptor.duplicate(spool, spool + 1000);
        env = env.with("RELAY_CTRL_DIR_FD", String.valueOf(high));
        trampoline()
                .run(
                        call(
                                env,
                                Map.of(3, new Descriptors.Other.Data("secret"), high, new Descriptors.Other.Open(high)),
                                "sh",
                                "-c",
                                "cat <&3; echo; echo $RELAY_CTRL_DIR_FD; readlink /proc/$$/fd/4; ls /proc/$$/fd | tr '\\n' ' '"));
        Descriptor.close(spool);
        Descriptor.close(high);
        String[] lines = socket.receiveAll().split("\n", -1);
        assertThat(lines).startsWith("secret", "4", directory.toRealPath().toString());
        assertThat(lines[3]).isEqualTo("0 1 2 3 4 ");
    }

    @Test
    void octetsPassThroughUnchanged() throws IOException {
        trampoline()
                .run(call(
                        Env.empty().with("O", "\u00e9\u00ff"),
                        Map.of(),
                        "sh",
                        "-c",
                        "printf '%s|%s' \"$O\" \"$1\"",
                        "sh",
                        "a\u00e9b"));
        assertThat(socket.receiveAll()).isEqualTo("\u00e9\u00ff|a\u00e9b");
    }

    @Test
    void aProgramKilledBySignalIsToldAsSuch() throws IOException {
        assertThat(trampoline().run(call(Env.empty(), Map.of(), "sh", "-c", "kill -9 $$")))
                .isEqualTo(new Ended.Signalled(9));
    }

    @Test
    void aProgramThatIsNotThereEndsWith111AndALine() throws IOException {
        assertThat(trampoline().run(call(Env.empty(), Map.of(), "/nonexistent/x")))
                .isEqualTo(new Ended.Exited(111));
        assertThat(log).containsExactly("/nonexistent/x: fatal: unable to run: file does not exist");
    }

    @Test
    void whereExecFailsTheProgramSaysHowItEnds() throws IOException {
        link();
        assertThat(trampoline().run(call(Env.empty(), Map.of(), "ours", "/nonexistent/x")))
                .isEqualTo(new Ended.Exited(111));
        assertThat(log).isEmpty();
    }

    @Test
    void oursTheirsOursGoesOnHereWithWhatTheForeignProgramDid() throws IOException {
        link();
        Ended ended = trampoline()
                .run(call(
                        Env.empty(),
                        Map.of(3, new Descriptors.Other.Data("u\0p\0")),
                        "ours",
                        "env",
                        "X=foreign",
                        "ours",
                        "ours"));
        assertThat(ended).isEqualTo(new Ended.Exited(7));
        socket.connection().flush();
        assertThat(socket.receiveAll()).isEqualTo("[ours X=null][ours X=foreign][ours X=said]");
    }

    /** Told before the next program speaks, and once. */
    @Test
    void descriptorThatAProgramOfOursLeavesBehindIsTold() throws IOException {
        link();
        trampoline().run(call(Env.empty(), Map.of(3, data()), "ours", "reader", "ours"));
        assertThat(log).containsExactly("left behind");
        socket.connection().flush();
        assertThat(socket.receiveAll()).isEqualTo("[ours X=null][reader X=said][read u\0p\0][ours X=said]");
    }

    @Test
    void descriptorThatAForeignProgramClosesIsTold() throws IOException {
        link();
        trampoline()
                .run(call(
                        Env.empty(),
                        Map.of(3, data()),
                        "sh",
                        "-c",
                        "cat <&3 | tr '\\0' . ; exec 3<&-; exec \"$@\"",
                        "sh",
                        "ours"));
        assertThat(log).containsExactly("left behind");
        socket.connection().flush();
        assertThat(socket.receiveAll()).isEqualTo("u.p.[ours X=null]");
    }

    /** env or softlimit before checkpassword. */
    @Test
    void descriptorThatAForeignProgramLeavesOpenIsReadByTheNextOfOurs() throws IOException {
        link();
        List<Integer> before = Descriptor.open();
        trampoline().run(call(Env.empty(), Map.of(3, data()), "env", "X=foreign", "reader", "ours"));
        socket.connection().flush();
        assertThat(socket.receiveAll()).isEqualTo("[reader X=foreign][read u\0p\0][ours X=foreign]");
        assertThat(Descriptor.open()).hasSameSizeAs(before);
    }

    private Descriptors.Other data() {
        return new Descriptors.Other.Data("u\0p\0", () -> log.add("left behind"));
    }

    @Test
    void aForeignProgramThatEndsBeforeOursEndsTheChain() throws IOException {
        link();
        assertThat(trampoline().run(call(Env.empty(), Map.of(), "sh", "-c", "exit 1", "ours")))
                .isEqualTo(new Ended.Exited(1));
    }

    @Test
    void whatAToolDidNotForeseeEndsItAlone() throws IOException {
        Files.createSymbolicLink(directory.resolve("broken"), launcher);
        Programs programs = new Programs(
                name -> Optional.of(c -> {
                    throw new IllegalStateException("oops");
                }),
                launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        assertThat(chain.run(call(Env.empty(), Map.of(), "broken"))).isEqualTo(new Ended.Exited(111));
        assertThat(log)
                .singleElement()
                .asString()
                .contains("broken: fatal: internal error")
                .contains("oops");
    }
}
