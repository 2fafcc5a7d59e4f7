package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A site as the recipe makes it, in a directory of its own: control files, accounts, a Maildir each, a spool, our
 * programs as real processes on free ports of loopback. As root the accounts have a uid of their own, as in the recipe.
 * What was started ends with close().
 */
final class TestingSite implements Closeable {
    static final String ME = "hoge.example.com";
    static final String PASSWORD = "secret";
    static final String FOREIGN = "bob@elsewhere.example";
    static final int EXPIRY = 600;
    private static final int NOBODY = 65534;
    private static final int PATIENCE_MILLISECONDS = 5;
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private final Path directory;
    private final boolean root;
    private final List<Server> servers = new ArrayList<>();
    private final List<String> systemUsers = new ArrayList<>();
    private String heap = "";

    TestingSite(Path directory) throws IOException {
        this.directory = directory;
        this.root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(directory.resolve("qmail/control"));
        control("me", ME + "\n");
        control("rcpthosts", ME + "\n");
        Files.createDirectories(directory.resolve("spool-parent/spool"));
        Files.setPosixFilePermissions(spool(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.createDirectory(directory.resolve("relay-ctrl"));
        setting("RELAY_CTRL_DIR", spool().toString());
        setting("RELAY_CTRL_EXPIRY", Integer.toString(EXPIRY));
    }

    /** An account with a Maildir, and a way for the users to get there. */
    Path account(String name) throws IOException {
        return account(name, root ? NOBODY + ":" + NOBODY : ":");
    }

    /** The same, of a user of the system until close(): qmail-send delivers to such ones alone. As root. */
    Path systemAccount(String name) throws IOException {
        Path home = directory.resolve("homes").resolve(name);
        systemUsers.add(name);
        TestingPrograms.succeed("useradd", "-M", "-d", home.toString(), "-s", "/bin/sh", name);
        String uid = TestingPrograms.succeed("id", "-u", name).strip();
        return account(
                name, uid + ":" + TestingPrograms.succeed("id", "-g", name).strip());
    }

    private Path account(String name, String ids) throws IOException {
        Path home = directory.resolve("homes").resolve(name);
        Files.createDirectories(home);
        TestingPrograms.succeed(
                TestingPrograms.links().resolve("maildirmake").toString(),
                home.resolve("Maildir").toString());
        if (root) {
            TestingPrograms.succeed("chown", "-R", ids, home.toString());
        }
        Path users = users();
        String before = Files.exists(users) ? Files.readString(users) : "";
        Files.writeString(users, before + name + ":{PLAIN}" + PASSWORD + ":" + ids + "::" + home + ":/bin/sh\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        return home;
    }

    Path users() {
        return directory.resolve("users");
    }

    Path spool() {
        return directory.resolve("spool-parent/spool");
    }

    Path control() {
        return directory.resolve("qmail/control");
    }

    /** Writes one of qmail's control files, octet for char. */
    void control(String name, String content) throws IOException {
        Files.writeString(control().resolve(name), content, StandardCharsets.ISO_8859_1);
    }

    /** Writes one of the files that envdir reads. */
    void setting(String name, String value) throws IOException {
        Files.writeString(directory.resolve("relay-ctrl").resolve(name), value + "\n");
    }

    /** What is started from now on has so much Java heap and no more, as {@code 32m}. */
    void heap(String size) {
        heap = size;
    }

    /** The environment that each of our programs gets here, and no more. */
    Map<String, String> environment() throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", TestingPrograms.links() + ":/usr/local/bin:/usr/bin:/bin");
        environment.put("QMAILHOME", directory.resolve("qmail").toString());
        environment.put("CHECKPASSWORD_FILE", users().toString());
        if (!heap.isEmpty()) {
            environment.put("POSTERN_HEAP", heap);
        }
        return environment;
    }

    /** A command line with the recipe's {@code envdir /etc/relay-ctrl relay-ctrl-chdir} in front. */
    List<String> recipe(String... command) throws IOException {
        List<String> all = new ArrayList<>(
                List.of(link("envdir"), directory.resolve("relay-ctrl").toString(), "relay-ctrl-chdir"));
        all.addAll(List.of(command));
        return all;
    }

    static String link(String program) throws IOException {
        return TestingPrograms.links().resolve(program).toString();
    }

    ProcessBuilder builder(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment());
        return builder;
    }

    /** The recipe's POP3 line: our tcpserver and all behind it. */
    Server pop3(String... program) throws IOException {
        return tcpserver("pop3", popLine(program));
    }

    List<String> popLine(String... program) throws IOException {
        List<String> command = recipe("tcpserver", "-1", "-v", "-R", "-H", "-l", ME, "-c", "1500", "127.0.0.1", "0");
        command.addAll(
                program.length > 0
                        ? List.of(program)
                        : List.of("qmail-popup", ME, "checkpassword", "relay-ctrl-allow", "qmail-pop3d", "Maildir"));
        return command;
    }

    /** The recipe's SMTP line; as root with a uid of its own, as there. */
    Server smtp(String... options) throws IOException {
        return tcpserver("smtp", smtpLine(options));
    }

    List<String> smtpLine(String... options) throws IOException {
        List<String> command = recipe("tcpserver", "-1", "-v", "-R", "-H", "-l", ME, "-c", "1500");
        if (root) {
            command.addAll(List.of("-u", Integer.toString(NOBODY - 1), "-g", Integer.toString(NOBODY - 1)));
        }
        command.addAll(List.of(options));
        command.addAll(List.of("127.0.0.1", "0", "relay-ctrl-check", "qmail-smtpd"));
        return command;
    }

    /** Starts a command whose first line says the port, which tcpserver's -1 does. */
    Server tcpserver(String name, List<String> command) throws IOException {
        Path log = log(name);
        Process process = builder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Server server = new Server(process, log);
        servers.add(server);
        BufferedReader said = process.inputReader();
        String port = said.readLine();
        if (port == null) {
            throw new IOException(name + " did not start: " + Files.readString(log));
        }
        server.ports.add(Integer.valueOf(port));
        return server;
    }

    /** Writes postern.toml and starts {@code postern serve} with it: the first port is POP3's, the second SMTP's. */
    Server serve() throws IOException {
        return serve(List.of());
    }

    /** The same behind a command that becomes it. */
    Server serve(List<String> before) throws IOException {
        Path home = directory.resolve("serve");
        Path toml = directory.resolve("postern.toml");
        Files.writeString(toml, """
                me = "%s"
                home = "%s"
                [pop3d]
                listen = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                [relay]
                expiry = %d
                [users]
                file = "%s"
                [send]
                smtproutes = ":127.0.0.1:1"
                """.formatted(ME, home, EXPIRY, users()));
        return serve(before, toml);
    }

    /** Starts {@code postern serve}. */
    Server serve(Path toml) throws IOException {
        return serve(List.of(), toml);
    }

    private Server serve(List<String> before, Path toml) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(Path.of("postern").toAbsolutePath().toString(), "serve", "--config", toml.toString()));
        Server server = start("serve", command);
        Pattern listening = Pattern.compile("(pop3|smtp): listening on \\S+:(\\d+)");
        await().atMost(LIMIT).until(() -> {
            Matcher m = listening.matcher(server.log());
            Map<String, Integer> found = new LinkedHashMap<>();
            while (m.find()) {
                found.put(m.group(1), Integer.valueOf(m.group(2)));
            }
            if (found.size() == 2) {
                server.ports.addAll(List.of(found.get("pop3"), found.get("smtp")));
            }
            return found.size() == 2 || !server.process().isAlive();
        });
        if (server.ports.isEmpty()) {
            throw new IOException("serve did not start: " + server.log());
        }
        return server;
    }

    /** Starts qmail-send, as /var/qmail/rc does, and waits until the queue is open. */
    Server send() throws IOException {
        return send(List.of());
    }

    /** The same behind a command that becomes it. */
    Server send(List<String> before) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(link("qmail-start"), "./Maildir/"));
        Server server = start("send", command);
        await().atMost(LIMIT)
                .until(() ->
                        server.log().contains("status: ") || !server.process().isAlive());
        if (!server.process().isAlive()) {
            throw new IOException("qmail-send did not start: " + server.log());
        }
        return server;
    }

    /**
     * What a command is put behind, that its log gives files not only to what has waited for half a minute, and keeps no
     * segment open.
     */
    List<String> impatient() throws IOException {
        Path launcher = Path.of("postern").toAbsolutePath();
        Path image = launcher.resolveSibling(".image");
        Path script = Files.writeString(
                directory.resolve("impatient"), """
                . "%s/launch"
                exec "$postern_java" $postern_common $postern_server -Dpostern.queue.patience=%d \\
                    -XX:AOTCache="%s/postern.aot" -Dpostern.launcher="%s" -jar "%s/postern.jar" "$@"
                """.formatted(image, PATIENCE_MILLISECONDS, image, launcher, image));
        return List.of("sh", script.toString());
    }

    /** Starts a command; what it prints is its log. */
    Server start(String name, List<String> command) throws IOException {
        Path log = log(name);
        Process process = builder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Server server = new Server(process, log);
        servers.add(server);
        return server;
    }

    private Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** Runs a program to its end in this environment. */
    TestingPrograms.Outcome run(String input, String... command) throws IOException {
        return TestingPrograms.run(builder(List.of(command)), input);
    }

    /** A process of ours that serves, and what it holds as /proc has it. */
    record Server(Process process, Path logFile, List<Integer> ports) {
        Server(Process process, Path logFile) {
            this(process, logFile, new ArrayList<>());
        }

        int port() {
            return ports.getFirst();
        }

        String log() throws IOException {
            return Files.readString(logFile, StandardCharsets.ISO_8859_1);
        }

        private Path proc(String name) {
            return Path.of("/proc/" + process.pid(), name);
        }

        int descriptors() throws IOException {
            return count(proc("fd"));
        }

        int threads() throws IOException {
            return count(proc("task"));
        }

        private static int count(Path of) throws IOException {
            try (Stream<Path> entries = Files.list(of)) {
                return (int) entries.count();
            }
        }

        /** Children, zombies among them. */
        int children() {
            return (int) process.children().count();
        }

        /** Resident memory, in kilobytes. */
        int resident() throws IOException {
            Matcher m = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(Files.readString(proc("status")));
            if (!m.find()) {
                throw new IOException("no VmRSS");
            }
            return Integer.parseInt(m.group(1));
        }

        /** TERM, and KILL where that does not do. */
        void end() {
            process.destroy();
            try {
                if (!process.waitFor(5, java.util.concurrent.TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        servers.forEach(Server::end);
        for (String user : systemUsers) {
            TestingPrograms.run(new ProcessBuilder("userdel", "-f", user), "");
        }
    }
}
