package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Children;
import org.postern.chain.Programs;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.dns.AddressName;
import org.postern.dns.Addresses;
import org.postern.dns.MailExchangers;
import org.postern.dns.Resolver;
import org.postern.file.Disk;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;

/** What a program of ours finds behind tcpserver, over real connections on loopback. */
@Timeout(60)
class TcpserverSessionTest implements Resolver {
    @TempDir
    private Path dir;

    private final Map<String, String> names = new TreeMap<>();
    private final Map<String, String> addresses = new TreeMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<Tool.Invocation> started = new CopyOnWriteArrayList<>();
    private TestingCall call = TestingCall.stdin("");
    private List<Integer> ports = new ArrayList<>();

    @Override
    public AddressName name(IpAddress address) {
        asked.add(address.toString());
        String name = names.get(address.toString());
        if (name == null) {
            return new AddressName.None();
        }
        return name.isEmpty() ? new AddressName.Temporary() : new AddressName.Found(name);
    }

    @Override
    public Addresses addresses(String name) {
        return new Addresses.Found(List.of(IpAddress.parse(addresses.get(name)).orElseThrow()));
    }

    @Override
    public MailExchangers mailExchangers(String domain) {
        throw new IllegalArgumentException(domain);
    }

    @BeforeEach
    void program() throws IOException {
        Files.createSymbolicLink(dir.resolve("program"), Files.createFile(dir.resolve("launcher")));
        call = call.cwd(dir).env("PATH", dir.toString());
    }

    private Tool.Exit run(Tool.Invocation invocation) throws IOException {
        started.add(invocation);
        invocation.fds().connection().write("hello");
        return Tool.Exit.code(7);
    }

