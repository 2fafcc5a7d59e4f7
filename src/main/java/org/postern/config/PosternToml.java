package org.postern.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads postern.toml. Every problem is found in one reading; an unknown key is a problem. */
public final class PosternToml {
    private static final int MOST_SHOWN = 200;

    private static final Set<String> TABLES =
            Set.of("pop3d", "smtpd", "submission", "relay", "users", "send", "send.destination");
    private static final Set<String> KEYS = Set.of(
            "me",
            "home",
            "tls",
            "pop3d.listen",
            "pop3d.listen_tls",
            "pop3d.clear_password",
            "smtpd.listen",
            "smtpd.listen_tls",
            "smtpd.rcpthosts",
            "smtpd.databytes",
            "smtpd.dsn",
            "smtpd.auth",
            "smtpd.clear_password",
            "submission.listen",
            "submission.listen_tls",
            "submission.clear_password",
            "submission.senders",
            "relay.expiry",
            "users.file",
            "send.locals",
            "send.smtproutes",
            "send.delaynotify",
            "send.route",
            "send.concurrencylocal",
            "send.concurrencyremote",
            "send.queuelifetime",
            "send.destination.connections",
            "send.destination.messages_per_hour",
            "send.dkim");

    /** Octets of UTF-8 above ASCII are let pass, for internationalized names. */
    private static final Pattern DOMAIN = Pattern.compile("[^\\s\\p{Cntrl}@<>,;:()\\[\\]\"\\\\]+");

    private static final long LONGEST_EXPIRY_SECONDS = 7 * 24 * 3600;

    private final String file;
    private final TomlParseResult toml;
    private final List<Problem> problems = new ArrayList<>();

    private PosternToml(String file, TomlParseResult toml) {
        this.file = file;
        this.toml = toml;
    }

    /**
     * Reads the file.
     *
     * @throws SettingsException with all that is wrong in it; also where it cannot be read
     */
    public static Settings read(Path path) throws SettingsException {
        TomlParseResult toml = Toml.parse(text(path));
        PosternToml reader = new PosternToml(path.toString(), toml);
        toml.errors()
                .forEach(e -> reader.problems.add(
                        new Problem(reader.file, e.position().line(), "", "not TOML: " + oneLine(e.getMessage()))));
        if (!reader.problems.isEmpty()) {
            throw new SettingsException(reader.problems);
        }
        Settings settings = reader.settings();
        if (settings == null || !reader.problems.isEmpty()) {
            throw new SettingsException(reader.problems);
        }
        return settings;
    }

    /** TOML is UTF-8 (toml.io, v1.0.0, "Spec"). */
    private static String text(Path path) throws SettingsException {
        try {
            return Files.readString(path);
        } catch (CharacterCodingException e) {
            throw unreadable(path, "is not UTF-8: save it as UTF-8");
        } catch (NoSuchFileException e) {
            throw unreadable(path, "no such file: name another with --config, or write it (docs/serve.md shows one)");
        } catch (AccessDeniedException e) {
            throw unreadable(path, "may not be read: run Postern as a user who may, or change the file's mode");
        } catch (IOException e) {
            throw unreadable(path, "cannot be read: " + e.getMessage());
        }
    }

    private static SettingsException unreadable(Path path, String what) {
        return new SettingsException(List.of(new Problem(path.toString(), 0, "", what)));
    }

    private static String oneLine(@Nullable String text) {
        return String.valueOf(text).replaceAll("\\s+", " ");
    }

