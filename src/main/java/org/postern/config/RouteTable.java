package org.postern.config;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * Reads one {@code [[send.route]]} of postern.toml. What would be unsafe is a problem, not a warning: a file of secrets
 * that others can read, a password where TLS may be missing.
 */
final class RouteTable {
    private static final String TABLE = "send.route";
    private static final Set<String> KEYS = Set.of(
            "domain",
            "host",
            "port",
            "tls",
            "implicit",
            "tls_name",
            "ca_file",
            "user",
            "password_file",
            "auth",
            "clear_password",
            "token_url",
            "client_id",
            "client_secret_file",
            "refresh_token_file",
            "scope",
            "token_ca_file",
            "sender",
            "connections",
            "messages_per_hour");
    private static final Set<String> OF_TOKENS =
            Set.of("token_url", "client_id", "client_secret_file", "refresh_token_file", "scope", "token_ca_file");

    private static final int SUBMISSION = 587;
    private static final int SUBMISSIONS = 465;

    private final String file;
    private final int line;
    private final TomlTable table;
    private final List<Problem> problems;
    private final int before;

    /**
     * A reader.
     *
     * @param line where the table begins
     * @param problems where to tell what is wrong
     */
    RouteTable(String file, int line, TomlTable table, List<Problem> problems) {
        this.file = file;
        this.line = line;
        this.table = table;
        this.problems = problems;
        before = problems.size();
    }

    /**
     * The route; empty where there is a problem.
     *
     * @param each what limits the route has where it sets but one
     */
    Optional<SmtpRoute> read(List<SmtpRoute> others, DestinationLimit each) {
        for (String key : table.keySet()) {
            if (!KEYS.contains(key)) {
                problem(
                        key,
                        "unknown setting; the known ones: "
                                + String.join(", ", KEYS.stream().sorted().toList()));
            }
        }
        String domain = domain(others);
        String host = host();
        boolean login = table.contains("user");
        int port = (int) number("port", login ? SUBMISSION : SmtpRoute.SMTP, 1, 65535);
        if (table.contains("port") && host.isEmpty()) {
            problem("port", "is " + table.get("port") + " without a host: mail exchangers have port 25; add host");
        }
        TlsPolicy tls = tls(host, port, login);
        Optional<RouteLogin> how = login(tls, host);
        String sender = sender();
        Optional<DestinationLimit> limit = limit(each);
        return problems.size() > before
                ? Optional.empty()
                : Optional.of(new SmtpRoute(domain, host, port, tls, how, sender, limit));
    }

    private Optional<DestinationLimit> limit(DestinationLimit each) {
        DestinationLimit limit = new DestinationLimit(
                (int) number("connections", each.connections(), 0, DestinationLimit.MOST_CONNECTIONS),
                (int) number("messages_per_hour", each.messagesPerHour(), 0, DestinationLimit.MOST_MESSAGES));
        boolean own = table.contains("connections") || table.contains("messages_per_hour");
        return own ? Optional.of(limit) : Optional.empty();
    }

    private String domain(List<SmtpRoute> others) {
        String domain = Octets.lowerCase(text("domain", ""));
        if (hasBlank(domain) || domain.indexOf('@') >= 0) {
            problem("domain", "is \"" + domain + "\"; write example.com, .example.com for those below it, or \"\"");
        }
        if (others.stream().anyMatch(other -> other.domain().equals(domain))) {
            problem(
                    "domain",
                    "is \"" + domain + "\", which has another route already, in smtproutes or above: keep one of them");
        }
        return domain;
    }

    private String host() {
        String host = text("host", "");
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String inside = bracketed ? host.substring(1, host.length() - 1) : host;
        if (hasBlank(inside)
                || (inside.indexOf(':') >= 0 && IpAddress.parse(inside).isEmpty())) {
            problem("host", "is \"" + host + "\"; write a host's name or an IP address, and the port as port = 587");
        }
        return inside;
    }

