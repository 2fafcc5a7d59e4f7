package org.postern.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.config.InjectSettings;
import org.postern.config.QmailControl;
import org.postern.inject.Addresses;
import org.postern.inject.Author;
import org.postern.inject.Completion;
import org.postern.inject.HeaderReader;
import org.postern.inject.InputText;
import org.postern.inject.Letters;
import org.postern.mail.Envelope;
import org.postern.mail.Quoting;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.QueueWords;

/**
 * usage: qmail-inject [ -nNaAhH ] [ -f sender ] [ recipient ... ], the message on descriptor 0. Completes its header and
 * puts it into the queue; with -n prints it. See docs/programs/qmail-inject.md.
 */
public final class QmailInject implements Tool {
    private static final String USAGE = "qmail-inject: usage: qmail-inject [ -nNaAhH ] [ -f sender ] [ recipient ... ]";

    private static final int PERMANENT = 100;
    private static final int TEMPORARY = 111;

    private final InstantSource clock;

    /** Who gets the message. */
    private enum Recipients {
        ARGUMENTS,
        HEADER,
        BOTH,
        ARGUMENTS_OR_HEADER;

        boolean fromHeader(List<String> arguments) {
            return this == HEADER || this == BOTH || this == ARGUMENTS_OR_HEADER && arguments.isEmpty();
        }
    }

    /** What the command line wants. */
    private record CommandLine(
            Recipients recipients, boolean print, @Nullable String sender, List<String> arguments) {}

    /** Says why, and ends with this code. */
    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;
        private final int exit;
        private final String line;

