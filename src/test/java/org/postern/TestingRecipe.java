package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postern.TestingPrograms.Outcome;

/**
 * This machine as the recipe has it: our programs in the recipe's places, its directories and files, a user with a
 * password, a syslog, a server that receives, the queue, and the recipe's two command lines. All undone by close().
 */
final class TestingRecipe implements Closeable {
    static final int POP3 = 10110;
    static final int SMTP = 10025;
    static final int SINK = 10026;
    static final String USER = "posternrecipe";
    static final String PASSWORD = "Hallo Welt 7";
    static final Path ALLOWED = Path.of("/var/qmail/relay-ctrl/spool");
    private static final Path ACCOUNTS = Path.of("/etc/postern/users");
    private static final Path RESOURCES = Path.of("src/test/resources/recipe").toAbsolutePath();
    private static final String PATH = "/var/qmail/bin:/usr/local/bin:/usr/bin:/bin";

    /** What the test makes and so moves aside where it is there. */
    private static final List<Path> MINE = Stream.of(
                    "/var/qmail",
                    "/etc/relay-ctrl",
                    "/etc/cron.d/relay-ctrl",
                    "/etc/tcp.smtp.cdb",
                    "/dev/log",
                    "/etc/postern")
            .map(Path::of)
            .toList();

    private final Path directory;
    private final Path home;
    private final Deque<Step> undo = new ArrayDeque<>();
    private Process surroundings;

    private interface Step {
        void run() throws IOException;
    }

    /** Who starts the queue and the two command lines. */
    enum Starter {
        /** A shell, with the recipe's own text. */
        SHELL,
        /** The same with no environment but a PATH, as cron does. */
        SHELL_WITHOUT_ENVIRONMENT,
        /** The start/stop script, which also stops them. */
        START_SCRIPT
    }

    TestingRecipe(Path directory, Starter starter) throws IOException {
        this.directory = directory;
        this.home = directory.resolve(USER);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectory(directory.resolve("messages"));
        Files.createFile(directory.resolve("syslog"));
        try {
            moveAside();
            undo.push(() -> TestingPrograms.succeed("./postern", "links", "--recipe", "--undo"));
            TestingPrograms.succeed("./postern", "links", "--recipe");
            TestingPrograms.succeed("./postern", "setup-recipe", "--expiry", "6");
            control();
            user();
            surroundings();
            switch (starter) {
                case SHELL -> byShell(false);
                case SHELL_WITHOUT_ENVIRONMENT -> byShell(true);
                case START_SCRIPT -> byScript();
            }
            TestingPrograms.awaitPort(POP3);
            TestingPrograms.awaitPort(SMTP);
        } catch (IOException | RuntimeException e) {
            try {
                close();
            } catch (IOException f) {
                e.addSuppressed(f);
            }
            throw e;
        }
    }