    private TlsPolicy tls(String host, int port, boolean login) {
        boolean implicit = flag("implicit", port == SUBMISSIONS);
        TlsPolicy.Level usual =
                login ? TlsPolicy.Level.VERIFY : implicit ? TlsPolicy.Level.ENCRYPT : TlsPolicy.Level.MAY;
        TlsPolicy.Level level = choice("tls", TlsPolicy.Level.values()).orElse(usual);
        if (implicit && (level == TlsPolicy.Level.NONE || level == TlsPolicy.Level.MAY)) {
            problem(
                    "tls",
                    "is \"" + lower(level)
                            + "\" with implicit TLS, which is the use of port 465: write tls = \"verify\""
                            + " or \"encrypt\", or implicit = false");
        }
        if (implicit && host.isEmpty()) {
            problem("implicit", "is true without a host: mail exchangers use STARTTLS; add host, or remove implicit");
        }
        String name = text("tls_name", "");
        if (hasBlank(name)) {
            problem("tls_name", "is \"" + name + "\"; write the name that the host's certificate has");
        }
        Optional<Path> cafile = certificates("ca_file");
        for (String key : List.of("tls_name", "ca_file")) {
            if (table.contains(key) && level != TlsPolicy.Level.VERIFY) {
                problem(
                        key,
                        "is \"" + table.get(key) + "\", and no certificate is checked with tls = \"" + lower(level)
                                + "\": write tls = \"verify\", or remove it");
            }
        }
        return new TlsPolicy(level, implicit, name, cafile);
    }

    private Optional<RouteLogin> login(TlsPolicy tls, String host) {
        if (!table.contains("user")) {
            for (String key : KEYS) {
                if (table.contains(key)
                        && (OF_TOKENS.contains(key)
                                || Set.of("password_file", "auth", "clear_password")
                                        .contains(key))) {
                    problem(key, "is of no use without user: add it, or remove this");
                }
            }
            return Optional.empty();
        }
        String user = text("user", "");
        if (user.isEmpty() || user.chars().anyMatch(c -> c < ' ' || c == 127)) {
            problem("user", "is \"" + user + "\"; write the name to log in with, or remove it");
        }
        if (host.isEmpty()) {
            problem("user", "is \"" + user + "\" without a host: nobody logs in at mail exchangers; add host");
        }
        return table.contains("token_url") ? token(user, tls) : password(user, tls);
    }

    private Optional<RouteLogin> password(String user, TlsPolicy tls) {
        for (String key : OF_TOKENS) {
            if (table.contains(key)) {
                problem(key, "is of no use without token_url: add it, or remove this");
            }
        }
        Optional<RouteLogin.Mechanism> mechanism = choice("auth", RouteLogin.Mechanism.values());
        boolean inClear = flag("clear_password", false);
        if (!tls.isRequired() && !inClear && mechanism.orElse(null) != RouteLogin.Mechanism.CRAM_MD5) {
            problem(
                    "tls",
                    "is \"" + lower(tls.level()) + "\" with a password, which could then go in clear: write"
                            + " tls = \"verify\", or auth = \"cram-md5\", or, if the line is safe, clear_password = true");
        }
        Optional<Path> file = path("password_file");
        if (file.isEmpty() && !table.contains("password_file")) {
            problem("password_file", "is missing: user needs it, or token_url for XOAUTH2");
        }
        file.ifPresent(path -> secret("password_file", path));
        return file.map(path -> new RouteLogin.Password(user, path, mechanism, inClear));
    }

    private Optional<RouteLogin> token(String user, TlsPolicy tls) {
        for (String key : List.of("password_file", "auth", "clear_password")) {
            if (table.contains(key)) {
                problem(key, "does not go with token_url, which means XOAUTH2: remove one of them");
            }
        }
        if (!tls.isRequired()) {
            problem(
                    "tls",
                    "is \"" + lower(tls.level()) + "\" with token_url: a token must not go in clear; write"
                            + " tls = \"verify\"");
        }
        Optional<URI> endpoint = endpoint();
        String client = text("client_id", "");
        if (client.isEmpty()) {
            problem("client_id", "is missing: write the one that the provider gave for this application");
        }
        Optional<Path> secret = path("client_secret_file");
        Optional<Path> refresh = path("refresh_token_file");
        secret.ifPresent(path -> secret("client_secret_file", path));
        refresh.ifPresent(path -> secret("refresh_token_file", path));
        if (secret.isEmpty() && refresh.isEmpty()) {
            problem(
                    "client_secret_file",
                    "is missing, and refresh_token_file as well: give the first for the grant client_credentials, the"
                            + " second for refresh_token");
        }
        String scope = text("scope", "");
        Optional<Path> cafile = certificates("token_ca_file");
        return endpoint.map(url -> new RouteLogin.Token(user, url, client, secret, refresh, scope, cafile));
    }

