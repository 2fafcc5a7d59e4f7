package org.postern.tool;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postern.config.CommentedToml;
import org.postern.config.PosternToml;
import org.postern.config.Problem;
import org.postern.config.Runner;
import org.postern.config.SecretFile;
import org.postern.config.SettingsException;
import org.postern.config.SmtpRoute;
import org.postern.config.TomlText;
import org.postern.file.Disk;
import org.postern.file.NewFile;
import org.postern.gateway.GeneratedPassword;
import org.postern.os.HostName;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.Octets;
import org.postern.tool.Asking.Question;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** postern init: asks what must be known, and writes postern.toml, the accounts and a first Maildir. */
@Command(
        name = "init",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Writes a postern.toml with every setting in it, the accounts with a first user, and his Maildir. Asks for what no",
            "option says; with --yes it takes the defaults instead. What is there already is not overwritten."
        })
final class Init implements Callable<Integer> {
    private static final int REFUSED = 100;
    private static final int MODE = 0600;
    /** The user nobody of every Linux. */
    private static final Identity NOBODY = new Identity(65534, 65534, List.of());

    private static final String NONE = "none";

    private final Runner runner;
    private final Identity self;
    private final Path launcher;
    private final Map<String, String> answers = new LinkedHashMap<>();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Where to write; default: /etc/postern/postern.toml as root, else ~/.config/postern/postern.toml.")
    private @Nullable Path config;

    @Option(names = "--yes", description = "Asks nothing: what no option says has its default.")
    private boolean yes;

    @Option(names = "--me", paramLabel = "HOST", description = "This host's name, as other hosts know it.")
    private @Nullable String me;

    @Option(
            names = "--domain",
            paramLabel = "DOMAIN",
            split = ",",
            description = "Domains whose mail is delivered here; none: it all goes on.")
    private @Nullable List<String> domains;

    @Option(
            names = "--certificate",
            paramLabel = "FILE",
            description = "The host's certificate in PEM (fullchain.pem); none: no TLS.")
    private @Nullable String certificate;

    @Option(names = "--key", paramLabel = "FILE", description = "Its key in PEM, mode 600 or 640.")
    private @Nullable String key;

    @Option(names = "--pop3d-listen", paramLabel = "ADDRESS:PORT", split = ",", description = "Where POP3 is served.")
    private @Nullable List<String> pop3d;

    @Option(names = "--smtpd-listen", paramLabel = "ADDRESS:PORT", split = ",", description = "Where SMTP is served.")
    private @Nullable List<String> smtpd;

    @Option(
            names = "--clear-password",
            description = "Passwords may travel in clear, also where others can connect: for devices without TLS.")
    private boolean clearPassword;

    @Option(
            names = "--smarthost",
            paramLabel = "HOST:PORT",
            description = "Where other domains' mail goes; none: to their mail exchangers.")
    private @Nullable String smarthost;

    @Option(
            names = "--smarthost-user",
            paramLabel = "NAME",
            description = "The name to log in with there; none: no login.")
    private @Nullable String smarthostUser;

    @Option(
            names = "--smarthost-password-file",
            paramLabel = "FILE",
            description = "A file with the password, mode 600 or 640; where it is missing, the password is asked for.")
    private @Nullable String smarthostPassword;

    @Option(names = "--home", paramLabel = "DIR", description = "The state directory.")
    private @Nullable String home;

    @Option(
            names = "--run-as",
            paramLabel = "NAME",
            description =
                    "As root: who serve is then, and whose the mail is; default: postern, where there is that user.")
    private @Nullable String runAs;

    @Option(names = "--users", paramLabel = "FILE", description = "The accounts.")
    private @Nullable String users;

    @Option(names = "--user", paramLabel = "NAME", description = "The first user; none: nobody yet.")
    private @Nullable String user;