        Failure(int exit, String line) {
            super(line, null, false, false);
            this.exit = exit;
            this.line = line;
        }
    }

    public QmailInject(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Exit run(Invocation call) {
        try {
            CommandLine line = parse(call.args().arguments());
            inject(call, line);
            return Exit.code(0);
        } catch (Failure e) {
            call.fds().log().line(e.line);
            return Exit.code(e.exit);
        }
    }

    private static CommandLine parse(List<String> arguments) throws Failure {
        Recipients recipients = Recipients.ARGUMENTS_OR_HEADER;
        boolean print = false;
        String sender = null;
        Options options = new Options(arguments, "f");
        for (Options.Option option = options.next().orElse(null);
                option != null;
                option = options.next().orElse(null)) {
            switch (option) {
                case Options.Option.Valued f -> sender = f.value();
                case Options.Option.NoValue _ -> throw new Failure(PERMANENT, USAGE);
                case Options.Option.Flag flag -> {
                    switch (flag.letter()) {
                        case 'a' -> recipients = Recipients.ARGUMENTS;
                        case 'A' -> recipients = Recipients.ARGUMENTS_OR_HEADER;
                        case 'h' -> recipients = Recipients.HEADER;
                        case 'H' -> recipients = Recipients.BOTH;
                        case 'n' -> print = true;
                        case 'N' -> print = false;
                        default -> throw new Failure(PERMANENT, USAGE);
                    }
                }
            }
        }
        return new CommandLine(recipients, print, sender, options.operands());
    }

    private void inject(Invocation call, CommandLine line) throws Failure {
        InjectSettings settings = settings(call);
        Addresses addresses = Addresses.of(settings.defaulthost(), settings.defaultdomain(), settings.plusdomain())
                .orElseThrow(() -> fatal(
                        PERMANENT,
                        "unable to parse one of these as a host name: defaulthost " + settings.defaulthost()
                                + ", defaultdomain " + settings.defaultdomain() + ", plusdomain "
                                + settings.plusdomain()));
        List<String> recipients = new ArrayList<>();
        if (line.recipients != Recipients.HEADER) {
            for (String argument : line.arguments) {
                recipients.add(address(addresses, argument));
            }
        }
        InjectDsn dsn = dsn(call.env());
        boolean fromHeader = line.recipients.fromHeader(line.arguments);
        Completion.Request request = new Completion.Request(
                addresses,
                author(call.env()),
                Letters.of(call.env().find("QMAILINJECT").orElse("")),
                line.sender == null ? Optional.empty() : Optional.of(address(addresses, line.sender)),
                fromHeader,
                lists(call),
                clock.instant(),
                call.id(),
                settings.idhost());
        try (InputStream in = call.fds().input(0)) {
            InputText text = new InputText(in);
            HeaderReader.Header.Fields header = header(text);
            switch (Completion.complete(header, request)) {
                case Completion.Outcome.Malformed m ->
                    throw fatal(PERMANENT, "unable to parse this line:\n" + withoutEnd(m.field()));
                case Completion.Outcome.Completed completed -> {
                    if (fromHeader) {
                        recipients.addAll(completed.recipients());
                    }
                    Envelope envelope = dsn.envelope(completed.sender(), recipients);
                    String head = completed.header() + header.body();
                    if (line.print) {
                        print(call, envelope.sender(), head, text);
                    } else {
                        queue(call, envelope, head, text);
                    }
                }
            }
        } catch (IOException e) {
            throw fatal(TEMPORARY, "read error: " + Errno.djbText(e));
        }
    }

    private static InjectSettings settings(Invocation call) throws Failure {
        Path control = QmailHome.of(call).resolve("control");
        try {
            InjectSettings settings = InjectSettings.read(
                    new QmailControl(control), UserQueue.directory(call).me());
            Env env = call.env();
            return new InjectSettings(
                    env.find("QMAILDEFAULTHOST").orElse(settings.defaulthost()),
                    env.find("QMAILDEFAULTDOMAIN").orElse(settings.defaultdomain()),
                    env.find("QMAILPLUSDOMAIN").orElse(settings.plusdomain()),
                    env.find("QMAILIDHOST").orElse(settings.idhost()));
        } catch (IOException e) {
            throw fatal(TEMPORARY, "unable to read " + control + ": " + Errno.djbText(e));
        }
    }

    private static InjectDsn dsn(Env env) throws Failure {
        try {
            return InjectDsn.of(env);
        } catch (InjectDsn.Malformed e) {
            throw fatal(PERMANENT, e.what());
        }
    }

    private static Author author(Env env) {
        String user = env.find("QMAILUSER")
                .or(() -> env.find("MAILUSER"))
                .or(() -> env.find("USER"))
                .or(() -> env.find("LOGNAME"))
                .orElse("anonymous");
        Optional<String> host = env.find("QMAILHOST").or(() -> env.find("MAILHOST"));
        Optional<String> name =
                env.find("QMAILNAME").or(() -> env.find("MAILNAME")).or(() -> env.find("NAME"));
        return new Author(
                user,
                host,
                name,
                env.find("QMAILSUSER").orElse(user),
                env.find("QMAILSHOST").or(() -> host));
    }

    private static String address(Addresses addresses, String given) throws Failure {
        return addresses
                .complete(given)
                .orElseThrow(() -> fatal(PERMANENT, "unable to parse address: " + given.replace('\n', '?')));
    }

    /** The mailing lists in the file that QMAILMFTFILE names. */
    private static Set<String> lists(Invocation call) throws Failure {
        Set<String> lists = new HashSet<>();
        String file = call.env().find("QMAILMFTFILE").orElse("");
        if (!file.isEmpty()) {
            try {
                new QmailControl(call.cwd())
                        .lines(file)
                        .orElse(List.of())
                        .forEach(address -> lists.add(Octets.lowerCase(address)));
            } catch (IOException e) {
                throw fatal(TEMPORARY, "unable to read " + file + ": " + Errno.djbText(e));
            }
        }
        return lists;
    }

    private static HeaderReader.Header.Fields header(InputText text) throws IOException, Failure {
        return switch (HeaderReader.read(text)) {
            case HeaderReader.Header.Fields fields -> fields;
            case HeaderReader.Header.TooLong _ ->
                throw fatal(PERMANENT, "header is longer than " + HeaderReader.LIMIT + " octets");
        };
    }

    private static void print(Invocation call, String sender, String head, InputText body) throws Failure {
        try {
            call.fds().connection().write("Return-Path: <" + Quoting.address(sender) + ">\n" + head);
            byte[] buffer = new byte[8192];
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                call.fds().connection().write(buffer, 0, n);
            }
            call.fds().connection().flush();
        } catch (IOException e) {
            throw fatal(TEMPORARY, "unable to write output: " + Errno.djbText(e));
        }
    }

    private static void queue(Invocation call, Envelope envelope, String head, InputText body) throws Failure {
        if (envelope.recipients().isEmpty()) {
            throw fatal(PERMANENT, "no recipients");
        }
        Intake.Outcome outcome;
        try (Intake.Draft draft = begin(call)) {
            byte[] octets = Octets.bytes(head);
            draft.write(octets, 0, octets.length);
            try {
                UserQueue.copy(body, draft);
            } catch (IOException e) {
                throw fatal(TEMPORARY, "read error: " + Errno.djbText(e));
            }
            outcome = draft.commit(envelope);
        }
        if (outcome instanceof Intake.Outcome.Refused refused) {
            QueueWords words = QueueWords.of(refused.exit());
            throw fatal(words.permanent() ? PERMANENT : TEMPORARY, words.toString());
        }
    }

    private static Intake.Draft begin(Invocation call) throws Failure {
        try {
            return UserQueue.of(call).begin();
        } catch (IOException e) {
            throw fatal(TEMPORARY, "unable to run qmail-queue: " + Errno.djbText(e));
        }
    }

    private static Failure fatal(int exit, String message) {
        return new Failure(exit, "qmail-inject: fatal: " + message);
    }

    private static String withoutEnd(String field) {
        return field.endsWith("\n") ? field.substring(0, field.length() - 1) : field;
    }
}