    /** https; http to this host itself alone, where a local helper gives the tokens. */
    private Optional<URI> endpoint() {
        String text = text("token_url", "");
        try {
            URI url = new URI(text);
            boolean local = Optional.ofNullable(url.getHost())
                    .flatMap(h -> IpAddress.parse(h.startsWith("[") ? h.substring(1, h.length() - 1) : h))
                    .filter(IpAddress::isLoopback)
                    .isPresent();
            if (url.getHost() != null
                    && url.getUserInfo() == null
                    && ("https".equals(url.getScheme()) || ("http".equals(url.getScheme()) && local))) {
                return Optional.of(url);
            }
        } catch (URISyntaxException e) {
            // Told below, as any other that is none.
        }
        problem(
                "token_url",
                "is \"" + text + "\"; write the provider's token endpoint, https://…, since secrets go there (http is"
                        + " taken for 127.0.0.1 and [::1] alone)");
        return Optional.empty();
    }

    private String sender() {
        String sender = text("sender", "");
        if (!sender.isEmpty()
                && (sender.indexOf('@') < 1
                        || sender.endsWith("@")
                        || sender.chars().anyMatch(c -> c < ' ' || c == 127 || c == '<' || c == '>'))) {
            problem("sender", "is \"" + sender + "\"; write an address, as scanner@example.com");
        }
        return sender;
    }

    private Optional<Path> certificates(String key) {
        Optional<Path> file = path(key);
        file.filter(path -> !Files.isReadable(path))
                .ifPresent(path ->
                        problem(key, "is \"" + path + "\", which cannot be read: give a file of PEM certificates"));
        return file;
    }

    private void secret(String key, Path path) {
        try {
            SecretFile.read(path);
        } catch (IOException e) {
            problem(
                    key,
                    "is \"" + path + "\": "
                            + Optional.ofNullable(e.getMessage()).orElse("cannot be read"));
        }
    }

    private Optional<Path> path(String key) {
        String text = text(key, "");
        if (!table.contains(key)) {
            return Optional.empty();
        }
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return Optional.of(path);
            }
        } catch (InvalidPathException e) {
            // Told below, as any other path that is none.
        }
        problem(key, "is \"" + text + "\"; give a path that begins with /");
        return Optional.empty();
    }

    private <E extends Enum<E>> Optional<E> choice(String key, E[] values) {
        if (!table.contains(key)) {
            return Optional.empty();
        }
        String text = text(key, "");
        for (E value : values) {
            if (lower(value).equals(text)) {
                return Optional.of(value);
            }
        }
        problem(
                key,
                "is \"" + text + "\"; write one of "
                        + Arrays.stream(values).map(RouteTable::lower).collect(Collectors.joining(", ")));
        return Optional.empty();
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** TOML's text is Unicode; ours are the octets of its UTF-8. */
    private String text(String key, String otherwise) {
        Object value = table.get(List.of(key));
        if (value == null) {
            return otherwise;
        }
        if (value instanceof String text) {
            return PosternToml.octets(text);
        }
        problem(key, "is " + value + ", not a text: put it in quotes");
        return otherwise;
    }

    private boolean flag(String key, boolean otherwise) {
        Object value = table.get(List.of(key));
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        problem(key, "is " + value + "; write true or false");
        return otherwise;
    }

    private long number(String key, long otherwise, long least, long most) {
        Object value = table.get(List.of(key));
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Long number && number >= least && number <= most) {
            return number;
        }
        problem(key, "is " + value + "; give a whole number from " + least + " to " + most);
        return otherwise;
    }

    private static boolean hasBlank(String text) {
        return text.chars().anyMatch(c -> c <= ' ' || c == 127);
    }

    private void problem(String key, String what) {
        TomlPosition position = table.contains(List.of(key)) ? table.inputPositionOf(List.of(key)) : null;
        problems.add(new Problem(file, position == null ? line : position.line(), TABLE + "." + key, what));
    }
}
