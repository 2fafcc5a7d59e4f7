package org.postern.tool;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.chain.Programs;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.dns.AddressName;
import org.postern.dns.Resolver;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.tcp.AddressCounts;
import org.postern.tcp.Connection;
import org.postern.tcp.Ident;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;
import org.postern.tcp.RulesFile;
import org.postern.tcp.SocketWire;
import org.postern.tcp.Verdict;

/** What tcpserver does with a connection: environment, rules, log, and the program. */
final class TcpserverSession implements Listener.Service {
    private static final int DENIED = 100 << 8;
    private static final int DROPPED = 111 << 8;

    /** As in a well-known patch of the original. */
    private static final String MOST = "MAXCONNIP";

    private final TcpserverOptions options;
    private final Tool.Invocation call;
    private final Identity self;
    private final Programs programs;
    private final Trampoline chain;
    private final Resolver resolver;
    private final Optional<RulesFile> rules;
    private final Log log;
    private final AddressCounts counts = new AddressCounts();

    /** Whether the names and log of ucspi-tcp-ipv6 are wanted, which has only IPv6 sockets. */
    private final boolean v6Words;

    /** The name of each local address, looked up once: the original asks for every connection (design, 10). */
    private final Map<IpAddress, AddressName> localNames = new ConcurrentHashMap<>();

    TcpserverSession(
            TcpserverOptions options,
            Tool.Invocation call,
            Identity self,
            Programs programs,
            Trampoline chain,
            Resolver resolver,
            boolean v6Socket) {
        this.options = options;
        this.call = call;
        this.self = self;
        this.programs = programs;
        this.chain = chain;
        this.resolver = resolver;
        this.rules = options.rules().map(file -> new RulesFile(call.path(file)));
        this.log = call.fds().log();
        this.v6Words = v6Socket || options.alwaysV6();
    }

    void started() {
        tell(status(0));
    }

    private String status(int sessions) {
        return "status: " + sessions + "/" + options.limit();
    }

    @Override
    public void opened(SocketChannel channel, long id, int sessions) {
        // The original's child says the second line; one write for both is half of the cost.
        tell(status(sessions), "pid " + id + " from " + remoteIp(channel));
    }

    private String remoteIp(SocketChannel channel) {
        try {
            IpAddress ip = IpAddress.of(((InetSocketAddress) channel.getRemoteAddress()).getAddress());
            return options.alwaysV6() ? inV6(ip) : ip.toString();
        } catch (IOException e) {
            // Gone already, as the session will find.
            return "";
        }
    }

    @Override
    public void closed(long id, int waitStatus, int sessions) {
        tell("end " + id + " status " + waitStatus, status(sessions));
    }

    @Override
    public void failed(IOException why) {
        if (options.verbosity() > 0) {
            log.line("tcpserver: warning: unable to accept: " + Errno.djbText(why));
        }
    }

    private void tell(String... what) {
        if (options.verbosity() > 1) {
            log.line("tcpserver: " + String.join("\ntcpserver: ", what));
        }
    }

    @Override
    public int run(SocketChannel channel, long id) {
        Connection connection = null;
        try {
            connection = new Connection(new SocketWire(channel));
            return session(channel, connection, id);
        } catch (IOException e) {
            drop(": " + Errno.djbText(e));
            return DROPPED;
        } finally {
            if (connection != null) {
                flush(connection);
            }
        }
    }

    private static void flush(Connection connection) {
        try {
            connection.flush();
        } catch (IOException e) {
            // The client has gone; what was left to say has no reader.
            connection.discardInput();
        }
    }

    private void drop(String why) {
        if (options.verbosity() > 0) {
            log.line("tcpserver: warning: dropping connection" + why);
        }
    }

    private int session(SocketChannel channel, Connection connection, long id) throws IOException {
        InetSocketAddress remote = (InetSocketAddress) channel.getRemoteAddress();
        IpAddress remoteIp = IpAddress.of(remote.getAddress());
        int itsSessions = counts.enter(remoteIp);
        try {
            return session(channel, connection, id, remote, remoteIp, itsSessions);
        } finally {
            counts.leave(remoteIp);
        }
    }

