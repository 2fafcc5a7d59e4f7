package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Args;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.mail.DsnMail;
import org.postern.mail.Notify;
import org.postern.os.Errno;
import org.postern.os.Nss;
import org.postern.os.Octets;
import org.postern.queue.QueueDirectory;

/**
 * usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -Nwhen ] [ -Rret ] [ -Venvid ] [ -bp ] [ -bs ] [ arg ... ]. What programs call that know no other MTA:
 * becomes qmail-inject, qmail-smtpd or qmail-qread. Called as mailq it is {@code sendmail -bp}. See
 * docs/programs/sendmail.md.
 */
public final class Sendmail implements Tool {
    private static final String USAGE =
            "sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -Nwhen ] [ -Rret ] [ -Venvid ] [ -bp ] [ -bs ] [ arg ... ]";

    /** -N, -R, -V, -O and -L are later than the original: mutt has the first two. */
    private static final String VALUED = "efpoBFbrNRVOLhX";

    private static final String IGNORED = "vimxGUn";

    /** Where qmail-inject takes the author from. */
    private static final List<String> USER = List.of("QMAILUSER", "MAILUSER", "USER", "LOGNAME");

    private static final int MISUSED = 100;
    private static final int FAILED = 111;

    /** Our own program of a name: the one that is meant where the qmail directory has none. */
    @FunctionalInterface
    interface Ours {
        Optional<Tool> find(String name);
    }

    private final Ours ours;

    Sendmail(Ours ours) {
        this.ours = ours;
    }

    private enum Mode {
        SUBMIT,
        SMTP,
        LIST
    }

    private static final class Misuse extends Exception {
        private static final long serialVersionUID = 1L;

        Misuse() {
            super("misuse", null, false, false);
        }
    }

    /** The command line as it is read. */
    private static final class Reading {
        private Mode mode = Mode.SUBMIT;
        private boolean recipientsInHeader;
        private @Nullable String sender;
        private @Nullable String name;
        private final Map<String, String> wishes = new LinkedHashMap<>();

        void flag(char letter, Options options) throws Misuse {
            switch (letter) {
                case 't' -> recipientsInHeader = true;
                case 'E', 'J' -> options.skipRest(); // Sony NEWS-OS, with an optional value
                default -> {
                    if (IGNORED.indexOf(letter) < 0) {
                        throw new Misuse();
                    }
                }
            }
        }

        void valued(char letter, String value) throws Misuse {
            switch (letter) {
                case 'f', 'r' -> sender = value.equals("<>") ? "" : value;
                case 'F' -> name = value;
                case 'N' -> wish(InjectDsn.NOTIFY, Notify.parse(value).map(Notify::toString));
                case 'R' -> wish(InjectDsn.RET, DsnMail.Ret.parse(value).map(DsnMail.Ret::name));
                case 'V' -> wish(InjectDsn.ENVID, Optional.of(value).filter(DsnMail::isEnvid));
                case 'b' ->
                    mode = switch (value.isEmpty() ? ' ' : value.charAt(0)) {
                        case 'm' -> mode;
                        case 'p' -> Mode.LIST;
                        case 's' -> Mode.SMTP;
                        default -> throw new Misuse();
                    };
                default -> {} // There is one error mode, one delivery mode, and a point alone is text.
            }
        }

        private void wish(String variable, Optional<String> value) throws Misuse {
            wishes.put(variable, value.orElseThrow(Misuse::new));
        }
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        Path home = QmailHome.of(call);
        if (!Files.isDirectory(home) && !UserQueue.directory(call).exists()) {
            return failed(call, FAILED, "unable to switch to qmail home directory");
        }
        String program = call.args().program();
        Reading line = new Reading();
        Options options = new Options(call.args().arguments(), VALUED);
        try {
            read(options, line);
        } catch (Misuse e) {
            call.fds().log().line(USAGE);
            return Exit.code(MISUSED);
        }
        return switch (program.substring(program.lastIndexOf('/') + 1)) {
            case "newaliases" -> failed(call, MISUSED, "please use fastforward/newaliases instead");
            case "mailq" -> list(call, home);
            default ->
                switch (line.mode) {
                    case LIST -> list(call, home);
                    case SMTP -> become(call, home, "qmail-smtpd", List.of(), smtpEnvironment(call.env()));
                    case SUBMIT -> submit(call, home, line, options.operands());
                };
        };
    }

