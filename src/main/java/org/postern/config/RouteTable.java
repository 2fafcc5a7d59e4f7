package org.postern.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;

/**
 * Reads one {@code [[send.route]]} of postern.toml. What would be unsafe is a problem, not a warning: a secret that others
 * can read, a password where TLS may be missing.
 */
final class RouteTable {
    private static final int SUBMISSION = 587;
    private static final int SUBMISSIONS = 465;

    private final TableReader table;

    RouteTable(TableReader table) {
        this.table = table;
    }

    /**
     * The route; empty where there is a problem.
     *
     * @param others the routes before this one
     * @param each what limits the route has where it sets but one
     */
    Optional<SmtpRoute> read(List<SmtpRoute> others, DestinationLimit each) {
        String domain = domain(others);
        String host = host();
        boolean login = table.has("user");
        SettingReader portKey = table.key("port", "Where the host listens.").otherwise("25; with user 587");
        int port = portKey.number(1, 65535).map(Long::intValue).orElse(login ? SUBMISSION : SmtpRoute.SMTP);
        if (portKey.isSet() && host.isEmpty()) {
            portKey.problem("is " + port + " without a host: mail exchangers have port 25; add host");
        }
        TlsPolicy tls = tls(host, port, login);
        Optional<RouteLogin> how = login(tls, host);
        String sender = sender();
        Optional<DestinationLimit> limit = limit(each);
        return table.isGood()
                ? Optional.of(new SmtpRoute(domain, host, port, tls, how, sender, limit))
                : Optional.empty();
    }

    private String domain(List<SmtpRoute> others) {
        SettingReader key = table.key("domain", "Whose mail goes this way; .example.com is all below it.")
                .otherwise("all");
        String domain = Octets.lowerCase(key.text("example.com").orElse(""));
        if (hasBlank(domain) || domain.indexOf('@') >= 0) {
            key.problem("is \"" + domain + "\"; write example.com, .example.com for those below it, or \"\"");
        }
        if (others.stream().anyMatch(other -> other.domain().equals(domain))) {
            key.problem(
                    "is \"" + domain + "\", which has another route already, in smtproutes or above: keep one of them");
        }
        return domain;
    }

    private String host() {
        SettingReader key =
                table.key("host", "The next hop, a name or an IP address.").otherwise("the domain's mail exchangers");
        String host = key.text("smtp.example.com").orElse("");
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String inside = bracketed ? host.substring(1, host.length() - 1) : host;
        if (hasBlank(inside)
                || (inside.indexOf(':') >= 0 && IpAddress.parse(inside).isEmpty())) {
            key.problem("is \"" + host + "\"; write a host's name or an IP address, and the port as port = 587");
        }
        return inside;
    }

    // ---- TLS

    private TlsPolicy tls(String host, int port, boolean login) {
        SettingReader levelKey = table.key(
                        "tls",
                        "What is asked of TLS: nothing, what is offered, any certificate, a trusted one with the host's"
                                + " name.")
                .otherwise("may; with user verify; with implicit encrypt");
        Optional<TlsPolicy.Level> given = levelKey.choice(TlsPolicy.Level.values());
        SettingReader implicitKey =
                table.key("implicit", "Whether TLS begins with the connection.").otherwise("true on port 465");
        boolean implicit = implicitKey.flag().orElse(port == SUBMISSIONS);
        SettingReader nameKey = table.key("tls_name", "The name that the certificate must have.")
                .otherwise("the host's");
        String name = nameKey.text("mx.example.com").orElse("");
        SettingReader cafileKey =
                table.key("ca_file", "PEM: certificates to trust.").otherwise("those of Java");
        Optional<Path> cafile = certificates(cafileKey);

        TlsPolicy.Level usual =
                login ? TlsPolicy.Level.VERIFY : implicit ? TlsPolicy.Level.ENCRYPT : TlsPolicy.Level.MAY;
        TlsPolicy.Level level = given.orElse(usual);
        String word = SettingReader.word(level);
        if (implicit && (level == TlsPolicy.Level.NONE || level == TlsPolicy.Level.MAY)) {
            levelKey.problem("is \"" + word + "\" with implicit TLS, which is the use of port 465: write"
                    + " tls = \"verify\" or \"encrypt\", or implicit = false");
        }
        if (implicit && host.isEmpty()) {
            implicitKey.problem("is true without a host: mail exchangers use STARTTLS; add host, or remove implicit");
        }
        if (hasBlank(name)) {
            nameKey.problem("is \"" + name + "\"; write the name that the host's certificate has");
        }
        for (SettingReader key : List.of(nameKey, cafileKey)) {
            if (key.isSet() && level != TlsPolicy.Level.VERIFY) {
                key.problem("is " + key.shown() + ", and no certificate is checked with tls = \"" + word
                        + "\": write tls = \"verify\", or remove it");
            }
        }
        return new TlsPolicy(level, implicit, name, cafile);
    }

