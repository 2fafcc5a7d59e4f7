package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;

/**
 * Debian's tcpserver and ours at the same time, with the same command line, environment and clients; what they do in a
 * form that can be compared.
 *
 * @param theirs the original's path
 * @param dir the working directory of both
 */
record TestingSideBySide(String theirs, Path dir) {
    static final String NAME_SERVER = "127.53.0.1";
    private static final String PATH = "/usr/bin:/bin";
    private static final Pattern IDLE = Pattern.compile("(?s).*end \\d+ status \\d+\ntcpserver: status: \\d+/\\d+\n");

    TestingSideBySide {
        try {
            // Those with other ids come here, too.
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A client: where it comes from, and what it sends. */
    record Client(String from, String sends) {
        static List<Client> from(String... addresses) {
            return List.of(addresses).stream().map(a -> new Client(a, "")).toList();
        }

        static List<Client> sending(String... octets) {
            return List.of(octets).stream().map(o -> new Client("127.0.0.5", o)).toList();
        }
    }

    /** What a server did: its wait status, what each client got, what it wrote. */
    record Seen(int status, List<String> received, String stdout, String log) {}

    /** Both. */
    record Both<T>(T theirs, T ours) {
        T alike() {
            assertThat(ours).isEqualTo(theirs);
            return ours;
        }
    }

    /** A test with one of them. */
    @FunctionalInterface
    interface Work<T> {
        T of(String tcpserver) throws IOException;
    }

    static Map<String, String> env(String... more) {
        Map<String, String> env = new TreeMap<>(Map.of("PATH", PATH, "DNSCACHEIP", NAME_SERVER));
        for (int i = 0; i < more.length; i += 2) {
            env.put(more[i], more[i + 1]);
        }
        return env;
    }

    /** Does the same with both, at the same time. */
    <T> Both<T> both(Work<T> work) throws IOException {
        String our = TestingPrograms.links().resolve("tcpserver").toString();
        CompletableFuture<T> their = CompletableFuture.supplyAsync(() -> {
            try {
                return work.of(theirs);
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        T ours = work.of(our);
        return new Both<>(their.join(), ours);
    }

    /** Both have served the clients, one after the other, and were ended by TERM. PORT is a free port. */
    Both<Seen> serve(Map<String, String> env, List<Client> clients, String... arguments) throws IOException {
        return both(tcpserver -> seen(tcpserver, env, clients, arguments));
    }

    private Seen seen(String tcpserver, Map<String, String> env, List<Client> clients, String... arguments)
            throws IOException {
        int port = TestingTcpserver.freePort();
        List<String> argv = new ArrayList<>(List.of(tcpserver));
        for (String argument : arguments) {
            argv.add(argument.equals("PORT") ? String.valueOf(port) : argument);
        }
        try (TestingTcpserver server =
                TestingTcpserver.start(argv, env, dir, port).awaitListening()) {
            boolean tells = arguments[0].startsWith("-v");
            List<String> received = new ArrayList<>();
            for (Client client : clients) {
                received.add(masked(server.talk(client.from, client.sends), port));
                if (tells) {
                    int ends = received.size();
                    server.awaitLog(log -> log.split("tcpserver: end ", -1).length > ends
                            && IDLE.matcher(log).matches());
                }
            }
            int status = server.stop();
            return new Seen(status, received, server.stdout().replace(port + "\n", "PORT\n"), server.log());
        }
    }

    /** The port of each side differs, and the order of variables is nobody's promise. */
    private static String masked(String received, int port) {
        if (!received.contains("PROTO=")) {
            return received.replace(String.valueOf(port), "PORT");
        }
        int start = received.lastIndexOf('\n', received.indexOf('=')) + 1;
        Map<String, String> variables =
                TestingTcpserver.variables(received.substring(start), received.indexOf('\0') >= 0 ? '\0' : '\n');
        variables.replaceAll((name, value) -> switch (name) {
            case "TCPLOCALPORT", "TCP6LOCALPORT" -> value.equals(String.valueOf(port)) ? "PORT" : value;
            case "TCPREMOTEPORT", "TCP6REMOTEPORT" -> value.matches("[1-9]\\d{3,4}") ? "C" : value;
            default -> value;
        });
        return received.substring(0, start) + variables;
    }
}
