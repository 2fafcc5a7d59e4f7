package org.postern.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.config.DkimKeys;
import org.postern.config.HostPort;
import org.postern.config.PosternToml;
import org.postern.config.Runner;
import org.postern.config.Settings;
import org.postern.config.SmtpRoute;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.os.Identity;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;

/**
 * The gateway without a settings file: on loopback, with a state directory, a user and a generated password of its own.
 * Everything in it is real; mail to other domains goes by SMTP to a sink on the same machine, so nothing leaves it.
 */
public final class Demo implements Closeable {
    private static final String ME = "demo.example";
    private static final int POP3_PORT = 8110;
    private static final int SMTP_PORT = 8025;
    /** The user nobody of every Linux: root's demo does not keep its user's mail as root. */
    private static final int NOBODY = 65534;

    private static final IpAddress LOOPBACK = IpAddress.ofOctets(new byte[] {127, 0, 0, 1});

    private final Gateway gateway;
    private final Listener sink;
    private final Path state;
    private final String password;
    private final int expiryMinutes;

    private Demo(Gateway gateway, Listener sink, Path state, String password, int expiryMinutes) {
        this.gateway = gateway;
        this.sink = sink;
        this.state = state;
        this.password = password;
        this.expiryMinutes = expiryMinutes;
    }

    /** Where a demo keeps its things: /var/lib/postern/demo as root, else ~/.local/state/postern/demo. */
    public static Path stateDirectory(Runner runner) throws IOException {
        return runner.state()
                .map(state -> state.resolve("demo"))
                .orElseThrow(
                        () -> new IOException("HOME is not set, so there is no place for the demo's state: set it"));
    }

    /** Starts it; when it returns, clients are served. */
    public static Demo start(Path state, Identity self, Events events) throws IOException {
        Files.createDirectories(state);
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        Path users = state.resolve("users");
        String password = password(users, state, self);
        Listener sink = Listener.open(new HostPort(LOOPBACK, 0).socketAddress(), 16, 100, new AtomicLong());
        Settings settings = new Settings(
                ME,
                state,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                new Settings.Pop3d(new Settings.Listen(List.of(free(POP3_PORT))), true),
                new Settings.Smtpd(
                        new Settings.Listen(List.of(free(SMTP_PORT))), List.of(ME), 50L << 20, true, false, true),
                Settings.Submission.NONE,
                new Settings.Relay(Duration.ofMinutes(10)),
                new Settings.Users(users),
                new Settings.Send(
                        List.of(ME),
                        List.of(new SmtpRoute("", "127.0.0.1", sink.address().getPort())),
                        DkimKeys.NONE));
        events.tell(new Event.Note("DEMO: loopback only, state in " + state));
        serveSink(sink, settings, events);
        PosternToml toml = new PosternToml(settings, List.of());
        Gateway gateway = Gateway.start(toml, () -> toml, self, true, events);
        return new Demo(gateway, sink, state, password, 10);
    }

    private static void serveSink(Listener listener, Settings settings, Events events) {
        Listener.Service service = new DemoSink(settings, events);
        Thread.ofPlatform().daemon().name("sink-accept").start(() -> {
            try {
                listener.serve(service);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** The usual port of the demo, or, where somebody has it, any. */
    private static HostPort free(int port) {
        try (ServerSocketChannel probe = ServerSocketChannel.open()) {
            probe.bind(new InetSocketAddress(LOOPBACK.inet(), port));
            return new HostPort(LOOPBACK, port);
        } catch (IOException e) {
            return new HostPort(LOOPBACK, 0);
        }
    }

    /** The demo user's password: made at the first start, then kept. In clear, so that APOP can be tried, too. */
    private static String password(Path users, Path state, Identity self) throws IOException {
        Path home = state.resolve("demo");
        if (!Files.exists(users)) {
            String password = GeneratedPassword.get();
            String owner = self.isRoot() ? NOBODY + ":" + NOBODY : ":";
            // Under another name first: a start that was cut short leaves no file without a user in it.
            Path temporary = Files.createTempFile(state, ".users", "");
            Files.writeString(
                    temporary,
                    "demo:{PLAIN}" + password + ":" + owner + "::" + home + ":\n" + "postmaster::" + owner + "::" + home
                            + ":\n");
            Files.move(temporary, users, StandardCopyOption.ATOMIC_MOVE);
        }
        MailHome.make(home, new Identity(NOBODY, NOBODY, List.of()), self);
        Optional<String> line = Files.readAllLines(users).stream()
                .filter(l -> l.startsWith("demo:{PLAIN}"))
                .findFirst();
        return line.map(l -> l.substring("demo:{PLAIN}".length()).split(":", -1)[0])
                .orElseThrow(
                        () -> new IOException(users + " has no demo user any more: remove the file to get a new one"));
    }

    public Gateway gateway() {
        return gateway;
    }

    /** The exact lines to try it with. */
    public List<String> instructions() {
        HostPort pop = gateway.pop3d().getFirst();
        HostPort smtp = gateway.smtpd().getFirst();
        String send =
                "printf 'From: demo@demo.example\\r\\nTo: you@elsewhere.example\\r\\nSubject: hello\\r\\n\\r\\nSent by Postern.\\r\\n'"
                        + " | curl -sS --url smtp://" + smtp
                        + " --mail-from demo@demo.example --mail-rcpt you@elsewhere.example --upload-file -";
        return List.of(
                "DEMO. POP3 on " + pop + ", SMTP on " + smtp + "; user demo, password " + password + ".",
                "Nothing leaves this machine: mail to other domains ends in a sink that prints it here. State: "
                        + state,
                "Try in another shell, in this order:",
                "",
                "# 1. Not logged in: refused (550)",
                send,
                "# 2. The POP login, which lets this address relay for " + expiryMinutes + " minutes",
                "curl -sS --url pop3://" + pop + "/ --user demo:" + password,
                "# 3. The same as 1: relayed now; the log here shows it arrive",
                send,
                "# 4. Mail for the demo user, and reading it",
                send.replace("you@elsewhere.example", "demo@demo.example"),
                "curl -sS --url pop3://" + pop + "/1 --user demo:" + password,
                "",
                "Ctrl-C ends it.");
    }

    @Override
    public void close() throws IOException {
        try {
            gateway.close();
        } finally {
            sink.close();
            sink.cut();
        }
    }
}