    @Option(
            names = "--user-password-file",
            paramLabel = "FILE",
            description = "His password, in the first line; where it is missing, it is asked for or made.")
    private @Nullable Path userPassword;

    @Option(
            names = "--hash",
            description =
                    "Keeps a hash of his password. Devices that use APOP cannot log in then: they need it in clear.")
    private boolean hash;

    Init(Runner runner, Identity self, Path launcher) {
        this.runner = runner;
        this.self = self;
        this.launcher = launcher;
    }

    @Override
    public Integer call() throws IOException, SettingsException {
        return run(new Asking(yes ? Optional.empty() : Asking.atTerminal(), yes), System.out);
    }

    int run(Asking asking, PrintStream out) throws IOException, SettingsException {
        Path file = config != null
                ? config.toAbsolutePath()
                : runner.newFile().orElseThrow(() -> new IOException("HOME is not set: set it, or say --config FILE"));
        if (!Files.notExists(file)) {
            return refused(file + " is there already, and stays as it is: look at it by postern check-config --config "
                    + file + ", or write another one, --config FILE");
        }
        Optional<Identity> servant = servant();
        Optional<FirstUser> first = ask(asking);
        if (!asking.missing().isEmpty()) {
            return refused("not known, and nobody at a terminal to ask: " + String.join(", ", asking.missing())
                    + (yes ? "; there is no default for it" : "; say these, or --yes for the defaults"));
        }
        List<Problem> problems = problems(answers);
        if (!problems.isEmpty()) {
            problems.forEach(problem -> System.err.println("postern init: " + problem.key() + ": " + problem.what()));
            return refused("nothing was written");
        }
        if (first.isPresent()) {
            if (Files.exists(first.get().file())) {
                return refused(first.get().file() + " is there already: leave --user away, and add a line to it");
            }
            List<Path> fresh = Stream.of(first.get().state(), first.get().mail())
                    .filter(Files::notExists)
                    .toList();
            directories(Objects.requireNonNull(first.get().file().getParent()));
            first.get().make(self.isRoot() ? servant.orElse(NOBODY) : self, self);
            letRead(servant, first.get().file());
            for (Path directory : fresh) {
                handOver(servant, directory);
            }
            out.println("made    " + first.get().file() + ", with the user "
                    + first.get().name());
            out.println("made    " + first.get().home() + "/Maildir");
        }
        directories(Objects.requireNonNull(file.getParent()));
        NewFile.write(Disk.real(), file, text(answers), MODE);
        letRead(servant, file);
        out.println("made    " + file);
        new NextSteps(launcher, file, ConfigFile.find(null, runner).equals(Optional.of(file)))
                .lines(PosternToml.read(file, runner).settings(), first)
                .forEach(out::println);
        return 0;
    }

    /** Who serve will be: it must be able to read what is written here. */
    private Optional<Identity> servant() throws IOException {
        if (!self.isRoot()) {
            return Optional.empty();
        }
        String name = runAs == null ? "postern" : runAs;
        Optional<Identity> found = new Nss().passwd(name).map(user -> new Identity(user.uid(), user.gid(), List.of()));
        if (found.isPresent()) {
            answers.put("user", TomlText.quoted(name));
        } else if (runAs != null) {
            throw new IOException(
                    "--run-as: there is no user " + name + ": make one, useradd --system --user-group " + name);
        }
        return found;
    }