    private @Nullable Settings settings() {
        for (String key : toml.dottedKeySet(true)) {
            boolean known = KEYS.contains(key) || TABLES.contains(key);
            if (!known) {
                problem(
                        key,
                        "is " + shown(toml.get(key)) + ", an unknown setting; the known ones: "
                                + String.join(", ", KEYS.stream().sorted().toList()));
            }
        }
        for (String table : TABLES) {
            if (toml.contains(table) && !toml.isTable(table)) {
                problem(
                        table,
                        "is " + shown(toml.get(table)) + "; write it as a table: [" + table + "] on a line of its own");
            }
        }
        if (!problems.isEmpty() && TABLES.stream().anyMatch(t -> toml.contains(t) && !toml.isTable(t))) {
            return null;
        }
        String me = domain("me", string("me", "mail.example.com"));
        Path home = path("home", "/var/lib/postern");
        Settings.Listen pop3 = listen("pop3d", 110);
        Settings.Listen smtp = listen("smtpd", 25);
        Path users = path("users.file", "/etc/postern/users");
        List<String> mine = me == null ? List.of() : List.of(me);
        List<String> rcpthosts = domains("smtpd.rcpthosts", mine);
        long databytes = number("smtpd.databytes", 50L << 20, 0, Long.MAX_VALUE);
        boolean dsn = bool("smtpd.dsn", true);
        boolean auth = bool("smtpd.auth", false);
        long expiry = number("relay.expiry", 600, 1, LONGEST_EXPIRY_SECONDS);
        List<String> locals = domains("send.locals", mine);
        long delaynotify = number("send.delaynotify", 0, 0, Integer.MAX_VALUE);
        DestinationLimit each = new DestinationLimit(
                (int) number("send.destination.connections", 0, 0, DestinationLimit.MOST_CONNECTIONS),
                (int) number("send.destination.messages_per_hour", 0, 0, DestinationLimit.MOST_MESSAGES));
        List<SmtpRoute> routes = routes(each);
        List<DkimKey> keys = new ArrayList<>();
        tables(
                DkimTable.NAME,
                "key",
                (line, table) -> DkimTable.read(new TableReader(file, DkimTable.NAME, line, table, problems), keys)
                        .ifPresent(keys::add));
        Settings.Send send = new Settings.Send(
                locals,
                routes,
                Duration.ofSeconds(delaynotify),
                new DkimKeys(keys),
                (int) number("send.concurrencylocal", Settings.Send.CONCURRENCYLOCAL, 0, SendSettings.MAX_CONCURRENCY),
                (int) number(
                        "send.concurrencyremote", Settings.Send.CONCURRENCYREMOTE, 0, SendSettings.MAX_CONCURRENCY),
                Duration.ofSeconds(
                        number("send.queuelifetime", Settings.Send.QUEUELIFETIME.toSeconds(), 0, Integer.MAX_VALUE)),
                each);
        List<TlsFiles> tls = tls();
        Settings.Submission submission = submission();
        if (me == null || home == null || users == null) {
            return null;
        }
        return new Settings(
                me,
                home,
                tls,
                new Settings.Pop3d(pop3, clearPassword("pop3d", pop3)),
                new Settings.Smtpd(smtp, rcpthosts, databytes, dsn, auth, auth && clearPassword("smtpd", smtp)),
                submission,
                new Settings.Relay(Duration.ofSeconds(expiry)),
                new Settings.Users(users),
                send);
    }

    /** The certificates: all that is wrong with their files is told now, and not at the first client. */
    private List<TlsFiles> tls() {
        List<TlsFiles> all = new ArrayList<>();
        tables("tls", "certificate", (line, table) -> {
            TableReader reader = new TableReader(file, "tls", line, table, problems);
            reader.know(Set.of("certificate", "key"));
            Optional<Path> certificate = reader.path("certificate", "/etc/postern/fullchain.pem");
            Optional<Path> key = reader.path("key", "/etc/postern/privkey.pem");
            if (certificate.isPresent() && key.isPresent()) {
                TlsFiles files = new TlsFiles(certificate.get(), key.get());
                try {
                    files.read();
                    all.add(files);
                } catch (TlsFiles.Unusable e) {
                    reader.problem(e.setting(), String.valueOf(e.getMessage()));
                }
            }
        });
        return all;
    }

    private Settings.Submission submission() {
        Settings.Listen listen = toml.contains("submission.listen") || toml.contains("submission.listen_tls")
                ? listen("submission", 587)
                : new Settings.Listen(List.of());
        return new Settings.Submission(listen, clearPassword("submission", listen), senders());
    }

