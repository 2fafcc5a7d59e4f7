package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingRecords;
import org.postern.chain.Args;
import org.postern.chain.Children;
import org.postern.chain.Descriptors;
import org.postern.chain.Ended;
import org.postern.chain.Env;
import org.postern.chain.Programs;
import org.postern.chain.TestingSocket;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.ThisProcess;
import org.postern.os.ThreadIdentity;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

/** Accounts of the system, made for the test: CI runs as root. */
class CheckpasswordIT {
    private static final Identity ROOT = new Identity(0, 0, List.of(0));
    private static final Identity NOBODY = new Identity(65534, 65534, List.of());

    @TempDir
    Path directory;

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private Checkpassword checkpassword;
    private TestingSystemUser user;

    @BeforeEach
    void makeUser() throws IOException {
        assertThat(ThisProcess.identity().isRoot()).as("this test runs as root").isTrue();
        checkpassword = new Checkpassword(directory.resolve("none"), new Nss(), new Crypt());
        user = new TestingSystemUser("pit" + ProcessHandle.current().pid(), directory);
        user.password("secret");
    }

    @AfterEach
    void removeUser() throws IOException {
        user.close();
    }

    @Test
    void theRightPasswordBecomesTheUserWithAllGroups() throws IOException {
        Nss.Passwd passwd = new Nss().passwd(user.name()).orElseThrow();
        Tool.Exit.Exec exec = (Tool.Exit.Exec) login("secret");
        assertThat(exec.identity().uid()).isEqualTo(passwd.uid()).isNotZero();
        assertThat(exec.identity().gid()).isEqualTo(passwd.gid());
        assertThat(exec.identity().groups()).containsExactlyInAnyOrder(passwd.gid(), 5);
        assertThat(exec.cwd()).isEqualTo(user.home());
        assertThat(exec.env())
                .isEqualTo(Env.empty()
                        .withAll(Map.of("USER", user.name(), "HOME", user.home().toString(), "SHELL", "/bin/bash")));
        assertThat(log).isEmpty();
    }

    @Test
    void thePasswordIsOfTheSchemeThatTheSystemPrefers() throws IOException {
        String stored = new Nss().shadow(user.name()).orElseThrow().password();
        assertThat(stored).startsWith("$y$");
        assertThat(login("secret")).isInstanceOf(Tool.Exit.Exec.class);
    }

    @Test
    void aWrongPasswordIsRefused() {
        for (String wrong : List.of("", "Secret", "secret ", "x".repeat(400))) {
            assertThat(login(wrong)).as(wrong).isEqualTo(Tool.Exit.code(1));
        }
        assertThat(log).isEmpty();
    }

    @Test
    void aChangedPasswordCountsAtOnce() throws IOException {
        assertThat(login("secret")).isInstanceOf(Tool.Exit.Exec.class);
        user.password("other");
        assertThat(login("secret")).isEqualTo(Tool.Exit.code(1));
        assertThat(login("other")).isInstanceOf(Tool.Exit.Exec.class);
    }

    @Test
    void lockedExpiredAndPasswordlessAccountsAreRefusedAndLogged() throws IOException {
        user.change("usermod", "-L");
        assertRefused("secret", "locked");
        user.change("usermod", "-U");
        assertThat(login("secret")).isInstanceOf(Tool.Exit.Exec.class);
        user.change("usermod", "-e", "1");
        assertRefused("secret", "expired");
        user.change("usermod", "-e", "");
        assertThat(login("secret")).isInstanceOf(Tool.Exit.Exec.class);
        user.change("chage", "-d", "0");
        assertRefused("secret", "must be changed");
        user.change("chage", "-d", "10000", "-M", "5");
        assertRefused("secret", "expired");
        user.change("chage", "-M", "-1");
        assertThat(login("secret")).isInstanceOf(Tool.Exit.Exec.class);
        user.change("passwd", "-d");
        assertRefused("", "empty");
        user.change("usermod", "-p", "*");
        assertRefused("*", "locked");
    }

    @Test
    void rootIsRefused() {
        assertThat(checkpassword.run(call("root\0secret\0", ROOT))).isEqualTo(Tool.Exit.code(1));
        assertThat(log).containsExactly("checkpassword: root refused: uid 0 may not log in");
    }

    @Test
    void aHomeThatTheUserCannotEnterIsTemporary() throws IOException {
        Files.setAttribute(user.home(), "unix:uid", 0);
        Files.setPosixFilePermissions(user.home(), PosixFilePermissions.fromString("rwx------"));
        assertThat(login("secret")).isEqualTo(Tool.Exit.code(111));
        assertThat(log).containsExactly("checkpassword: fatal: unable to switch to " + user.home() + ": access denied");
    }