    /** Of a directory that this run has made. */
    private static void handOver(Optional<Identity> servant, Path made) throws IOException {
        if (servant.isPresent()) {
            Files.setAttribute(made, "unix:uid", servant.get().uid(), LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(made, "unix:gid", servant.get().gid(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Root's they stay: who could write to them could decide whose rights serve has, and whose mail goes where. */
    private static void letRead(Optional<Identity> servant, Path file) throws IOException {
        if (servant.isPresent()) {
            Files.setAttribute(file, "unix:gid", servant.get().gid(), LinkOption.NOFOLLOW_LINKS);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        }
    }

    /** Those of root must let the user through that serve will be, whatever root's umask. */
    private void directories(Path directory) throws IOException {
        if (self.isRoot()) {
            OpenToAll.directories(directory);
        } else {
            Files.createDirectories(directory);
        }
    }

    private static int refused(String why) {
        System.err.println("postern init: " + why);
        return REFUSED;
    }

    // ---- what must be known

    private Optional<FirstUser> ask(Asking asking) throws IOException {
        String name = answer(asking, new Question("--me", "This host's name"), me, usualName(), this::me);
        String _ = answer(
                asking,
                new Question("--domain", "Domains whose mail is delivered here"),
                joined(domains),
                // Not the domain above it: its mailboxes may be elsewhere, and their mail would end here.
                name,
                said -> domains(said, name));
        boolean hasCertificate = !isNone(answer(
                asking,
                new Question("--certificate", "Certificate, a file in PEM (fullchain.pem)"),
                certificate,
                NONE,
                said -> isNone(said) ? Map.of() : Map.of("tls.certificate", TomlText.quoted(said))));
        if (hasCertificate) {
            String _ = answer(
                    asking,
                    new Question("--key", "Its key, a file in PEM"),
                    key,
                    null,
                    said -> Map.of("tls.key", TomlText.quoted(said)));
        }
        listeners(asking, hasCertificate);
        smarthost(asking);
        if (home != null) {
            answers.put("home", TomlText.quoted(home));
        }
        return firstUser(asking);
    }

    private void listeners(Asking asking, boolean hasCertificate) {
        boolean clear = clearPassword
                || (!hasCertificate
                        && asking.isSaid(
                                "May devices of other machines log in without TLS, passwords in clear? yes or no"));
        boolean open = hasCertificate || clear;
        if (clear) {
            answers.put("pop3d.clear_password", "true");
        }
        String address = (open ? "0.0.0.0:" : "127.0.0.1:") + (runner.isRoot() ? "" : "8");
        listen(asking, "pop3d", "Where POP3 is served", pop3d, address + "110");
        listen(asking, "smtpd", "Where SMTP is served", smtpd, address + (runner.isRoot() ? "25" : "025"));
        if (hasCertificate) {
            answers.put("pop3d.listen_tls", TomlText.list(List.of(address + "995")));
            answers.put("smtpd.listen_tls", TomlText.list(List.of(address + "465")));
        }
    }

    private void listen(Asking asking, String server, String words, @Nullable List<String> given, String usual) {
        String _ = answer(
                asking,
                new Question("--" + server + "-listen", words),
                joined(given),
                usual,
                said -> Map.of(server + ".listen", TomlText.list(words(said))));
    }

    private void smarthost(Asking asking) {
        String host = answer(
                asking,
                new Question("--smarthost", "Where other domains' mail goes, host or host:port; none: by MX"),
                smarthost,
                NONE,
                Init::route);
        if (isNone(host)) {
            return;
        }
        String login = answer(
                asking,
                new Question("--smarthost-user", "The name to log in with there"),
                smarthostUser,
                NONE,
                said -> isNone(said) ? Map.of() : Map.of("send.route.user", TomlText.quoted(said)));
        if (isNone(login)) {
            return;
        }
        String typed = smarthostPassword == null ? asking.secret("Its password") : "";
        if (!typed.isEmpty()) {
            answers.put("send.route.password", TomlText.quoted(typed));
        } else {
            String _ = answer(
                    asking,
                    new Question("--smarthost-password-file", "A file with its password"),
                    smarthostPassword,
                    null,
                    said -> Map.of("send.route.password_file", TomlText.quoted(said)));
        }
    }

    private static Map<String, String> route(String said) {
        if (isNone(said)) {
            return Map.of();
        }
        return switch (SmtpRoute.parse(":" + said)) {
            case SmtpRoute.Parsed.Route good
            when said.matches(".*:[0-9]+") ->
                Map.of(
                        "send.route.host", TomlText.quoted(good.route().host()),
                        "send.route.port", String.valueOf(good.route().port()));
            case SmtpRoute.Parsed.Route good ->
                Map.of("send.route.host", TomlText.quoted(good.route().host()));
            // The reader says what is wrong with it.
            case SmtpRoute.Parsed.Bad _ -> Map.of("send.route.host", TomlText.quoted(said));
        };
    }

    private Optional<FirstUser> firstUser(Asking asking) throws IOException {
        Optional<Path> state = Optional.ofNullable(home).map(Octets::path).or(runner::state);
        String named = answer(
                asking,
                new Question("--users", "The accounts, a file"),
                users,
                runner.users(state).map(Octets::of).orElse(null),
                said -> Map.of("users.file", TomlText.quoted(said)));
        Path file = Octets.path(named);
        if (named.isEmpty() || state.isEmpty() || (user == null && Files.exists(file))) {
            return Optional.empty();
        }
        String name = asking.ask(
                new Question("--user", "The first user"),
                user,
                Optional.of(runner.env().find("USER").orElse(""))
                        .filter(login -> FirstUser.NAME.matcher(login).matches() && !runner.isRoot())
                        .orElse(null),
                Init::objectionToUser);
        if (name.isEmpty() || isNone(name)) {
            return Optional.empty();
        }
        String typed = userPassword == null
                ? asking.secret("A password for " + name + "; empty: one is made")
                : SecretFile.read(userPassword);
        return Optional.of(new FirstUser(
                name,
                typed.isEmpty() ? GeneratedPassword.get() : typed,
                typed.isEmpty(),
                file,
                state.get().resolve("mail").resolve(Octets.path(name)),
                hash));
    }

    private static Optional<String> objectionToUser(String name) {
        return isNone(name) || FirstUser.NAME.matcher(name).matches()
                ? Optional.empty()
                : Optional.of("\"" + name + "\" is no name: write letters, digits, dots, hyphens, at most 64");
    }

    private static @Nullable String usualName() {
        String name = HostName.get();
        return name.indexOf('.') > 0 ? name : null;
    }

    private Map<String, String> me(String said) {
        return Map.of("me", TomlText.quoted(said));
    }

    private static Map<String, String> domains(String said, String me) {
        Set<String> all = new LinkedHashSet<>(isNone(said) ? List.of() : words(said));
        if (!all.isEmpty()) {
            all.add(me);
        }
        String list = TomlText.list(all);
        return Map.of("smtpd.rcpthosts", list, "send.locals", list);
    }

    private static boolean isNone(String said) {
        return said.isEmpty() || said.equals(NONE);
    }

    private static @Nullable String joined(@Nullable List<String> given) {
        return given == null ? null : String.join(" ", given);
    }

    private static List<String> words(String said) {
        return Arrays.stream(said.split("[ ,]+", -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** An answer that becomes settings; a person hears at once what the reader of settings has against it. */
    private String answer(
            Asking asking,
            Question question,
            @Nullable String given,
            @Nullable String usual,
            Function<String, Map<String, String>> settings) {
        String said = asking.ask(question, given, usual, answer -> {
            Map<String, String> tried = new LinkedHashMap<>(answers);
            Map<String, String> added = settings.apply(answer);
            tried.putAll(added);
            return problems(tried).stream()
                    .filter(problem -> added.containsKey(problem.key()))
                    .map(Problem::what)
                    .findFirst();
        });
        if (!said.isEmpty()) {
            answers.putAll(settings.apply(said));
        }
        return said;
    }

    private List<Problem> problems(Map<String, String> tried) {
        return PosternToml.problems(text(tried), Path.of("/etc/postern/postern.toml.new"), runner);
    }

    private String text(Map<String, String> settings) {
        return TomlText.octets(CommentedToml.write(PosternToml.known(runner), settings));
    }
}