    private Settings.Submission.Senders senders() {
        Object value = toml.get("submission.senders");
        if (value == null) {
            return Settings.Submission.Senders.OWN;
        }
        for (Settings.Submission.Senders known : Settings.Submission.Senders.values()) {
            if (value.equals(Octets.lowerCase(known.name()))) {
                return known;
            }
        }
        problem("submission.senders", "is " + shown(value) + "; write \"own\", \"domains\" or \"any\"");
        return Settings.Submission.Senders.OWN;
    }

    private Settings.Listen listen(String server, int port) {
        String clear = server + ".listen";
        String tls = server + ".listen_tls";
        if (toml.contains(tls) && !hasCertificate()) {
            problem(tls, "needs a certificate: add [[tls]] with certificate = \"…\" and key = \"…\"");
        }
        return new Settings.Listen(
                toml.contains(tls) && !toml.contains(clear) ? List.of() : addresses(clear, "127.0.0.1:" + port),
                toml.contains(tls) ? addresses(tls, "0.0.0.0:" + (port == 110 ? 995 : 465)) : List.of());
    }

    /** Whether passwords may be said in clear: on loopback, and elsewhere by an explicit word alone. */
    private boolean clearPassword(String server, Settings.Listen listen) {
        String key = server + ".clear_password";
        Object value = toml.get(key);
        if (value != null && !(value instanceof Boolean)) {
            problem(key, "is " + shown(value) + "; give true or false");
        }
        if (Boolean.TRUE.equals(value) || hasCertificate()) {
            return Boolean.TRUE.equals(value);
        }
        if (Boolean.FALSE.equals(value)) {
            problem(key, "is false, and without TLS nobody could log in: add [[tls]] with a certificate");
        }
        listen.clear().stream()
                .filter(a -> !a.address().isLoopback())
                .findFirst()
                .ifPresent(open -> problem(
                        server + ".listen",
                        "passwords would travel in clear to " + open
                                + ": add [[tls]] with a certificate, or, where clients know no TLS, clear_password = true below ["
                                + server + "]"));
        return true;
    }

    private boolean hasCertificate() {
        return toml.get("tls") instanceof TomlArray tables && !tables.isEmpty();
    }

    /** The lines and the tables; a domain has one of them. */
    private List<SmtpRoute> routes(DestinationLimit each) {
        List<SmtpRoute> routes = new ArrayList<>();
        for (String line : strings("send.smtproutes", List.of())) {
            switch (SmtpRoute.parse(octets(line))) {
                case SmtpRoute.Parsed.Route good -> routes.add(good.route());
                case SmtpRoute.Parsed.Bad bad -> problem("send.smtproutes", shown(line) + ": " + bad.why());
            }
        }
        tables(
                "send.route",
                "route",
                (line, table) -> new RouteTable(file, line, table, problems)
                        .read(routes, each)
                        .ifPresent(routes::add));
        return routes;
    }

    /** One of the tables that {@code [[key]]} begins, with the line where it does. */
    @FunctionalInterface
    private interface Reader {
        void read(int line, TomlTable table);
    }

    private void tables(String key, String what, Reader reader) {
        Object tables = toml.get(key);
        if (tables instanceof TomlArray array && (array.isEmpty() || array.get(0) instanceof TomlTable)) {
            for (int i = 0; i < array.size(); i++) {
                reader.read(array.inputPositionOf(i).line(), array.getTable(i));
            }
        } else if (tables != null) {
            problem(key, "is " + tables + "; write each " + what + " as a table that begins with [[" + key + "]]");
        }
    }

    private @Nullable String string(String key, String example) {
        Object value = toml.get(key);
        if (value instanceof String text && !text.isBlank()) {
            return text;
        }
        String what = switch (value) {
            case null -> "is missing";
            case String _ -> "is empty";
            default -> "is " + shown(value) + ", not a text";
        };
        problem(
                key,
                what + "; write, for example, " + key.substring(key.lastIndexOf('.') + 1) + " = \"" + example + "\"");
        return null;
    }