    private static Optional<Path> certificates(SettingReader key) {
        Optional<Path> file = key.path("/etc/postern/ca.pem");
        file.filter(path -> !Files.isReadable(path))
                .ifPresent(path ->
                        key.problem("is \"" + path + "\", which cannot be read: give a file of PEM certificates"));
        return file;
    }

    // ---- login

    /** The settings of a login, all of them asked for; which of them go together is seen then. */
    private Optional<RouteLogin> login(TlsPolicy tls, String host) {
        SettingReader userKey = table.key("user", "The name to log in with.").otherwise("no login");
        Optional<String> user = userKey.text("scanner@example.com");
        Password password = new Password();
        Token token = new Token();
        if (!userKey.isSet()) {
            for (String each : password.names()) {
                uselessWithout("user", each);
            }
            for (String each : token.names()) {
                uselessWithout("user", each);
            }
            return Optional.empty();
        }
        if (user.isEmpty()) {
            return Optional.empty();
        }
        if (user.get().isEmpty() || user.get().chars().anyMatch(c -> c < ' ' || c == 127)) {
            userKey.problem("is \"" + user.get() + "\"; write the name to log in with, or remove it");
        }
        if (host.isEmpty()) {
            userKey.problem("is \"" + user.get() + "\" without a host: nobody logs in at mail exchangers; add host");
        }
        return table.has("token_url") ? token.login(user.get(), tls, password) : password.login(user.get(), tls, token);
    }

    private void uselessWithout(String needed, String name) {
        if (table.has(name)) {
            table.problem(name, "is of no use without " + needed + ": add it, or remove this");
        }
    }

    /** A login by a password. */
    private final class Password {
        private final SecretReader secretKey = new SecretReader(table, "password", "The password");
        private final Optional<Secret> secret = secretKey.read();
        private final Optional<RouteLogin.Mechanism> mechanism = table.key("auth", "The only way to log in.")
                .otherwise("what is offered")
                .choice(RouteLogin.Mechanism.values());
        private final boolean inClear = table.key(
                        "clear_password", "Whether the password may be sent without TLS, too.")
                .flag(false);

        List<String> names() {
            List<String> names = new ArrayList<>(secretKey.names());
            names.addAll(List.of("auth", "clear_password"));
            return names;
        }

        Optional<RouteLogin> login(String user, TlsPolicy tls, Token other) {
            for (String name : other.names()) {
                uselessWithout("token_url", name);
            }
            if (!tls.isRequired() && !inClear && mechanism.orElse(null) != RouteLogin.Mechanism.CRAM_MD5) {
                table.problem(
                        "tls",
                        "is \"" + SettingReader.word(tls.level()) + "\" with a password, which could then go in clear:"
                                + " write tls = \"verify\", or auth = \"cram-md5\", or, if the line is safe,"
                                + " clear_password = true");
            }
            if (secretKey.names().stream().noneMatch(table::has)) {
                table.problem("password_file", "is missing: user needs it, or token_url for XOAUTH2");
            }
            return secret.map(known -> new RouteLogin.Password(user, known, mechanism, inClear));
        }
    }

