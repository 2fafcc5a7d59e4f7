package org.postern.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.postern.os.Octets;

/**
 * The record tree as postern.toml has it. This is the one place that says what settings there are; with the tables of
 * {@link RouteTable} and {@link DkimTable} it is the whole of it. A new setting is asked for here, and nowhere else.
 */
final class SettingsReader {
    private static final long LONGEST_EXPIRY_SECONDS = Duration.ofDays(7).toSeconds();
    /** Top-level domains of which nothing is in the public DNS (RFC 2606 §2, RFC 6762 §3, RFC 6762 appendix G). */
    private static final Set<String> NOBODYS = Set.of(
            "test",
            "example",
            "invalid",
            "localhost",
            "local",
            "intranet",
            "internal",
            "private",
            "corp",
            "home",
            "lan");

    private static final String LISTENERS = "listeners are opened at the start";

    private final TableReader file;
    private final boolean hasCertificate;

    SettingsReader(TableReader file) {
        this.file = file;
        hasCertificate = file.has("tls");
    }

    /** Asks for everything. What it returns makes the settings, where nothing was wrong. */
    Supplier<Settings> read() {
        Runner runner = file.reading().runner;
        Optional<String> me = file.key(
                        "me", "The host's name: in greetings, in Received lines, and the default of other names.")
                .needed()
                .domain("mail.example.com");
        Optional<Path> home = home(file);
        Optional<String> user = file.key("user", "Who serve is once its ports are bound, where root starts it.")
                .atStart("root's rights are given up for good")
                .otherwise("root stays root")
                .text("postern");
        Optional<String> group = file.key("group", "The group of user.")
                .atStart("root's rights are given up for good")
                .otherwise("the user's own")
                .text("postern");
        List<TlsFiles> tls = file.tables(
                "tls",
                "certificate",
                "A certificate of the servers; of several the first is for clients that name no host. Without one there"
                        + " is no TLS.",
                SettingsReader::certificate);
        List<String> mine = me.stream().toList();
        Settings.Pop3d pop3d = pop3d(file.table("pop3d", "The POP3 server."));
        Settings.Smtpd smtpd = smtpd(file.table("smtpd", "The SMTP server."), mine);
        Settings.Submission submission =
                submission(file.table("submission", "Where users send their mail, logged in (RFC 6409)."));
        Settings.Relay relay = relay(file.table("relay", "Who may relay: POP before SMTP."));
        Optional<Path> users = file.table("users", "Who may log in.")
                .key("file", "The accounts, a line each: name:{SCHEME}hash:uid:gid:gecos:home:shell.")
                .otherwise("/etc/postern/users as root, else users in home")
                .path(runner.users(home), "/etc/postern/users");
        Settings.Send send = send(file.table("send", "Where mail goes."), mine);
        file.tellUnknown();
        return () -> new Settings(
                me.orElseThrow(),
                home.orElseThrow(),
                user,
                group,
                tls,
                pop3d,
                smtpd,
                submission,
                relay,
                new Settings.Users(users.orElseThrow()),
                send);
    }

    static Optional<Path> home(TableReader file) {
        return file.key("home", "The state directory: queue, grants.")
                .atStart("the queue in it is in use")
                .otherwise("/var/lib/postern as root, else ~/.local/state/postern")
                .path(file.reading().runner.state(), "/var/lib/postern");
    }

    /** All that is wrong with their files is told now, and not at the first client. */
    private static Optional<TlsFiles> certificate(TableReader table) {
        Optional<Path> certificate = table.key(
                        "certificate", "PEM: the certificate, then those between it and the authority (fullchain.pem).")
                .needed()
                .path("/etc/postern/fullchain.pem");
        Optional<Path> key =
                table.key("key", "PEM: its key. Mode 600 or 640.").needed().path("/etc/postern/privkey.pem");
        if (certificate.isEmpty() || key.isEmpty()) {
            return Optional.empty();
        }
        TlsFiles files = new TlsFiles(certificate.get(), key.get());
        try {
            files.read();
        } catch (TlsFiles.Unusable e) {
            table.problem(e.setting(), String.valueOf(e.getMessage()));
        }
        return Optional.of(files);
    }

