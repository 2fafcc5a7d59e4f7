package org.postern.tool;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.event.Events;
import org.postern.file.Disk;
import org.postern.gateway.Demo;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.os.ThisProcess;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.queue.QueueDirectory;
import org.postern.queue.Submitters;
import org.postern.tcp.Connection;
import org.postern.tcp.Listener;
import org.postern.tcp.SocketWire;
import org.postern.tcp.StandardWire;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * postern train: what the launcher runs once behind a build, so that the JVM's AOT cache knows the classes that the
 * programs need. It uses the programs as sessions do, in a directory of its own; what they answer does not matter.
 */
@Command(name = "train", hidden = true, description = "Run by the launcher, to make the AOT cache.")
final class Train implements Callable<Integer> {
    private static final int ROUNDS = 3;

    private final Tools tools;

    Train(Tools tools) {
        this.tools = tools;
    }

    @Override
    public Integer call() throws IOException {
        Path directory = Files.createTempDirectory("postern-train");
        // The demo's user is nobody, where root builds, and must get to its home.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        try {
            for (int round = 0; round < ROUNDS; round++) {
                programs(directory);
                sessions(directory);
                queue(directory.resolve("queue"));
            }
            becomingAForeignProgram(directory);
            gateway(directory.resolve("demo"));
        } finally {
            remove(directory);
        }
        return 0;
    }

    /** Those that read their standard input, or none, and end. */
    private void programs(Path directory) throws IOException {
        Map<String, List<String>> calls = new HashMap<>();
        for (String name : Tools.NAMES) {
            calls.put(name, List.of(name));
        }
        calls.put("envdir", List.of("envdir", directory.toString(), "relay-ctrl-check", "true"));
        calls.put("relay-ctrl-check", List.of("relay-ctrl-check", "true"));
        calls.put("relay-ctrl-chdir", List.of("relay-ctrl-chdir", "true"));
        calls.put(
                "maildirmake",
                List.of("maildirmake", directory.resolve("home/Maildir").toString()));
        Files.createDirectories(directory.resolve("home"));
        // These live until they are told to end, or read a standard input that is not ours to read.
        Set<String> left = Set.of("qmail-send", "qmail-start", "relay-ctrl-udp", "splogger", "tcprules", "qmail-queue");
        for (Map.Entry<String, List<String>> call : calls.entrySet()) {
            if (!left.contains(call.getKey())) {
                Connection nobody = new Connection(new StandardWire());
                run(invocation(call.getValue(), environment(directory), directory, nobody));
                nobody.discardOutput();
            }
        }
    }

    /** What an administrator sees of a queue, where nobody sends from it. */
    private void queue(Path directory) throws IOException {
        QueueDirectory queue = new QueueDirectory(directory);
        Log nobody = line -> {};
        if (Queue.open(queue, Disk.real(), InstantSource.system(), Submitters.none(), nobody)
                instanceof Queue.Opening.Ready ready) {
            try (Queue open = ready.queue();
                    Intake.Draft draft = open.intake(Origin.LOCAL).begin()) {
                draft.commit(new Envelope("a@train.example", List.of("b@train.example")));
            }
        }
        CommandLine line = QueueCommand.line(Env.empty(), tools.self());
        line.execute("list", "--queue", directory.toString());
    }

    private void run(Tool.Invocation call) {
        tools.find(call.args().program()).ifPresent(tool -> {
            try {
                tool.run(call);
            } catch (IOException e) {
                // An answer as good as any: the classes are loaded.
                call.fds().log().line(String.valueOf(e.getMessage()));
            }
        });
    }

    private Tool.Invocation invocation(List<String> args, Env env, Path directory, Connection connection) {
        return new Tool.Invocation(
                new Args(args), env, directory, tools.self(), new Descriptors(connection, line -> {}), 1);
    }

    private static Env environment(Path directory) {
        return Env.empty()
                .with("PATH", "/usr/bin:/bin")
                .with("QMAILHOME", directory.toString())
                .with("CHECKPASSWORD_FILE", directory.resolve("users").toString())
                .with("RELAY_CTRL_DIR", directory.toString())
                .with("TCPREMOTEIP", "192.0.2.1");
    }

    /** A POP and an SMTP session on real sockets, through the links' chain. */
    private void sessions(Path directory) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        for (String name : Tools.NAMES) {
            Path link = bin.resolve(name);
            if (!Files.exists(link)) {
                Files.createSymbolicLink(link, tools.launcher());
            }
        }
        Path users = directory.resolve("users");
        if (!Files.exists(users)) {
            Files.createFile(users, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        int uid = tools.self().isRoot() ? 65534 : tools.self().uid();
        Files.writeString(users, "u:{PLAIN}p:" + uid + ":" + uid + "::" + directory.resolve("home") + ":\n");
        Files.createDirectories(directory.resolve("control"));
        Files.writeString(directory.resolve("control/me"), "train.example\n");
        Files.writeString(directory.resolve("control/rcpthosts"), "train.example\n");
        Env env = environment(directory).with("PATH", bin + ":/usr/bin:/bin");
        serve(
                env,
                List.of("qmail-popup", "h", "checkpassword", "relay-ctrl-allow", "qmail-pop3d", "Maildir"),
                directory,
                "USER u\r\nPASS p\r\nSTAT\r\nLIST\r\nUIDL\r\nQUIT\r\n");
        serve(
                env,
                List.of("relay-ctrl-check", "qmail-smtpd"),
                directory,
                "HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@foreign.example>\r\nRSET\r\nQUIT\r\n");
    }

    private void serve(Env env, List<String> program, Path directory, String dialogue) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (Listener listener = Listener.open(any, 10, 10, new AtomicLong())) {
            Thread accepting = Thread.ofPlatform().start(() -> accept(listener, env, program, directory));
            try (Socket client = new Socket(
                    listener.address().getAddress(), listener.address().getPort())) {
                client.getOutputStream().write(Octets.bytes(dialogue));
                client.shutdownOutput();
                client.getInputStream().readAllBytes();
            }
            listener.close();
            accepting.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(Listener listener, Env env, List<String> program, Path directory) {
        try {
            listener.serve(new Listener.Service() {
                @Override
                public int run(java.nio.channels.SocketChannel channel, long id) {
                    try (Connection connection = new Connection(new SocketWire(channel))) {
                        return tools.chain()
                                .run(invocation(program, env, directory, connection))
                                .waitStatus();
                    } catch (IOException e) {
                        return 1 << 8;
                    }
                }

                @Override
                public void failed(IOException why) {}
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** execve of what is not there: all of it is linked, and it returns. */
    private static void becomingAForeignProgram(Path directory) {
        IOException _ = ThisProcess.exec(
                directory.resolve("nothing"), List.of("nothing"), List.of("A=1"), Path.of("/"), Set.of());
    }

    private void gateway(Path state) throws IOException {
        Events nobody = event -> {};
        try (Demo demo = Demo.start(state, tools.self(), nobody)) {
            demo.instructions();
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