    /** A login by a token of XOAUTH2. */
    private final class Token {
        private final SettingReader urlKey = table.key("token_url", "XOAUTH2: where tokens are given, https.")
                .otherwise("a password is used");
        private final Optional<String> url = urlKey.text("https://login.example.com/oauth2/v2.0/token");
        private final SettingReader clientKey =
                table.key("client_id", "What the provider has given for this application.");
        private final String client = clientKey.text("…").orElse("");
        private final SecretReader secretKey = new SecretReader(table, "client_secret", "The client's secret");
        private final Optional<Secret> secret = secretKey.read();
        private final SettingReader refreshKey = table.key(
                "refresh_token_file", "A refresh token: a file with it in the first line, written anew. Mode 600.");
        private final Optional<Path> refresh = refreshKey.path("/etc/postern/refresh-token");
        private final String scope = table.key("scope", "What is asked of the endpoint.")
                .otherwise("nothing said of it")
                .text("https://outlook.office365.com/.default")
                .orElse("");
        private final Optional<Path> cafile =
                certificates(table.key("token_ca_file", "PEM: certificates to trust at token_url.")
                        .otherwise("those of Java"));

        List<String> names() {
            List<String> names = new ArrayList<>(secretKey.names());
            names.addAll(List.of("token_url", "client_id", "refresh_token_file", "scope", "token_ca_file"));
            return names;
        }

        Optional<RouteLogin> login(String user, TlsPolicy tls, Password other) {
            for (String name : other.names()) {
                if (table.has(name)) {
                    table.problem(name, "does not go with token_url, which means XOAUTH2: remove one of them");
                }
            }
            if (!tls.isRequired()) {
                table.problem(
                        "tls",
                        "is \"" + SettingReader.word(tls.level()) + "\" with token_url: a token must not go in clear;"
                                + " write tls = \"verify\"");
            }
            if (client.isEmpty()) {
                clientKey.problem("is missing: write the one that the provider gave for this application");
            }
            refresh.ifPresent(path -> SecretReader.demandSafe(refreshKey, path));
            if (refresh.isEmpty() && secretKey.names().stream().noneMatch(table::has)) {
                table.problem(
                        "client_secret_file",
                        "is missing, and refresh_token_file as well: give the first for the grant client_credentials,"
                                + " the second for refresh_token");
            }
            return endpoint().map(at -> new RouteLogin.Token(user, at, client, secret, refresh, scope, cafile));
        }

        /** https; http to this host itself alone, where a local helper gives the tokens. */
        private Optional<URI> endpoint() {
            String text = url.orElse("");
            try {
                URI uri = new URI(text);
                boolean local = Optional.ofNullable(uri.getHost())
                        .flatMap(h -> IpAddress.parse(h.startsWith("[") ? h.substring(1, h.length() - 1) : h))
                        .filter(IpAddress::isLoopback)
                        .isPresent();
                if (uri.getHost() != null
                        && uri.getUserInfo() == null
                        && ("https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && local))) {
                    return Optional.of(uri);
                }
            } catch (URISyntaxException e) {
                // Told below, as any other that is none.
            }
            urlKey.problem("is \"" + text + "\"; write the provider's token endpoint, https://…, since secrets go there"
                    + " (http is taken for 127.0.0.1 and [::1] alone)");
            return Optional.empty();
        }
    }

    // ---- the rest

    private String sender() {
        SettingReader key = table.key("sender", "The reverse-path of whatever goes this way, bounces apart.")
                .otherwise("as it is");
        String sender = key.text("scanner@example.com").orElse("");
        if (!sender.isEmpty()
                && (sender.indexOf('@') < 1
                        || sender.endsWith("@")
                        || sender.chars().anyMatch(c -> c < ' ' || c == 127 || c == '<' || c == '>'))) {
            key.problem("is \"" + sender + "\"; write an address, as scanner@example.com");
        }
        return sender;
    }

    private Optional<DestinationLimit> limit(DestinationLimit each) {
        Optional<Long> connections = table.key("connections", "To all that goes this way, at a time; 0: no limit.")
                .otherwise("as send.destination, for each destination")
                .number(0, DestinationLimit.MOST_CONNECTIONS);
        Optional<Long> messages = table.key("messages_per_hour", "In any 60 minutes; 0: any number.")
                .otherwise("as send.destination, for each destination")
                .number(0, DestinationLimit.MOST_MESSAGES);
        if (connections.isEmpty() && messages.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new DestinationLimit(
                connections.map(Long::intValue).orElse(each.connections()),
                messages.map(Long::intValue).orElse(each.messagesPerHour())));
    }

    private static boolean hasBlank(String text) {
        return text.chars().anyMatch(c -> c <= ' ' || c == 127);
    }
}