    private static void read(Options options, Reading line) throws Misuse {
        for (Optional<Options.Option> option = options.next(); option.isPresent(); option = options.next()) {
            switch (option.get()) {
                case Options.Option.Flag flag -> line.flag(flag.letter(), options);
                case Options.Option.Valued valued -> line.valued(valued.letter(), valued.value());
                case Options.Option.NoValue _ -> throw new Misuse();
            }
        }
    }

    private Exit submit(Invocation call, Path home, Reading line, List<String> recipients) {
        List<String> arguments = new ArrayList<>(List.of(line.recipientsInHeader ? "-H" : "-a"));
        Env env = call.env();
        if (line.sender != null) {
            arguments.addAll(List.of("-f", line.sender));
            env = env.withAll(authorFrom(line.sender));
        }
        if (line.name != null) {
            env = env.with("MAILNAME", line.name);
        }
        env = env.withAll(line.wishes);
        if (USER.stream().noneMatch(env::has)) {
            try {
                env = env.withAll(new Nss()
                        .passwd(call.identity().uid())
                        .map(account -> Map.of("LOGNAME", account.name()))
                        .orElse(Map.of()));
            } catch (IOException e) {
                return failed(
                        call, FAILED, "unable to look up uid " + call.identity().uid() + ": " + Errno.djbText(e));
            }
        }
        arguments.add("--");
        arguments.addAll(recipients);
        return become(call, home, "qmail-inject", arguments, env);
    }

    /** The sender is the author too, where the message does not name one; his name is not that of the caller. */
    private static Map<String, @Nullable String> authorFrom(String sender) {
        Map<String, @Nullable String> changes = new LinkedHashMap<>();
        if (sender.isEmpty()) {
            return changes; // A bounce has no sender; its author is who writes it.
        }
        for (String name : List.of("QMAILNAME", "MAILNAME", "NAME", "QMAILHOST", "MAILHOST")) {
            changes.put(name, null);
        }
        int at = sender.lastIndexOf('@');
        if (at >= 0) {
            changes.put("QMAILHOST", sender.substring(at + 1));
        }
        changes.put("QMAILUSER", at >= 0 ? sender.substring(0, at) : sender);
        return changes;
    }

    /** A caller that is no tcpserver is this host, and may send to anyone. */
    private static Env smtpEnvironment(Env env) {
        if (env.has("PROTO")) {
            return env;
        }
        Map<String, String> set = new LinkedHashMap<>();
        set.put("RELAYCLIENT", "");
        set.put("DATABYTES", "0");
        set.put("PROTO", "TCP");
        set.put("TCPLOCALIP", "127.0.0.1");
        set.put("TCPLOCALHOST", "localhost");
        set.put("TCPREMOTEIP", "127.0.0.1");
        set.put("TCPREMOTEHOST", "localhost");
        set.put("TCPREMOTEINFO", "sendmail-bs");
        return env.withAll(set);
    }

    /** Where there is a queue of ours, that is meant: another's qmail-qread would not see it. */
    private Exit list(Invocation call, Path home) throws IOException {
        Optional<Tool> own =
                Files.isDirectory(QueueDirectory.underQmail(home).root()) ? ours.find("qmail-qread") : Optional.empty();
        return own.isPresent() ? own.get().run(call) : become(call, home, "qmail-qread", List.of(), call.env());
    }

    /** The program in the qmail directory, which may be another's; ours where there is none. */
    private Exit become(Invocation call, Path home, String program, List<String> arguments, Env env) {
        List<String> argv =
                new ArrayList<>(List.of(Octets.of(home.resolve("bin").resolve(program))));
        argv.addAll(arguments);
        // There is none where postern serve is all there is.
        Path cwd = Files.isDirectory(home) ? home : call.cwd();
        Invocation next = new Invocation(new Args(argv), env, cwd, call.identity(), call.fds(), call.id());
        return next.exec(next.args(), env, why -> {
            Optional<Tool> own = Errno.of(why) == Errno.ENOENT ? ours.find(program) : Optional.empty();
            try {
                return own.isPresent()
                        ? own.get().run(next)
                        : failed(call, FAILED, "unable to run " + program + ": " + Errno.djbText(why));
            } catch (IOException e) {
                return failed(call, FAILED, "unable to run " + program + ": " + Errno.djbText(e));
            }
        });
    }

    private static Exit failed(Invocation call, int exit, String why) {
        call.fds().log().line("sendmail: fatal: " + why);
        return Exit.code(exit);
    }
}
