package org.postern;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The start/stop script on a site of its own: high ports on loopback, and its files below one directory.
 *
 * <p>The programs are those of the directory in the system property {@code postern.programs}; where that has none of a
 * name, the machine's (Debian's envdir and tcpserver); where there is none either, a stand-in of a few lines of shell.
 */
final class TestingStartScript {
    private static final Path SCRIPT = Path.of("etc/init.d/postern-recipe").toAbsolutePath();
    private static final long LIMIT_SECONDS = 60;

    /** What a stand-in does: enough to be started, to answer, to wait for a client and to end. */
    private static final Map<String, String> STAND_INS = Map.of(
            "relay-ctrl-chdir", "exec \"$@\"",
            "relay-ctrl-check", "exec \"$@\"",
            "relay-ctrl-allow", "exec \"$@\"",
            "checkpassword", "exec \"$@\"",
            "qmail-pop3d", "exit 0",
            "qmail-popup", "printf '+OK <1.2@test>\\r\\n'; read -r line; printf '+OK \\r\\n'",
            "qmail-smtpd", "printf '220 test ESMTP\\r\\n'; read -r line; printf '221 test\\r\\n'",
            "splogger", "exec sed -u \"s/^/$1: /\" >&2",
            "qmail-start", "exec qmail-send",
            "qmail-send", "trap 'exit 0' TERM; while :; do sleep 0.05; done");

    /** How a call of the script ended. */
    record Outcome(int exit, String output) {}

    final int popPort = freePort();
    final int smtpPort = freePort();
    private final Path directory;
    private final List<String> settings = new ArrayList<>();

    TestingStartScript(Path directory) throws IOException {
        this.directory = directory;
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String sub : List.of("stand-ins", "qmail/control", "relay-ctrl", "spool")) {
            Files.createDirectories(directory.resolve(sub));
        }
        for (Map.Entry<String, String> program : STAND_INS.entrySet()) {
            program(directory.resolve("stand-ins").resolve(program.getKey()), program.getValue());
        }
        write("qmail/control/me", "test.example\n");
        write("qmail/control/rcpthosts", "test.example\n");
        write("relay-ctrl/RELAY_CTRL_DIR", directory.resolve("spool") + "\n");
        write("relay-ctrl/RELAY_CTRL_EXPIRY", "600\n");
        rc("exec qmail-start ./Maildir/");
        set("PATH", path());
        set("QMAIL", directory.resolve("qmail").toString());
        set("QMAILHOME", directory.resolve("qmail").toString());
        settings.add("export QMAILHOME");
        set("RELAY_CTRL", directory.resolve("relay-ctrl").toString());
        set("ADDRESS", "127.0.0.1");
        set("POP3_PORT", Integer.toString(popPort));
        set("SMTP_PORT", Integer.toString(smtpPort));
        set("TCPSERVER_OPTIONS", "-v -R -H -l test.example");
        set("CHECKPASSWORD", "checkpassword");
        set("RULES", directory.resolve("rules.cdb").toString());
        set("SMTP_USER", "nobody");
        set("RUN", directory.resolve("run").toString());
        set("LOG", log().toString());
        set("STOP_SECONDS", "20");
        compileRules();
    }

    private String path() {
        String ours = System.getProperty("postern.programs", "");
        return (ours.isEmpty() ? "" : ours + ":") + "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:"
                + directory.resolve("stand-ins");
    }

    private void compileRules() throws IOException {
        ProcessBuilder tcprules = new ProcessBuilder("tcprules", "rules.cdb", "rules.tmp");
        tcprules.directory(directory.toFile());
        tcprules.environment().put("PATH", path());
        write("rules", "127.:allow\n");
        tcprules.redirectInput(directory.resolve("rules").toFile());
        Outcome outcome = outcome(tcprules);
        if (outcome.exit() != 0) {
            throw new IOException("tcprules: " + outcome.output());
        }
    }

    /** Sets one of the script's settings; a later value counts. */
    void set(String name, String value) {
        settings.add(name + "='" + value + "'");
    }

    /** Makes the queue's start script. */
    void rc(String text) throws IOException {
        program(directory.resolve("qmail/rc"), text);
    }

    Outcome call(String... arguments) throws IOException {
        return outcome(command(arguments));
    }

    /** A call that is under way. Its output goes nowhere. */
    Process begin(String... arguments) throws IOException {
        return command(arguments)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private ProcessBuilder command(String... arguments) throws IOException {
        Path defaults = write("defaults", String.join("\n", settings) + "\n");
        List<String> argv = new ArrayList<>(List.of(System.getProperty("postern.shell", "/bin/sh"), SCRIPT.toString()));
        argv.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.environment().put("POSTERN_RECIPE_DEFAULTS", defaults.toString());
        return builder;
    }

    /** The output is read to its end: a daemon that kept the script's descriptors would make this wait, and fail. */
    private static Outcome outcome(ProcessBuilder builder) throws IOException {
        Process process = builder.redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            boolean[] late = new boolean[1];
            Thread guard = Thread.ofVirtual().start(() -> {
                try {
                    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                        late[0] = true;
                        process.destroyForcibly();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            guard.join();
            if (late[0]) {
                throw new IOException(builder.command() + " took more than " + LIMIT_SECONDS + " s: " + output);
            }
            return new Outcome(process.waitFor(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** The process that a part's pid file names first. */
    ProcessHandle process(String part) throws IOException {
        return process(part, 0);
    }

    ProcessHandle process(String part, int line) throws IOException {
        String[] words = Files.readAllLines(pidFile(part)).get(line).split(" ", -1);
        return ProcessHandle.of(Long.parseLong(words[0])).orElseThrow();
    }

    /** Whether it does anything yet: a process that nobody has waited for is over. */
    static boolean ended(ProcessHandle process) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    Path pidFile(String part) {
        return directory.resolve("run").resolve(part + ".pid");
    }

    Path log() {
        return directory.resolve("log");
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static void program(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