    /** Connects so many times; what the clients got, all together. The listener's port is masked in the log. */
    private String serve(int clients, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(arguments));
        line.addAll(List.of("25", "program", "argument"));
        TcpserverOptions options = TcpserverOptions.parse(line, "", "");
        InetAddress host = InetAddress.ofLiteral(options.host());
        Programs programs = new Programs(
                name -> name.equals("program") ? Optional.of(this::run) : Optional.empty(), dir.resolve("launcher"));
        StringBuilder got = new StringBuilder();
        try (Listener listener = Listener.open(new InetSocketAddress(host, 0), 10, 40, new AtomicLong(6))) {
            TcpserverSession sessions = new TcpserverSession(
                    options,
                    call.invocation("tcpserver"),
                    new Identity(0, 0, List.of()),
                    programs,
                    new Trampoline(programs, new Children(programs, Set.of())),
                    this,
                    host instanceof java.net.Inet6Address);
            Thread serving = Thread.ofPlatform().daemon().start(() -> {
                try {
                    listener.serve(sessions);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            for (int i = 0; i < clients; i++) {
                try (Socket client = new Socket(host, listener.address().getPort())) {
                    ports = List.of(client.getPort(), client.getLocalPort());
                    got.append(Octets.of(client.getInputStream().readAllBytes()));
                }
            }
            listener.close();
            serving.join();
            listener.awaitSessions(java.time.Duration.ofSeconds(30));
        }
        return got.toString();
    }

    private String log() {
        return call.stderr()
                .replace(":" + ports.getFirst() + " ", ":PORT ")
                .replace(":" + ports.getLast() + "\n", ":CLIENT\n");
    }

    /** Those of the last program that tcpserver has to do with. */
    private Map<String, String> variables() {
        Map<String, String> variables = new TreeMap<>();
        for (String entry : started.getLast().env().entries()) {
            String[] parts = entry.split("=", 2);
            if (!parts[0].equals("PATH")) {
                variables.put(parts[0], parts[1].replaceAll("^(" + ports.getFirst() + ")$", "PORT"));
            }
        }
        assertThat(variables.remove("TCPREMOTEPORT")).isEqualTo(ports.getLast().toString());
        variables.remove("TCP6REMOTEPORT");
        return variables;
    }

    @Test
    void anIpv4Client() throws Exception {
        call.env("TCPREMOTEINFO", "old").env("TCP6REMOTEIP", "old").env("OTHER", "stays");
        assertThat(serve(1, "-vRHl", "mx", "-B", "220 ", "127.0.0.1")).isEqualTo("220 hello");
        assertThat(variables())
                .isEqualTo(Map.of(
                        "OTHER", "stays",
                        "PROTO", "TCP",
                        "TCPLOCALHOST", "mx",
                        "TCPLOCALIP", "127.0.0.1",
                        "TCPLOCALPORT", "PORT",
                        "TCPREMOTEIP", "127.0.0.1"));
        assertThat(log())
                .isEqualTo("tcpserver: status: 1/40\n"
                        + "tcpserver: pid 7 from 127.0.0.1\n"
                        + "tcpserver: ok 7 mx:127.0.0.1:PORT :127.0.0.1::CLIENT\n"
                        + "tcpserver: end 7 status 1792\n"
                        + "tcpserver: status: 0/40\n");
        assertThat(started.getLast().args().values()).containsExactly("program", "argument");
        assertThat(started.getLast().id()).isEqualTo(7);
    }

    /** One client must not have all sessions; of others nothing changes. */
    @Test
    void anAddressHasOnlySoManySessions() throws Exception {
        call.env("MAXCONNIP", "0");
        assertThat(serve(1, "-vRHl", "mx", "127.0.0.1")).isEmpty();
        assertThat(started).isEmpty();
        assertThat(log())
                .contains(
                        "tcpserver: deny 7 mx:127.0.0.1:PORT :127.0.0.1::CLIENT\n"
                                + "tcpserver: warning: dropping connection, MAXCONNIP is 0, and 127.0.0.1 has that many sessions\n");
        call.env("MAXCONNIP", "1");
        assertThat(serve(1, "-vRHl", "mx", "127.0.0.1")).isEqualTo("hello");
        call.env("MAXCONNIP", "many");
        assertThat(serve(1, "-vRHl", "mx", "127.0.0.1")).isEqualTo("hello");
    }

    @Test
    void anIpv6Client() throws Exception {
        serve(1, "-vRHl0", "::1");
        assertThat(variables())
                .isEqualTo(Map.of(
                        "PROTO", "TCP6",
                        "TCPLOCALHOST", "0",
                        "TCP6LOCALHOST", "0",
                        "TCPLOCALIP", "::1",
                        "TCP6LOCALIP", "::1",
                        "TCPLOCALPORT", "PORT",
                        "TCP6LOCALPORT", "PORT",
                        "TCPREMOTEIP", "::1",
                        "TCP6REMOTEIP", "::1"));
        assertThat(log()).contains("tcpserver: ok 7 0:::1:PORT :::1::CLIENT\n");
    }

    @Test
    void ipv6WordsForAnIpv4Client() throws Exception {
        serve(1, "-vRHl0", "-6", "127.0.0.1");
        assertThat(variables()).containsEntry("PROTO", "TCP6").containsEntry("TCPREMOTEIP", "::ffff:127.0.0.1");
    }

    @Test
    void namesAreLookedUp() throws Exception {
        names.put("127.0.0.1", "bad%name:\n" + "x".repeat(100));
        serve(2, "-vR", "127.0.0.1");
        assertThat(variables())
                .containsEntry("TCPREMOTEHOST", names.get("127.0.0.1"))
                .containsEntry("TCPLOCALHOST", names.get("127.0.0.1"));
        assertThat(asked).as("the local one once").hasSize(3);
        String logged = "bad?name??" + "x".repeat(90) + "...";
        assertThat(log()).contains("ok 8 " + logged + ":127.0.0.1:PORT " + logged + ":127.0.0.1::CLIENT\n");
    }

    @Test
    void aNameServerThatIsSilentIsAskedAgainForTheLocalName() throws Exception {
        names.put("127.0.0.1", "");
        serve(2, "-vRH", "127.0.0.1");
        assertThat(asked).hasSize(2);
    }

    @Test
    void aNameThatDoesNotLeadBackIsNone() throws Exception {
        names.put("127.0.0.1", "liar.example");
        addresses.put("liar.example", "192.0.2.1");
        serve(1, "-pRl0", "127.0.0.1");
        assertThat(variables()).doesNotContainKey("TCPREMOTEHOST");
        addresses.put("liar.example", "127.0.0.1");
        serve(1, "-pRl0", "127.0.0.1");
        assertThat(variables()).containsEntry("TCPREMOTEHOST", "liar.example");
    }

    private void rules(String text) throws IOException {
        TestingCall.stdin(text).cwd(dir).run(new Tcprules(Disk.real()), "tcprules", "r.cdb", "r.tmp");
    }

    @Test
    void rulesAllowWithVariables() throws Exception {
        rules("127.:allow,RELAYCLIENT=\"\",TCPLOCALHOST=\"rule\"\n");
        assertThat(serve(1, "-vRHl0", "-xr.cdb", "127.0.0.1")).isEqualTo("hello");
        assertThat(variables()).containsEntry("RELAYCLIENT", "").containsEntry("TCPLOCALHOST", "rule");
    }

    @Test
    void rulesDeny() throws Exception {
        rules("127.0.0.1:deny\n");
        assertThat(serve(1, "-vRHl0", "-xr.cdb", "127.0.0.1")).isEmpty();
        assertThat(started).isEmpty();
        assertThat(log()).contains("tcpserver: deny 7 0:127.0.0.1:PORT", "tcpserver: end 7 status 25600\n");
    }

    @Test
    void rulesThatAreMissing() throws Exception {
        assertThat(serve(1, "-vRHl0", "-xr.cdb", "127.0.0.1")).isEmpty();
        assertThat(log())
                .contains(
                        "tcpserver: warning: dropping connection, unable to read r.cdb: file does not exist\n",
                        "tcpserver: end 7 status 28416\n");
        assertThat(serve(1, "-RHl0", "-X", "-xr.cdb", "127.0.0.1")).isEqualTo("hello");
    }
}
