package org.postern.smtpd;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.auth.Sasl;
import org.postern.config.RcptHosts;
import org.postern.config.SmtpdSettings;
import org.postern.queue.TestingIntake;
import org.postern.tcp.Connection;
import org.postern.tcp.Wire;

/** A server to talk to: foo.example takes mail for itself, on 24 Nov 2026. Each method changes one thing. */
public final class TestingSession {
    private Manners manners = Manners.qmail();
    private RcptHosts rcpthosts = RcptHosts.of("foo.example", "foo.com");
    private Set<String> badmailfrom = Set.of();
    private long databytes;
    private int maxcommand = SmtpdSettings.MAXCOMMAND;
    private int maxline = SmtpdSettings.MAXLINE;
    private int maxrecipients = SmtpdSettings.MAXRECIPIENTS;
    private int maxbadcommands = SmtpdSettings.MAXBADCOMMANDS;
    private boolean dsn;
    private Optional<String> relayClient = Optional.empty();
    private Relaying relaying = (from, to) -> new Relaying.Answer.No("log in by POP3 first");
    private Logins logins = Logins.none();
    private Tls tls = new Tls.None();
    private LocalUsers localUsers = mailbox -> false;
    private TestingIntake intake = TestingIntake.numbering();
    private final List<SmtpdEvent> events = new ArrayList<>();

    public static TestingSession qmail() {
        return new TestingSession();
    }

    public static TestingSession serve() {
        TestingSession session = new TestingSession();
        session.manners = Manners.serve();
        return session;
    }

    public TestingSession rcpthosts(RcptHosts hosts) {
        rcpthosts = hosts;
        return this;
    }

    public TestingSession badmailfrom(String... senders) {
        badmailfrom = Set.of(senders);
        return this;
    }

    public TestingSession databytes(long octets) {
        databytes = octets;
        return this;
    }

    public TestingSession maxcommand(int octets) {
        maxcommand = octets;
        return this;
    }

    public TestingSession maxline(int octets) {
        maxline = octets;
        return this;
    }

    public TestingSession maxrecipients(int count) {
        maxrecipients = count;
        return this;
    }

    public TestingSession maxbadcommands(int count) {
        maxbadcommands = count;
        return this;
    }

    public TestingSession dsn() {
        dsn = true;
        return this;
    }

    public TestingSession relayClient(String suffix) {
        relayClient = Optional.of(suffix);
        return this;
    }

    public TestingSession relaying(Relaying answers) {
        relaying = answers;
        return this;
    }

    /** Logins of tim, whose password is tanstaaf; trouble's cannot be looked up. */
    public TestingSession logins(Logins.Offer offer, boolean inClear) {
        logins = new Logins(
                offer,
                inClear,
                claim -> claim.user().equals("trouble")
                        ? new Logins.Answer.Unavailable()
                        : claim.equals(new Sasl.Claim("tim", "tanstaaf"))
                                ? new Logins.Answer.Accepted("tim")
                                : new Logins.Answer.Refused(),
                (user, reversePath) -> reversePath.isEmpty() || reversePath.equals(user + "@foo.example"));
        return this;
    }

    public TestingSession tls(Tls atFirst) {
        tls = atFirst;
        return this;
    }

    public TestingSession localUsers(LocalUsers users) {
        localUsers = users;
        return this;
    }

    public TestingSession intake(TestingIntake queue) {
        intake = queue;
        return this;
    }

    public TestingIntake intake() {
        return intake;
    }

    public List<SmtpdEvent> events() {
        return events;
    }

    /** Serves the client to its end. */
    public End run(Wire wire) {
        SmtpdSettings settings = new SmtpdSettings(
                "foo.example",
                Optional.of("foo.example"),
                rcpthosts,
                badmailfrom,
                databytes,
                Duration.ofSeconds(5),
                maxcommand,
                maxline,
                maxrecipients,
                maxbadcommands,
                dsn);
        Site site = new Site(
                settings,
                manners,
                new LocalIpHost(settings.localiphost(), ip -> ip.isLoopback()),
                intake,
                InstantSource.fixed(Instant.ofEpochSecond(1795485446)));
        Policy policy = manners instanceof QmailManners
                ? new QmailPolicy(settings, relayClient, localUsers, events::add)
                : new ServePolicy(settings, relaying, localUsers, events::add);
        Peer peer = new Peer("127.0.0.55", Peer.UNKNOWN, Optional.empty(), "127.0.0.1");
        return new Session(site, new Connection(wire), peer, tls, logins, policy, events::add).run();
    }

    /** Sends the lines, each with CR LF, and gives the replies but the greeting, without their line ends. */
    public List<String> talk(String... lines) {
        TestingSmtpDialogue client = new TestingSmtpDialogue(
                java.util.Arrays.stream(lines).map(line -> line + "\r\n").toList(), false);
        run(client);
        return client.replies().stream().skip(1).map(reply -> reply.strip()).toList();
    }
}
