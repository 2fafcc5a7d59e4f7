package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
import org.postern.os.Errno;
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
                .run(call(
                        env,
                        Map.of(3, new Descriptors.Other.Data("secret"), high, new Descriptors.Other.Open(high)),
                        "sh",
                        "-c",
                        "cat <&3; echo; echo $RELAY_CTRL_DIR_FD; readlink /proc/$$/fd/4; ls /proc/$$/fd; :"));
        Descriptor.close(spool);
        Descriptor.close(high);
        String[] lines = socket.receiveAll().split("\n", -1);
        assertThat(lines).startsWith("secret", "4", directory.toRealPath().toString());
        assertThat(lines).endsWith(directory.toRealPath().toString(), "0", "1", "2", "3", "4", "");
    }

    /** As execvp(3) does. */
    @Test
    void aScriptWithoutItsFirstLineIsTheShells() throws IOException {
        Path script = Files.writeString(directory.resolve("script"), "echo $0 $1 $2; exit 9\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(trampoline().run(call(Env.empty(), Map.of(), "script", "a", "b")))
                .isEqualTo(new Ended.Exited(9));
        assertThat(socket.receiveAll()).isEqualTo(script + " a b\n");
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
    void oursTheirsOursFindsTheDirectoryWhereTheForeignProgramHadIt() throws IOException {
        link();
        int low = Descriptor.openDirectory(directory.toString());
        int high = Descriptor.duplicate(low, 500);
        Descriptor.close(low);
        List<String> seen = new ArrayList<>();
        Programs programs = new Programs(
                name -> Optional.of(call -> {
                    String number = String.valueOf(call.env().get("RELAY_CTRL_DIR_FD"));
                    seen.add(number + " " + call.fds().others().get(Integer.parseInt(number)));
                    return Tool.Exit.code(0);
                }),
                launcher);
        new Trampoline(programs, new Children(programs, Set.of("RELAY_CTRL_DIR_FD")))
                .run(call(
                        Env.empty().with("RELAY_CTRL_DIR_FD", "500"),
                        Map.of(500, new Descriptors.Other.Open(high)),
                        "env",
                        "ours"));
        Descriptor.close(high);
        assertThat(seen).containsExactly("4 " + new Descriptors.Other.Open(high));
    }

    @Test
    void whatTheForeignProgramLeavesOnDescriptor3IsThereForOurs() throws IOException {
        link();
        List<String> seen = new ArrayList<>();
        Programs programs = new Programs(
                name -> Optional.of(call -> {
                    try (InputStream password = call.fds().input(3)) {
                        seen.add(Octets.of(password.readAllBytes()));
                    }
                    return Tool.Exit.code(0);
                }),
                launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        Map<Integer, Descriptors.Other> password = Map.of(3, new Descriptors.Other.Data("joe\0secret\0\0"));
        assertThat(chain.run(call(Env.empty(), password, "env", "ours"))).isEqualTo(new Ended.Exited(0));
        assertThat(seen).containsExactly("joe\0secret\0\0");
        assertThat(chain.run(call(Env.empty(), password, "sh", "-c", "exec 3<&-; exec \"$@\"", "sh", "ours")))
                .isEqualTo(new Ended.Exited(111));
        assertThat(log).containsExactly("ours: fatal: file descriptor not open");
    }

    @Test
    void aWordThatIsOneOfOurNamesMayBeAWord() throws IOException {
        link();
        Programs programs = new Programs(name -> Optional.of(TrampolineTest::says), launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of(), name -> !name.equals("ours")));
        assertThat(chain.run(call(Env.empty(), Map.of(), "echo", "ours", directory + "/ours")))
                .isEqualTo(new Ended.Exited(0));
        assertThat(socket.receiveAll()).isEqualTo("ours " + directory + "/ours\n");
    }

    @Test
    void behindAProgramThatStandsBetweenTheClientAndUsWeAreAProcess() throws IOException {
        Path real = Files.writeString(launcher, "#!/bin/sh\necho \"a process with $*\"; ls /proc/$$/fd; :\n");
        link();
        Ended ended = trampoline()
                .run(call(Env.empty(), Map.of(), "sh", "-c", "\"$@\" | tr a-z A-Z; exit 5", "sh", "ours", "x"));
        assertThat(ended).isEqualTo(new Ended.Exited(5));
        assertThat(socket.receiveAll()).isEqualTo("A PROCESS WITH X\n0\n1\n10\n2\n");
        assertThat(real).exists();
    }

    @Test
    void whatAToolOpensForTheNextIsClosedAtTheEnd() throws IOException {
        Files.createSymbolicLink(directory.resolve("opens"), launcher);
        Programs programs = new Programs(
                name -> Optional.of(call -> {
                    int fd = Descriptor.openDirectory(directory.toString());
                    Descriptors fds = call.fds().with(fd, new Descriptors.Other.Open(fd));
                    return new Tool.Exit.Exec(
                            new Args(call.args().arguments()),
                            call.env(),
                            call.cwd(),
                            call.identity(),
                            fds,
                            why -> Tool.Exit.code(111));
                }),
                launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        assertThat(openDirectories()).isZero();
        assertThat(chain.run(call(Env.empty(), Map.of(), "opens", "opens", "true")))
                .isEqualTo(new Ended.Exited(0));
        assertThat(chain.run(call(Env.empty(), Map.of(), "opens", "/nonexistent")))
                .isEqualTo(new Ended.Exited(111));
        assertThat(openDirectories()).isZero();
    }

    private long openDirectories() throws IOException {
        String target = directory.toRealPath().toString();
        return Descriptor.open().stream()
                .filter(fd -> {
                    try {
                        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd))
                                .toString()
                                .equals(target);
                    } catch (IOException e) {
                        return false;
                    }
                })
                .count();
    }

    @Test
    void whatIsThereAndCannotBeStartedEndsAsTheOneThatWantedItSays() throws IOException {
        Path script = Files.writeString(directory.resolve("script"), "#!/nonexistent/interpreter\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        link();
        Programs programs = new Programs(
                name -> Optional.of(call -> call.exec(Args.of("script"), call.env(), why -> {
                    call.fds().log().line("ours says: " + Errno.djbText(why));
                    return Tool.Exit.code(42);
                })),
                launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        assertThat(chain.run(call(Env.empty(), Map.of(), "ours"))).isEqualTo(new Ended.Exited(42));
        assertThat(log).containsExactly("ours says: file does not exist");
        assertThat(chain.endingWhereNotRun(1).run(call(Env.empty(), Map.of(), "script")))
                .isEqualTo(new Ended.Exited(1));
    }

    @Test
    void theNextProgramIsLookedForInThePathOfTheOneThatBecomesIt() throws IOException {
        link();
        Programs programs = new Programs(
                name -> Optional.of(call -> call.exec(
                        Args.of("sh", "-c", "echo $PATH"),
                        call.env().with("PATH", "/nonexistent"),
                        why -> Tool.Exit.code(111))),
                launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        assertThat(chain.run(call(Env.empty(), Map.of(), "ours"))).isEqualTo(new Ended.Exited(0));
        assertThat(socket.receiveAll()).isEqualTo("/nonexistent\n");
    }

    /** Java makes a virtual thread's socket non-blocking once; a read that waited there would hold its carrier. */
    @Test
    void theClientsSocketWaitsForAForeignProgramAndForNoVirtualThreadOfOurs() throws Exception {
        link();
        int client = socket.connection().wire().inputDescriptor();
        List<Boolean> seen = new ArrayList<>();
        Programs programs = new Programs(
                name -> Optional.of(call -> {
                    seen.add(waits(client));
                    return Tool.Exit.code(0);
                }),
                launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        socket.send("x");
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        socket.connection().input(Duration.ofSeconds(30)).read();
                        chain.run(call(Env.empty(), Map.of(), "sh", "-c", "grep flags /proc/$$/fdinfo/0"));
                        seen.add(waits(client));
                        chain.run(call(Env.empty(), Map.of(), "env", "ours"));
                        seen.add(waits(client));
                    } catch (IOException e) {
                        log.add(e.toString());
                    }
                })
                .join();
        assertThat(log).isEmpty();
        assertThat(seen).containsExactly(false, false, false);
        assertThat(waits(socket.receiveAll())).as("for sh").isTrue();
    }

    private static boolean waits(int descriptor) throws IOException {
        return waits(Files.readString(Path.of("/proc/self/fdinfo/" + descriptor)));
    }

    /** proc(5): octal flags of open(2). */
    private static boolean waits(String fdinfo) {
        String flags = fdinfo.lines()
                .filter(line -> line.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
        return (Integer.parseInt(flags.substring(6).strip(), 8) & 04000) == 0;
    }

    /** Its end is told as what it was, and nothing of it stays in the process table. */
    @Test
    void aForeignProgramKilledWhileOursRunIsWaitedFor() throws IOException {
        link();
        Programs programs = new Programs(
                name -> Optional.of(_ -> {
                    ProcessHandle child =
                            ProcessHandle.current().children().findFirst().orElseThrow();
                    child.destroyForcibly();
                    await().until(() -> Files.readString(Path.of("/proc/" + child.pid() + "/stat"))
                            .contains(") Z "));
                    return Tool.Exit.code(0);
                }),
                launcher);
        assertThat(new Trampoline(programs, new Children(programs, Set.of()))
                        .run(call(Env.empty(), Map.of(), "env", "ours")))
                .isEqualTo(new Ended.Signalled(9));
        assertThat(log).isEmpty();
        assertThat(ProcessHandle.current().children()).isEmpty();
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