    private int session(
            SocketChannel channel,
            Connection connection,
            long id,
            InetSocketAddress remote,
            IpAddress remoteIp,
            int itsSessions)
            throws IOException {
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        IpAddress localIp = IpAddress.of(local.getAddress());
        if (options.killIpOptions()) {
            Descriptor.dropIpOptions(Descriptor.of(channel));
        }
        if (options.noDelay()) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        if (!options.banner().isEmpty()) {
            connection.write(options.banner());
            connection.flush();
        }
        Optional<String> localHost = options.localName().isPresent() ? options.localName() : localHost(localIp);
        Optional<String> remoteHost = options.lookUpHost() ? remoteHost(remoteIp) : Optional.empty();
        Optional<String> info = options.lookUpInfo() ? Ident.ask(local, remote, options.infoLimit()) : Optional.empty();

        Env env = environment(local, localIp, localHost, remote, remoteIp, remoteHost, info);
        String peers = id + " " + safe(localHost) + ":" + logged(localIp) + ":" + local.getPort() + " "
                + safe(remoteHost) + ":" + logged(remoteIp) + ":" + safe(info) + ":" + remote.getPort();
        if (rules.isPresent()) {
            try {
                switch (rules.get().check(remoteIp.toString(), remoteHost.orElse(null), info.orElse(null))) {
                    case Verdict.Deny deny -> {
                        tell("deny " + peers);
                        return DENIED;
                    }
                    case Verdict.Allow allow -> env = env.withAll(allow.environment());
                }
            } catch (IOException e) {
                boolean missing = Errno.of(e) == Errno.ENOENT;
                if (!missing || !options.rulesMayMiss()) {
                    drop(", unable to read " + options.rules().get() + ": " + Errno.djbText(e));
                    return DROPPED;
                }
            }
        }
        if (hasTooMany(itsSessions, env)) {
            tell("deny " + peers);
            drop(", MAXCONNIP is " + env.get(MOST) + ", and " + remoteIp + " has that many sessions");
            return DENIED;
        }
        tell("ok " + peers);
        Descriptors fds = new Descriptors(connection, log, call.fds().others());
        return program(new Tool.Invocation(options.program(), env, call.cwd(), self, fds, id));
    }

    /** Ours: what tcprules or the environment says of sessions of one address. What is no number counts for nothing. */
    private static boolean hasTooMany(int sessions, Env env) {
        String most = env.get(MOST);
        return most != null && most.matches("[0-9]{1,9}") && sessions > Integer.parseInt(most);
    }

    private int program(Tool.Invocation child) {
        String name = child.args().program();
        Tool.Exit.CannotRun dropping = why -> {
            drop(", unable to run " + name + ": " + Errno.djbText(why));
            return Tool.Exit.code(111);
        };
        Programs.Found found;
        try {
            // In our own PATH: one that a rule sets is for the program.
            found = programs.find(name, call.env(), child.cwd());
        } catch (IOException e) {
            dropping.exit(e);
            return DROPPED;
        }
        return chain.follow(new Trampoline.Step(child, found, dropping)).waitStatus();
    }

    /** What is no answer is asked again. */
    private Optional<String> localHost(IpAddress ip) {
        AddressName name = localNames.get(ip);
        if (name == null) {
            name = resolver.name(ip);
            if (!(name instanceof AddressName.Temporary)) {
                localNames.put(ip, name);
            }
        }
        return name instanceof AddressName.Found found ? Optional.of(found.name()) : Optional.empty();
    }

    private Optional<String> remoteHost(IpAddress ip) {
        Optional<String> name = resolver.nameOf(ip);
        return options.paranoid() ? name.filter(n -> resolver.addressesOf(n).contains(ip)) : name;
    }

    /** tcp-environ(5); on an IPv6 socket also the names of ucspi-tcp-ipv6. What has no value is not set. */
    private Env environment(
            InetSocketAddress local,
            IpAddress localIp,
            Optional<String> localHost,
            InetSocketAddress remote,
            IpAddress remoteIp,
            Optional<String> remoteHost,
            Optional<String> info) {
        boolean v6 = remoteIp.isV6() || options.alwaysV6();
        Map<String, @Nullable String> env = new LinkedHashMap<>();
        env.put("PROTO", v6 ? "TCP6" : "TCP");
        env.put("TCPLOCALIP", v6 ? inV6(localIp) : localIp.toString());
        env.put("TCP6LOCALIP", v6Words ? inV6(localIp) : null);
        both(env, "LOCALPORT", String.valueOf(local.getPort()));
        both(env, "LOCALHOST", localHost.orElse(null));
        env.put("TCPREMOTEIP", v6 ? inV6(remoteIp) : remoteIp.toString());
        env.put("TCP6REMOTEIP", v6Words ? inV6(remoteIp) : null);
        both(env, "REMOTEPORT", String.valueOf(remote.getPort()));
        both(env, "REMOTEHOST", remoteHost.orElse(null));
        both(env, "REMOTEINFO", info.orElse(null));
        return call.env().withAll(env);
    }

    private void both(Map<String, @Nullable String> env, String name, @Nullable String value) {
        env.put("TCP" + name, value);
        env.put("TCP6" + name, v6Words ? value : null);
    }

    private String logged(IpAddress address) {
        return v6Words ? inV6(address) : address.toString();
    }

    private static String inV6(IpAddress address) {
        return address.isV6() ? address.toString() : "::ffff:" + address;
    }

    /** What a client or its name server says, made harmless for the log: safecats() of tcpserver.c. */
    private static String safe(Optional<String> said) {
        StringBuilder safe = new StringBuilder();
        String text = said.orElse("");
        for (int i = 0; i < text.length() && i < 100; i++) {
            char c = text.charAt(i);
            safe.append(c < 33 || c > 126 || c == '%' || c == ':' ? '?' : c);
        }
        return text.length() > 100 ? safe + "..." : safe.toString();
    }
}