    private void moveAside() throws IOException {
        for (Path file : MINE) {
            Path aside = Path.of(file + ".before-recipe-test");
            boolean there = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            undo.push(() -> {
                TestingPrograms.succeed("rm", "-rf", file.toString());
                if (there) {
                    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
                }
            });
            if (there) {
                Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    private void control() throws IOException {
        Path control = Files.createDirectories(Path.of("/var/qmail/control"));
        Map<String, String> files = new LinkedHashMap<>();
        files.put("me", "hoge.example.com");
        files.put("rcpthosts", "hoge.example.com");
        files.put("locals", "hoge.example.com");
        files.put("smtproutes", ":127.0.0.1:" + SINK);
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(control.resolve(file.getKey()), file.getValue() + "\n");
        }
        Path rc = Path.of("/var/qmail/rc");
        Files.writeString(
                rc, "#!/bin/sh\nexec env - PATH=\"/var/qmail/bin:$PATH\" \\\nqmail-start ./Maildir/ splogger qmail\n");
        Files.setPosixFilePermissions(rc, PosixFilePermissions.fromString("rwxr-xr-x"));
        Outcome rules = TestingPrograms.run(
                new ProcessBuilder("/usr/local/bin/tcprules", "/etc/tcp.smtp.cdb", "/etc/tcp.smtp.tmp"), ":allow\n");
        if (rules.exit() != 0) {
            throw new IOException("tcprules: " + rules.output());
        }
    }

    private void user() throws IOException {
        undo.push(() -> TestingPrograms.run(new ProcessBuilder("userdel", "-r", "-f", USER), ""));
        TestingPrograms.succeed("useradd", "-m", "-d", home.toString(), "-s", "/bin/bash", USER);
        Outcome set = TestingPrograms.run(new ProcessBuilder("chpasswd"), USER + ":" + PASSWORD + "\n");
        if (set.exit() != 0) {
            throw new IOException("chpasswd: " + set.output());
        }
        TestingPrograms.succeed(
                "setpriv",
                "--reuid=" + USER,
                "--regid=" + USER,
                "--init-groups",
                "/var/qmail/bin/maildirmake",
                home.resolve("Maildir").toString());
    }

    private void surroundings() throws IOException {
        surroundings = new ProcessBuilder(
                        "python3",
                        RESOURCES.resolve("syslog-and-sink.py").toString(),
                        directory.resolve("syslog").toString(),
                        Integer.toString(SINK),
                        directory.resolve("messages").toString())
                .redirectError(directory.resolve("surroundings-stderr").toFile())
                .start();
        Process started = surroundings;
        undo.push(() -> {
            started.getOutputStream().close();
            await().atMost(Duration.ofSeconds(10)).until(() -> !started.isAlive());
        });
        if (started.getInputStream().read() < 0) {
            throw new IOException(Files.readString(directory.resolve("surroundings-stderr")));
        }
    }

    private void byShell(boolean emptyEnvironment) throws IOException {
        undo.push(this::endWhatRuns);
        start(emptyEnvironment, "/var/qmail/rc &");
        start(emptyEnvironment, Files.readString(RESOURCES.resolve("pop3.sh")));
        start(emptyEnvironment, Files.readString(RESOURCES.resolve("smtp.sh")));
    }

    /** Of its settings only the ports, the user and its own files differ from the defaults. */
    private void byScript() throws IOException {
        Path defaults = directory.resolve("defaults");
        Path log = Files.createFile(directory.resolve("output"));
        Files.writeString(
                defaults,
                "POP3_PORT=%d\nSMTP_PORT=%d\nSMTP_USER=nobody\nRUN=%s\nLOG=%s\n"
                        .formatted(POP3, SMTP, directory.resolve("run"), log));
        undo.push(() -> script(defaults, "stop"));
        script(defaults, "start");
        script(defaults, "status");
    }

    private static void script(Path defaults, String command) throws IOException {
        ProcessBuilder script = new ProcessBuilder("etc/init.d/postern-recipe", command);
        script.environment().put("POSTERN_RECIPE_DEFAULTS", defaults.toString());
        Outcome outcome = TestingPrograms.run(script, "");
        if (outcome.exit() != 0) {
            throw new IOException(command + ": exit " + outcome.exit() + ": " + outcome.output());
        }
    }

    /** By sh, as from a terminal or a script; or with no environment but a PATH. In a session of its own, to find it. */
    private void start(boolean emptyEnvironment, String text) throws IOException {
        List<String> command = new ArrayList<>();
        if (emptyEnvironment) {
            command.addAll(List.of("env", "-", "PATH=" + PATH));
        }
        command.addAll(List.of("setsid", "sh", "-c", "echo $$ >>" + directory.resolve("sessions") + "\n" + text));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("output").toFile()))
                .redirectErrorStream(true);
        builder.environment().put("PATH", PATH);
        try {
            int code = builder.start().waitFor();
            if (code != 0) {
                throw new IOException("exit " + code + ": " + text);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Ends every process of the sessions that start() opened: TERM, and after a while KILL. */
    private void endWhatRuns() throws IOException {
        Set<String> sessions = Set.copyOf(Files.readAllLines(directory.resolve("sessions")));
        members(sessions).forEach(ProcessHandle::destroy);
        try {
            await().atMost(Duration.ofSeconds(15)).until(() -> members(sessions).isEmpty());
        } finally {
            members(sessions).forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static List<ProcessHandle> members(Set<String> sessions) {
        return ProcessHandle.allProcesses()
                .filter(p -> sessions.contains(session(p.pid())))
                .toList();
    }

    private static String session(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[0].equals("Z") ? "" : fields[3];
        } catch (IOException e) {
            return "";
        }
    }

    /** In an accounts file, for curl: where the greeting offers APOP it tries nothing else, and APOP needs the password. */
    void keepPlainPassword() throws IOException {
        Files.createDirectories(ACCOUNTS.getParent());
        String ids = Files.getAttribute(home, "unix:uid") + ":" + Files.getAttribute(home, "unix:gid");
        Files.writeString(ACCOUNTS, USER + ":{PLAIN}" + PASSWORD + ":" + ids + "::" + home + ":/bin/sh\n");
        Files.setPosixFilePermissions(ACCOUNTS, PosixFilePermissions.fromString("rw-------"));
    }

    void dropPlainPassword() throws IOException {
        Files.deleteIfExists(ACCOUNTS);
    }

    Path home() {
        return home;
    }

    Set<String> allowed() throws IOException {
        try (Stream<Path> files = Files.list(ALLOWED)) {
            return files.map(f -> f.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    void age() throws IOException {
        TestingPrograms.succeed("/usr/local/bin/envdir", "/etc/relay-ctrl", "/usr/local/bin/relay-ctrl-age");
    }

    String syslog() throws IOException {
        return Files.readString(directory.resolve("syslog"), StandardCharsets.ISO_8859_1);
    }

    /** What the shells and programs printed past splogger: nothing, where all is well. */
    String output() throws IOException {
        return Files.readString(directory.resolve("output"), StandardCharsets.ISO_8859_1);
    }

    /** The messages that the receiving server has taken, as octets. */
    List<String> received() throws IOException {
        List<String> messages = new ArrayList<>();
        for (int i = 0; Files.exists(directory.resolve("messages/" + i)); i++) {
            messages.add(Files.readString(directory.resolve("messages/" + i), StandardCharsets.ISO_8859_1));
        }
        return messages;
    }

    @Override
    public void close() throws IOException {
        IOException problem = null;
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (IOException | RuntimeException e) {
                IOException next = e instanceof IOException io ? io : new IOException(e);
                if (problem == null) {
                    problem = next;
                } else {
                    problem.addSuppressed(next);
                }
            }
        }
        if (problem != null) {
            throw problem;
        }
    }
}
