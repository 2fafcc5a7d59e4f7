package org.postern.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.auth.Authenticator;
import org.postern.auth.PasswordCheck;
import org.postern.config.PosternToml;
import org.postern.config.Settings;
import org.postern.config.TestingRunner;
import org.postern.event.Events;
import org.postern.maildir.Maildir;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.ThisProcess;
import org.postern.queue.TestingIntake;
import org.postern.relay.DirectoryStore;
import org.postern.relay.GrantStore;
import org.postern.relay.Holder;
import org.postern.relay.Spool;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;
import org.postern.users.PasswdFile;

/** postern serve's two services on a real connection from loopback, and what the log says. */
class ServicesTest {
    private static final IpAddress LOOPBACK = IpAddress.of(InetAddress.getLoopbackAddress());

    @TempDir
    Path directory;

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Events events = event -> log.add(event.line());
    private Identity self;
    private Identity theirs;
    private Settings settings;
    private GrantStore grants;

    @BeforeEach
    void site() throws Exception {
        self = ThisProcess.identity();
        // Root serves nobody with its own rights.
        theirs = self.isRoot() ? new Identity(65534, 65534, List.of()) : self;
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path file = Files.writeString(directory.resolve("postern.toml"), """
                me = "gate.example"
                home = "%1$s"
                [pop3d]
                listen = "127.0.0.1:1110"
                [smtpd]
                listen = "127.0.0.1:1025"
                [users]
                file = "%1$s/users"
                [send]
                smtproutes = ":127.0.0.1:1"
                """.formatted(directory));
        settings = PosternToml.read(file, TestingRunner.ROOT).settings();
        grants = new DirectoryStore(
                Spool.at(Files.createDirectory(directory.resolve("relay"))),
                DirectoryStore.Settings.expiringAfter(Duration.ofMinutes(10)),
                InstantSource.system());
        Path home = Files.createDirectory(directory.resolve("joe"));
        Maildir.make(home.resolve("Maildir"));
        for (String part : List.of("", "Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.setAttribute(home.resolve(part), "unix:uid", theirs.uid());
        }
        account("joe", home.toString());
    }

    private void account(String name, String home) throws IOException {
        Path users = directory.resolve("users");
        Files.writeString(users, name + ":{PLAIN}secret:" + theirs.uid() + ":" + theirs.gid() + "::" + home + ":\n");
        users.toFile().setReadable(false, false);
        users.toFile().setReadable(true, true);
    }

    private Authenticator authenticator() {
        return new Authenticator(
                new PasswdFile(settings.users().file(), new Nss()), new PasswordCheck(new Crypt()), self);
    }

    private Listener.Service pop3(Identity self) {
        Authenticator authenticator = authenticator();
        return new Pop3Service(
                settings,
                new Logins(authenticator, events),
                self,
                grants,
                true,
                Optional.empty(),
                Clock.systemUTC(),
                events);
    }

    private Listener.Service smtp(boolean loopbackGrants) {
        return new SmtpService(
                settings,
                SmtpRole.smtpd(settings),
                new Logins(authenticator(), events),
                TestingIntake.numbering(),
                grants,
                loopbackGrants,
                mailbox -> false,
                Optional.empty(),
                InstantSource.system(),
                events);
    }

    private static String talk(Listener.Service service, String said) throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                    SocketChannel accepted = server.accept()) {
                Thread.ofVirtual().start(() -> {
                    service.run(accepted, 7);
                    try {
                        accepted.close();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                client.socket().getOutputStream().write(said.getBytes(ISO_8859_1));
                client.shutdownOutput();
                return new String(client.socket().getInputStream().readAllBytes(), ISO_8859_1);
            }
        }
    }

    private String login(String user, Identity self) throws IOException {
        return talk(pop3(self), "USER " + user + "\r\nPASS secret\r\nSTAT\r\nQUIT\r\n");
    }

    @Test
    void aLoginIsServedAndGranted() throws IOException {
        assertThat(login("joe", self)).contains("+OK 0 0\r\n");
        assertThat(log).contains("pop3 7: login user=joe ip=127.0.0.1");
        assertThat(talk(smtp(true), "HELO x\r\nMAIL FROM:<joe@gate.example>\r\nRCPT TO:<a@far.example>\r\nQUIT\r\n"))
                .doesNotContain("550");
    }

    @Test
    void anAccountWithoutAHomeIsNotTheWorkingDirectorys() throws IOException {
        account("homeless", "");
        assertThat(login("homeless", self)).contains("-ERR [SYS/PERM] ").doesNotContain("+OK 0");
        assertThat(log).containsExactly("alert: unable to serve a login: homeless has no home");
    }

    @Test
    void anAccountOfAnotherUserIsRefusedWithTheReasonBeforeItIsGrantedAnything() throws IOException {
        assertThat(login("joe", theirs)).contains("+OK 0 0\r\n");
        int other = theirs.uid() - 1;
        log.clear();
        Files.writeString(
                directory.resolve("users"),
                "joe:{PLAIN}secret:" + other + ":" + other + "::" + directory.resolve("joe") + ":\n");
        assertThat(grants.revoke(LOOPBACK)).isTrue();
        assertThat(login("joe", theirs)).contains("-ERR [SYS/PERM] ");
        assertThat(log)
                .containsExactly("alert: unable to serve a login: joe has uid " + other
                        + ", and this runs as uid " + theirs.uid()
                        + ": run it as root (tcpserver without -u), or give joe that uid in a file of accounts");
        assertThat(grants.revoke(LOOPBACK)).as("nothing was granted").isFalse();
    }

    @Test
    void aHomeWithoutAMaildirIsToldToTheAdministratorToo() throws IOException {
        Path empty = Files.createDirectory(directory.resolve("empty"));
        account("joe", empty.toString());
        assertThat(login("joe", self)).contains("-ERR this user has no $HOME/Maildir");
        assertThat(log).contains("alert: pop3 7: unable to open " + empty + "/Maildir: file does not exist");
    }

    @Test
    void aGrantOfLoopbackDoesNotCountOnceAListenerIsPublic() throws IOException {
        grants.allow(LOOPBACK, Holder.ofFit("joe", null));
        String said = "HELO x\r\nMAIL FROM:<joe@gate.example>\r\nRCPT TO:<a@far.example>\r\nQUIT\r\n";
        assertThat(talk(smtp(false), said)).contains("550");
        assertThat(log)
                .contains("smtp 7: relay refused ip=127.0.0.1 from=<joe@gate.example> to=<a@far.example>:"
                        + " no grant counts for loopback, since a listener is public");
        assertThat(talk(smtp(true), said)).doesNotContain("550");
    }

    /** Also where the guesser goes from one server to the other. */
    @Test
    void wrongPasswordsOfAllServersAreCountedTogether() throws IOException {
        Logins logins = new Logins(authenticator(), events);
        Listener.Service pop3 =
                new Pop3Service(settings, logins, self, grants, true, Optional.empty(), Clock.systemUTC(), events);
        Listener.Service submission = new SmtpService(
                settings,
                new SmtpRole(org.postern.smtpd.Logins.Offer.DEMANDED, true),
                logins,
                TestingIntake.numbering(),
                grants,
                true,
                mailbox -> false,
                Optional.empty(),
                InstantSource.system(),
                events);
        talk(pop3, "USER joe\r\nPASS guess\r\n");
        String thrice = "AUTH PLAIN AGpvZQBndWVzcw==\r\n".repeat(3);
        long start = System.nanoTime();
        assertThat(talk(submission, thrice)).containsSubsequence("535 5.7.8", "535 5.7.8", "535 5.7.8");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        String right = "AUTH PLAIN AGpvZQBzZWNyZXQ=\r\nMAIL FROM:<joe@gate.example>\r\nRCPT TO:<a@far.example>\r\n";
        assertThat(talk(submission, right)).contains("235 2.7.0").contains("250 2.1.5 ok");
        assertThat(log)
                .contains(
                        "smtp 7: login refused user=joe ip=127.0.0.1: wrong password",
                        "smtp 7: login user=joe ip=127.0.0.1");
    }

    /** Three are free. Nothing is measured but that the answer waits. */
    @Test
    void theFourthWrongPasswordWaitsForItsAnswer() throws IOException {
        Listener.Service service = pop3(self);
        String wrong = "USER joe\r\nPASS guess\r\n";
        for (int i = 0; i < 3; i++) {
            assertThat(talk(service, wrong)).contains("-ERR [AUTH] authorization failed");
        }
        long start = System.nanoTime();
        assertThat(talk(service, wrong)).contains("-ERR [AUTH] authorization failed");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }
}