    private @Nullable Path path(String key, String example) {
        String text = string(key, example);
        if (text == null) {
            return null;
        }
        try {
            Path path = Octets.path(octets(text));
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            // Told below, as any other path that is none.
        }
        problem(key, "is " + shown(text) + "; give a path that begins with /");
        return null;
    }

    private List<HostPort> addresses(String key, String example) {
        List<HostPort> addresses = new ArrayList<>();
        for (String text : strings(key, List.of())) {
            HostPort.parse(text)
                    .ifPresentOrElse(
                            addresses::add,
                            () -> problem(
                                    key,
                                    shown(text) + " is no address to listen on; write address:port, as \"" + example
                                            + "\" or \"[::1]:110\""));
        }
        if (!toml.contains(key) || (toml.get(key) instanceof TomlArray none && none.isEmpty())) {
            problem(
                    key,
                    (toml.contains(key) ? "is empty" : "is missing") + "; write, for example, listen = \"" + example
                            + "\"");
        }
        return addresses;
    }

    /** A text, or a list of texts. */
    private List<String> strings(String key, List<String> otherwise) {
        Object value = toml.get(key);
        switch (value) {
            case null -> {
                return otherwise;
            }
            case String one -> {
                return List.of(one);
            }
            case TomlArray array -> {
                List<String> all = new ArrayList<>();
                for (int i = 0; i < array.size(); i++) {
                    if (array.get(i) instanceof String text) {
                        all.add(text);
                    } else {
                        problem(
                                key,
                                "element " + (i + 1) + " is " + shown(array.get(i)) + ", not a text; put it in quotes");
                    }
                }
                return all;
            }
            default -> {
                problem(key, "is " + shown(value) + "; give a text or a list of texts, as [\"a\", \"b\"]");
                return otherwise;
            }
        }
    }

    /** A name that ends in greetings, Received fields and comparisons: an @ or a blank in it is a slip. */
    private @Nullable String domain(String key, @Nullable String name) {
        if (name == null) {
            return null;
        }
        if (DOMAIN.matcher(name).matches()) {
            return octets(name);
        }
        problem(key, shown(name) + " is no domain; write one such as \"example.com\"");
        return null;
    }

    private List<String> domains(String key, List<String> otherwise) {
        List<String> names = strings(key, otherwise);
        if (toml.contains(key)) {
            return names.stream()
                    .flatMap(name -> Stream.ofNullable(domain(key, name)))
                    .toList();
        }
        return otherwise;
    }

    /** A text of the file, which is Unicode, as the rest of Postern has it. */
    static String octets(String text) {
        return Octets.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A value as it stands in the file, or nearly; the beginning of a long one. */
    private static String shown(@Nullable Object value) {
        String all = switch (value) {
            case String text -> "\"" + text.replaceAll("\\p{Cntrl}", "?") + "\"";
            case TomlArray array -> oneLine(array.toJson()).strip();
            case TomlTable table -> oneLine(table.toJson()).strip();
            case null, default -> String.valueOf(value);
        };
        return all.length() > MOST_SHOWN ? all.substring(0, MOST_SHOWN) + "..." : all;
    }

    private long number(String key, long otherwise, long least, long most) {
        Object value = toml.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Long number && number >= least && number <= most) {
            return number;
        }
        problem(
                key,
                "is " + shown(value) + "; give a whole number "
                        + (most == Long.MAX_VALUE ? "of at least " + least : "from " + least + " to " + most));
        return otherwise;
    }

    private boolean bool(String key, boolean otherwise) {
        Object value = toml.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean given) {
            return given;
        }
        problem(key, "is " + shown(value) + "; write true or false");
        return otherwise;
    }

    private void problem(String key, String what) {
        TomlPosition position = toml.contains(key) ? toml.inputPositionOf(key) : null;
        problems.add(new Problem(file, position == null ? 0 : position.line(), key, what));
    }
}
