package org.postern.tool;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.postern.chain.Log;
import org.postern.chain.Programs;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.dns.Resolver;
import org.postern.os.Errno;
import org.postern.os.FileLimit;
import org.postern.os.Heap;
import org.postern.os.Identity;
import org.postern.os.Signals;
import org.postern.os.ThisProcess;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;

/**
 * tcpserver options host port program: accepts connections and runs a program for each. ucspi-tcp 0.88, with the IPv6 of
 * Debian's ucspi-tcp-ipv6.
 */
public final class Tcpserver implements Tool {
    /** How long sessions under way may take after TERM; a second TERM ends them at once. */
    static final Duration DRAIN_LIMIT = Duration.ofMinutes(20);

    /** Descriptors that a session has open at most, a foreign program in its chain included. */
    private static final int FILES_OF_A_SESSION = 8;

    /** Descriptors of the process itself. */
    private static final int FILES_OF_ITS_OWN = 256;

    private final Programs programs;
    private final Trampoline chain;
    private final Function<String, Resolver> resolvers;

    /**
     * Made once for the process.
     *
     * @param resolvers a resolver, given DNSCACHEIP (empty: the system's)
     */
    public Tcpserver(Programs programs, Trampoline chain, Function<String, Resolver> resolvers) {
        this.programs = programs;
        this.chain = chain;
        this.resolvers = resolvers;
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        Log log = call.fds().log();
        TcpserverOptions options;
        try {
            options = TcpserverOptions.parse(
                    call.args().arguments(),
                    call.env().find("UID").orElse(""),
                    call.env().find("GID").orElse(""));
        } catch (TcpserverOptions.Misused e) {
            if (e.said) {
                log.line(String.valueOf(e.getMessage()));
            }
            return Exit.code(100);
        }
        return listen(call, options, options.verbosity() > 0 ? log : _ -> {});
    }

    private Exit listen(Invocation call, TcpserverOptions options, Log log) throws IOException {
        OptionalInt port = port(options.port());
        if (port.isEmpty()) {
            return fatal(log, "unable to figure out port number for " + options.port());
        }
        InetAddress address;
        try {
            address = address(options);
        } catch (UnknownHostException e) {
            return fatal(log, "no IP address for " + options.host());
        }
        // The original catches TERM before it binds.
        Signals.on("TERM", () -> Runtime.getRuntime().halt(0));
        Listener opened;
        try {
            opened = Listener.open(
                    new InetSocketAddress(address, port.getAsInt()),
                    options.backlog(),
                    options.limit(),
                    new AtomicLong());
        } catch (IOException e) {
            return fatal(log, "unable to bind: " + Errno.djbText(e));
        }
        Heap.watch();
        try (Listener listener = opened) {
            return serve(call, options, listener, log);
        }
    }

    private Exit serve(Invocation call, TcpserverOptions options, Listener listener, Log log) throws IOException {
        try {
            if (options.gid() != 0) {
                ThisProcess.setGroup(options.gid());
            }
        } catch (IOException e) {
            return fatal(log, "unable to set gid: " + Errno.djbText(e));
        }
        try {
            if (options.uid() != 0) {
                ThisProcess.setUser(options.uid());
            }
        } catch (IOException e) {
            return fatal(log, "unable to set uid: " + Errno.djbText(e));
        }
        FileLimit.allow((long) FILES_OF_A_SESSION * options.limit() + FILES_OF_ITS_OWN);
        InetSocketAddress local = listener.address();
        if (options.printPort()) {
            call.fds().connection().write(local.getPort() + "\n");
            call.fds().connection().flush();
        }
        // As the original: who waits for the end of $(tcpserver -1 …) would wait for ours. Where they were closed at
        // the
        // start, the JVM has put its own files there.
        if (ThisProcess.wasGiven(0) && ThisProcess.wasGiven(1)) {
            call.fds().connection().close();
        }
        Identity self = options.uid() == 0 && options.gid() == 0 ? call.identity() : ThisProcess.identity();
        Resolver resolver = resolvers.apply(call.env().find("DNSCACHEIP").orElse(""));
        TcpserverSession sessions = new TcpserverSession(
                options, call, self, programs, chain, resolver, local.getAddress() instanceof Inet6Address);
        drainOnTerm(listener);
        sessions.started();
        try {
            listener.serve(sessions);
            listener.awaitSessions(DRAIN_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.cut();
        return Exit.code(0);
    }

    /** The listener closes at once, sessions finish; the second TERM ends them as well. */
    private static void drainOnTerm(Listener listener) {
        AtomicBoolean again = new AtomicBoolean();
        // The original catches TERM before it binds.
        Signals.on("TERM", () -> {
            if (again.getAndSet(true)) {
                Runtime.getRuntime().halt(0);
            }
            try {
                listener.close();
            } catch (IOException e) {
                Runtime.getRuntime().halt(111);
            }
        });
    }

    private static Exit fatal(Log log, String what) {
        log.line("tcpserver: fatal: " + what);
        return Exit.code(111);
    }

    /** "0" and the empty name are IPv4's every address, as ever; "::" is IPv6's, which takes IPv4 clients, too. */
    private static InetAddress address(TcpserverOptions options) throws UnknownHostException {
        if (options.host().equals("0")) {
            return InetAddress.getByAddress(new byte[4]);
        }
        InetAddress address = IpAddress.parse(options.host()).isPresent()
                ? IpAddress.parse(options.host()).get().inet()
                : InetAddress.getByName(options.host());
        if (options.networkInterface().isPresent() && address instanceof Inet6Address) {
            try {
                return Inet6Address.getByAddress(
                        null,
                        address.getAddress(),
                        NetworkInterface.getByName(options.networkInterface().get()));
            } catch (IOException e) {
                throw new UnknownHostException(options.host());
            }
        }
        return address;
    }

    /** A number, or a service's name in /etc/services. */
    private static OptionalInt port(String port) throws IOException {
        if (!port.isEmpty() && port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int number = port.length() > 5 ? -1 : Integer.parseInt(port);
            return number <= 65535 && number >= 0 ? OptionalInt.of(number) : OptionalInt.empty();
        }
        Path services = Path.of("/etc/services");
        if (Files.isReadable(services)) {
            for (String line : Files.readAllLines(services, java.nio.charset.StandardCharsets.ISO_8859_1)) {
                String[] fields = line.replaceFirst("#.*", "").trim().split("\\s+", -1);
                if (fields.length > 1 && fields[1].matches("[0-9]{1,5}/tcp")) {
                    for (int i = 0; i < fields.length; i++) {
                        if (i != 1 && fields[i].equals(port)) {
                            return OptionalInt.of(Integer.parseInt(fields[1].substring(0, fields[1].indexOf('/'))));
                        }
                    }
                }
            }
        }
        return WellKnown.port(port);
    }

    /** The recipe's two, for machines without /etc/services (Debian's netbase). */
    private static final class WellKnown {
        static OptionalInt port(String name) {
            return switch (name) {
                case "smtp" -> OptionalInt.of(25);
                case "pop3" -> OptionalInt.of(110);
                default -> OptionalInt.empty();
            };
        }
    }
}