    private Settings.Pop3d pop3d(TableReader table) {
        Settings.Listen listen = listen(table, 110, 995, "STLS");
        return new Settings.Pop3d(listen, clearPassword(table, listen, true));
    }

    /** Whether passwords may be said in clear: on loopback, and elsewhere by an explicit word alone. */
    private boolean clearPassword(TableReader table, Settings.Listen listen, boolean hasLogins) {
        SettingReader key = table.key("clear_password", "Whether a client may log in without TLS.");
        Optional<Boolean> clear = key.otherwise(
                        "false with a certificate, else true where only this machine can connect")
                .flag();
        if (hasLogins && clear.isPresent() && !clear.get() && !hasCertificate) {
            key.problem("is false, and without TLS nobody could log in: add [[tls]] with a certificate");
        }
        if (hasLogins && !clear.orElse(false) && !hasCertificate) {
            listen.clear().stream()
                    .filter(address -> !address.address().isLoopback())
                    .findFirst()
                    .ifPresent(open -> table.problem(
                            "listen",
                            "passwords would travel in clear to " + open + ": add [[tls]] with a certificate, or, where"
                                    + " clients know no TLS, clear_password = true below "
                                    + table.section().header()));
        }
        return clear.orElse(!hasCertificate);
    }

    private Settings.Listen listen(TableReader table, int port, int tlsPort, String verb) {
        return listen(table, port, tlsPort, verb, true);
    }

    private Settings.Listen listen(TableReader table, int port, int tlsPort, String verb, boolean needed) {
        String example = "127.0.0.1:" + port;
        SettingReader tls = table.key("listen_tls", "Where to accept connections under TLS from the first octet on.")
                .atStart(LISTENERS);
        if (tls.isSet() && !hasCertificate) {
            tls.problem("needs a certificate: add [[tls]] with certificate = \"…\" and key = \"…\"");
        }
        SettingReader clear = table.key(
                        "listen",
                        "Where to accept connections in clear, to go on under TLS by " + verb
                                + " where there is a certificate."
                                + (needed ? " This or listen_tls is needed." : ""))
                .atStart(LISTENERS);
        if (needed && !tls.isSet()) {
            clear.needed();
        }
        return new Settings.Listen(clear.addresses(example), tls.addresses("0.0.0.0:" + tlsPort));
    }

    private Settings.Smtpd smtpd(TableReader table, List<String> mine) {
        Settings.Listen listen = listen(table, 25, 465, "STARTTLS");
        List<String> rcpthosts = rcpthosts(table, mine);
        long databytes = table.key("databytes", "The largest message, in octets; 0: any size.")
                .number(50L << 20, 0, Long.MAX_VALUE);
        boolean dsn = table.key("dsn", "Whether clients may say which notices their senders want (RFC 3461).")
                .flag(true);
        boolean auth = table.key("auth", "Whether users may log in here as well (AUTH), and then relay.")
                .flag(false);
        return new Settings.Smtpd(listen, rcpthosts, databytes, dsn, auth, clearPassword(table, listen, auth) && auth);
    }

    private Settings.Submission submission(TableReader table) {
        Settings.Listen listen = listen(table, 587, 465, "STARTTLS", false);
        boolean clear = clearPassword(table, listen, !listen.all().isEmpty());
        Settings.Submission.Senders senders = table.key(
                        "senders",
                        "Whose address a user may give as the sender: own, his name at a domain of send.locals; domains, every"
                                + " address there; any. For smtpd.auth, too.")
                .otherwise("own")
                .choice(Settings.Submission.Senders.values())
                .orElse(Settings.Submission.Senders.OWN);
        return new Settings.Submission(listen, clear, senders);
    }