    @Test
    void aHomeBelowWhatTheUserCannotEnterIsTemporary() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        assertThat(login("secret")).isEqualTo(Tool.Exit.code(111));
        assertThat(log).containsExactly("checkpassword: fatal: unable to switch to " + user.home() + ": access denied");
    }

    @Test
    void withoutRootTheSystemsPasswordsCannotBeReadWhichIsNoNo() throws Exception {
        Tool.Exit exit = ThreadIdentity.as(NOBODY, () -> checkpassword.run(call(user.name() + "\0secret\0", NOBODY)));
        assertThat(exit).isEqualTo(Tool.Exit.code(111));
        assertThat(log)
                .hasSize(1)
                .first()
                .asString()
                .contains("unable to look up " + user.name(), "run this as root", "CHECKPASSWORD_FILE");
    }

    /** The record's call, through the chain, into a foreign shell. */
    @Test
    void theProgramIsRunAsTheUserInItsHome() throws Exception {
        String recorded = TestingRecords.read("tools-cli.txt").stream()
                .filter(r -> r.title().equals("checkpassword(stand-in): ok"))
                .findFirst()
                .orElseThrow()
                .all("stdout")
                .getFirst();
        String wanted = recorded.replace("/home/ptest", user.home().toString()).replace("ptest", user.name());
        assertThat(chained("id -un; pwd; echo; env|grep -E '^(USER|HOME|SHELL)='|sort"))
                .isEqualTo(wanted);
    }

    @Test
    void theProgramHasNoDescriptorThree() throws Exception {
        assertThat(chained("for fd in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$fd && echo $fd; done; id -G"))
                .isEqualTo(TestingSystemUser.run("", "id", "-G", user.name()));
    }

    @Test
    void fiftyThreadsLogInAtOnce() throws Exception {
        try (TestingSystemUser other = new TestingSystemUser(user.name() + "b", directory);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            other.password("other");
            List<Future<Tool.Exit>> right = new ArrayList<>();
            List<Future<Tool.Exit>> wrong = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                boolean first = i % 2 == 0;
                String name = first ? user.name() : other.name();
                right.add(threads.submit(
                        () -> checkpassword.run(call(name + "\0" + (first ? "secret" : "other") + "\0", ROOT))));
                wrong.add(threads.submit(
                        () -> checkpassword.run(call(name + "\0" + (first ? "other" : "secret") + "\0", ROOT))));
            }
            for (int i = 0; i < 50; i++) {
                assertThat(right.get(i).get())
                        .isInstanceOfSatisfying(
                                Tool.Exit.Exec.class,
                                exec -> assertThat(exec.env().get("USER")).isIn(user.name(), other.name()));
                assertThat(wrong.get(i).get()).isEqualTo(Tool.Exit.code(1));
            }
        }
    }

    private String chained(String script) throws Exception {
        Path launcher = Files.createFile(
                directory.resolve("checkpassword"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Programs programs = new Programs(
                name -> name.equals("checkpassword") ? Optional.of(checkpassword) : Optional.empty(), launcher);
        Trampoline chain = new Trampoline(programs, new Children(programs, Set.of()));
        try (TestingSocket socket = new TestingSocket()) {
            Tool.Invocation call = new Tool.Invocation(
                    Args.of(launcher.toString(), "sh", "-c", script),
                    Env.empty(),
                    directory,
                    ROOT,
                    new Descriptors(
                            socket.connection(),
                            log::add,
                            Map.of(3, new Descriptors.Other.Data(user.name() + "\0secret\0<1.2@h>\0"))),
                    1);
            Ended ended = chain.run(call);
            assertThat(log).isEmpty();
            assertThat(ended).isEqualTo(new Ended.Exited(0));
            return socket.receiveAll();
        }
    }

    private void assertRefused(String password, String why) {
        log.clear();
        assertThat(login(password)).isEqualTo(Tool.Exit.code(1));
        assertThat(log).hasSize(1).first().asString().contains(user.name() + " refused: ", why);
        log.clear();
    }

    private Tool.Exit login(String password) {
        return checkpassword.run(call(user.name() + "\0" + password + "\0<1.2@h>\0", ROOT));
    }

    private Tool.Invocation call(String offer, Identity identity) {
        Descriptors fds = new Descriptors(
                new Connection(TestingWire.sending()), log::add, Map.of(3, new Descriptors.Other.Data(offer)));
        return new Tool.Invocation(
                Args.of("checkpassword", "qmail-pop3d", "Maildir"), Env.empty(), directory, identity, fds, 4711);
    }
}
