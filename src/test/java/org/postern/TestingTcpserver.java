package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.os.Descriptor;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;

/**
 * A command line that listens, as a real process: Debian's tcpserver or ours, with whatever stands before it. All that it
 * is given and says are octets.
 */
final class TestingTcpserver implements Closeable {
    static final String THEIRS = "/usr/bin/tcpserver";
    static final String THEIRS_IPV6 =
            Path.of(".peers/ucspi-tcp-ipv6/usr/bin/tcpserver").toAbsolutePath().toString();
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int FIRST_PORT = 16_000;
    private static final int PORTS = 16_000;
    private static final AtomicLong NEXT =
            new AtomicLong(ProcessHandle.current().pid() * 500);
    private static final int TERM = 15;
    private static final int KILL = 9;

    private final int pid;
    private final int port;
    private final CompletableFuture<Integer> status;
    private final Collected out;
    private final Collected err;

    /** What a pipe brings. */
    private static final class Collected {
        private final StringBuilder octets = new StringBuilder();
        private final Thread thread;

        Collected(int descriptor) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                byte[] buffer = new byte[4096];
                try {
                    for (int n = Descriptor.read(descriptor, buffer); n > 0; n = Descriptor.read(descriptor, buffer)) {
                        add(Octets.of(buffer, 0, n));
                    }
                } catch (OsException e) {
                    add(e.toString());
                } finally {
                    Descriptor.close(descriptor);
                }
            });
        }

        private synchronized void add(String more) {
            octets.append(more);
            notifyAll();
        }

        synchronized String said() {
            return octets.toString();
        }

        /** Waits until what was said is as wanted. */
        synchronized void await(Predicate<String> wanted) throws IOException {
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (!wanted.test(said())) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new IOException("not what is waited for: " + said());
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }
    }

    private TestingTcpserver(List<String> argv, Map<String, String> env, Path cwd, int port) throws IOException {
        this.port = port;
        assertThat(Path.of(argv.getFirst()))
                .as("a peer is missing; dev/peers installs it")
                .isExecutable();
        int none = Descriptor.openFile("/dev/null");
        int[] stdout = Descriptor.pipe();
        int[] stderr = Descriptor.pipe();
        List<String> entries = new ArrayList<>();
        env.forEach((name, value) -> entries.add(name + "=" + value));
        pid = Spawn.start(new Spawn.Child(
                argv.getFirst(), argv, entries, Octets.of(cwd), List.of(none, stdout[1], stderr[1]), null));
        status = Spawn.waitFor(pid);
        for (int fd : new int[] {none, stdout[1], stderr[1]}) {
            Descriptor.close(fd);
        }
        out = new Collected(stdout[0]);
        err = new Collected(stderr[0]);
    }

    /**
     * Starts it.
     *
     * @param argv the first with its path
     * @param port where it will listen; 0: it tells by -1
     */
    static TestingTcpserver start(List<String> argv, Map<String, String> env, Path cwd, int port) throws IOException {
        return new TestingTcpserver(argv, env, cwd, port);
    }

    /** Below those that the system gives to clients, so that no connection takes it before the server does. */
    static int freePort() throws IOException {
        while (true) {
            int port = FIRST_PORT + (int) (NEXT.getAndIncrement() % PORTS);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (BindException e) {
                // Somebody's already.
                continue;
            }
        }
    }

    String stdout() {
        return out.said();
    }

    String stderr() {
        return err.said();
    }

    /** Waits until it listens, or has ended. */
    TestingTcpserver awaitListening() {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> status.isDone() || listens(port));
        return this;
    }

    private static boolean listens(int port) throws IOException {
        String local = ":%04X ".formatted(port);
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            if (Files.readAllLines(Path.of(table)).stream()
                    .anyMatch(line -> line.contains(local) && line.matches("\\s*\\d+: \\S+" + local + "\\S+ 0A .*"))) {
                return true;
            }
        }
        return false;
    }

    /** Connections that wait to be accepted, as the system counts them. */
    int waiting() throws IOException {
        Pattern line = Pattern.compile("\\s*\\d+: \\S+:%04X \\S+ 0A [0-9A-F]+:([0-9A-F]+) .*".formatted(port));
        for (String row : Files.readAllLines(Path.of("/proc/net/tcp"))) {
            Matcher m = line.matcher(row);
            if (m.matches()) {
                return Integer.parseInt(m.group(1), 16);
            }
        }
        throw new AssertionError("nothing listens on port " + port);
    }

    /** A client from that address. */
    Socket connect(String from) throws IOException {
        Socket socket = new Socket();
        InetAddress address = InetAddress.ofLiteral(from);
        socket.bind(new InetSocketAddress(address, 0));
        socket.setSoTimeout((int) LIMIT.toMillis());
        String to = from.contains(":") ? "::1" : "127.0.0.1";
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral(to), port), (int) LIMIT.toMillis());
        return socket;
    }

    /** All that a client from that address gets until the server closes, having sent its octets. */
    String talk(String from, String octets) throws IOException {
        try (Socket socket = connect(from)) {
            socket.getOutputStream().write(Octets.bytes(octets));
            return Octets.of(socket.getInputStream().readAllBytes());
        } catch (java.net.SocketException e) {
            return "reset";
        }
    }

    /** Waits until descriptor 2 is as wanted. */
    void awaitLog(Predicate<String> wanted) throws IOException {
        err.await(wanted);
    }

    /** Waits for -1's line: the port. */
    int awaitPort() throws IOException {
        out.await(text -> text.endsWith("\n"));
        return Integer.parseInt(stdout().strip());
    }

    void signal(int number) throws OsException {
        if (!status.isDone()) {
            Spawn.kill(pid, number);
        }
    }

    /** Waits for its end: the wait status. */
    int ended() throws IOException {
        try {
            int ended = status.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            out.thread.join(LIMIT);
            err.thread.join(LIMIT);
            return ended;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    /** TERM, and the wait status. */
    int stop() throws IOException {
        signal(TERM);
        return ended();
    }

    @Override
    public void close() throws IOException {
        signal(KILL);
        ended();
    }

    /** {@code NAME=value} lines, or such with NULs between them. */
    static Map<String, String> variables(String printed, char end) {
        Map<String, String> variables = new TreeMap<>();
        for (String entry : printed.split(String.valueOf(end))) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                variables.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return variables;
    }

    /** The log with P1, P2 for pids or serial numbers, PORT for its own port and C for clients'. */
    String log() {
        Map<String, String> numbers = new HashMap<>();
        StringBuilder log = new StringBuilder();
        Pattern line = Pattern.compile("(?s)(tcpserver: (?:pid|ok|deny|end) )(\\d+)(.*)");
        for (String text : stderr().split("(?<=\n)")) {
            Matcher m = line.matcher(text);
            String said = text;
            if (m.matches()) {
                String number = numbers.computeIfAbsent(m.group(2), _ -> "P" + (numbers.size() + 1));
                said = m.group(1) + number + m.group(3).replaceFirst("( .* .*):\\d+\n$", "$1:C\n");
            }
            log.append(said.replace(":" + port + " ", ":PORT "));
        }
        return log.toString();
    }
}