    private static List<String> rcpthosts(TableReader table, List<String> mine) {
        SettingReader key =
                table.key("rcpthosts", "Domains that mail is taken for from anybody; .example.com is all below it.");
        List<String> names = key.otherwise("me").domains(mine);
        names.stream()
                .filter(name -> name.lastIndexOf('.') == 0)
                .map(name -> name.substring(1))
                .filter(name -> !NOBODYS.contains(Octets.lowerCase(name)))
                .forEach(name -> key.problem("\"." + name + "\" is every domain below " + name
                        + ", and whoever connects could send there through this host: name your own domains"));
        return names;
    }

    private static Settings.Relay relay(TableReader table) {
        return new Settings.Relay(table.key("expiry", "How long after a POP login its address may relay.")
                .seconds(Duration.ofMinutes(10), 1, LONGEST_EXPIRY_SECONDS));
    }

    private static Settings.Send send(TableReader table, List<String> mine) {
        List<String> locals = table.key("locals", "Domains delivered here, to the accounts' Maildirs.")
                .otherwise("me")
                .domains(mine);
        List<SmtpRoute> routes = new ArrayList<>(smtproutes(table));
        Duration delaynotify = table.key(
                        "delaynotify", "After this a sender is told that his message still waits; 0: never.")
                .seconds(Duration.ZERO, 0, Integer.MAX_VALUE);
        int concurrencylocal = concurrency(table, "local", Settings.Send.CONCURRENCYLOCAL);
        int concurrencyremote = concurrency(table, "remote", Settings.Send.CONCURRENCYREMOTE);
        Duration queuelifetime = table.key(
                        "queuelifetime", "After this a message is tried once more and then given up.")
                .seconds(Settings.Send.QUEUELIFETIME, 0, Integer.MAX_VALUE);
        DestinationLimit each = destination(table.table("destination", "Limits of each destination without its own."));
        table.tables(
                "route",
                "route",
                "Where the mail of a domain goes, as smtproutes, but with TLS, a login, a sender, limits.",
                route -> {
                    Optional<SmtpRoute> made = new RouteTable(route).read(routes, each);
                    made.ifPresent(routes::add);
                    return made;
                });
        List<DkimKey> keys = new ArrayList<>();
        table.tables("dkim", "key", "What a domain's mail is signed with (DKIM): made by postern dkim-key.", dkim -> {
            Optional<DkimKey> made = DkimTable.read(dkim, keys);
            made.ifPresent(keys::add);
            return made;
        });
        return new Settings.Send(
                locals,
                routes,
                delaynotify,
                new DkimKeys(keys),
                concurrencylocal,
                concurrencyremote,
                queuelifetime,
                each);
    }

    private static List<SmtpRoute> smtproutes(TableReader table) {
        SettingReader key = table.key(
                "smtproutes", "Where mail goes, domain:host or domain:host:port each; an empty domain is all others.");
        return key.otherwise("by MX")
                .each("a text, or a list of texts", ":smarthost.example.com:25", line -> switch (SmtpRoute.parse(
                        line)) {
                    case SmtpRoute.Parsed.Route good -> Optional.of(good.route());
                    case SmtpRoute.Parsed.Bad bad -> {
                        key.problem(TomlText.shown(TomlText.unicode(line)) + ": " + bad.why());
                        yield Optional.empty();
                    }
                });
    }

    private static int concurrency(TableReader table, String kind, int standard) {
        return (int) table.key("concurrency" + kind, "Deliveries to " + kind + " recipients at a time; 0: none.")
                .atStart("its room is laid out at the start")
                .number(standard, 0, SendSettings.MAX_CONCURRENCY);
    }

    private static DestinationLimit destination(TableReader table) {
        return new DestinationLimit(
                (int) table.key("connections", "At a time; 0: as many as there are deliveries.")
                        .number(0, 0, DestinationLimit.MOST_CONNECTIONS),
                (int) table.key("messages_per_hour", "In any 60 minutes; 0: any number.")
                        .number(0, 0, DestinationLimit.MOST_MESSAGES));
    }
}
