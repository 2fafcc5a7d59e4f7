package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Env;
import org.postern.control.Request;
import org.postern.os.Identity;
import org.postern.queue.Selection;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** postern queue: what is in the queue, and what is done about it. */
@Command(
        name = "queue",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "What is in the queue, and what is done about it: docs/how-to/queue.md.")
final class QueueCommand {
    private QueueCommand() {}

    static CommandLine line(Env env, Identity self) {
        CommandLine line = new CommandLine(new QueueCommand());
        line.addSubcommand(new ListCommand(env, self));
        line.addSubcommand(new Show(env, self));
        line.addSubcommand(new Retry(env, self));
        line.addSubcommand(new Hold(env, self));
        line.addSubcommand(new Release(env, self));
        line.addSubcommand(new Drop(env, self));
        return line;
    }

    /** A verb about some messages. */
    @Command(
            mixinStandardHelpOptions = true,
            footer = {
                "A pattern stands for a whole number, address or domain; * in it stands for anything.",
                "Of several patterns of one kind one must match, and one of each kind that is given."
            })
    abstract static class Verb implements Callable<Integer> {
        private final Env env;
        private final Identity self;
        private final boolean needsSelection;

        @Spec
        private @Nullable CommandSpec spec;

        @Parameters(arity = "0..*", paramLabel = "ID", description = "Numbers of messages, as in the log.")
        private List<String> ids = List.of();

        @Option(names = "--sender", paramLabel = "PATTERN", description = "Messages from there; <> for bounces.")
        private List<String> senders = List.of();

        @Option(names = "--recipient", paramLabel = "PATTERN", description = "Messages to there.")
        private List<String> recipients = List.of();

        @Option(names = "--destination", paramLabel = "PATTERN", description = "Messages to that domain.")
        private List<String> destinations = List.of();

        @Option(names = "--all", description = "The whole queue.")
        private boolean all;

        @Option(names = "--json", description = "For machines: an object a line.")
        private boolean json;

        @Option(names = "--queue", paramLabel = "DIR", description = "The queue; default: the one that is there.")
        private @Nullable Path queue;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "The queue of the postern serve with these settings.")
        private @Nullable Path config;

        Verb(Env env, Identity self, boolean needsSelection) {
            this.env = env;
            this.self = self;
            this.needsSelection = needsSelection;
        }

        abstract Request.OfQueue request(Selection which, Request.Form form);

        @Override
        public Integer call() throws IOException {
            Selection which = selection();
            if (all != which.equals(Selection.ALL) && (all || needsSelection)) {
                throw misused(
                        all
                                ? "--all is the whole queue: leave it away, or the patterns"
                                : "say which: by ID, --sender, --recipient, --destination, or --all");
            }
            Path directory = new QueuePlace(env, self).find(queue, config);
            return QueueAsking.ask(directory, self, request(which, json ? Request.Form.JSON : Request.Form.TABLE));
        }

        private Selection selection() {
            try {
                return Selection.of(ids, senders, recipients, destinations);
            } catch (IllegalArgumentException e) {
                throw misused(String.valueOf(e.getMessage()));
            }
        }

        private ParameterException misused(String why) {
            CommandSpec known = java.util.Objects.requireNonNull(spec);
            return new ParameterException(known.commandLine(), known.qualifiedName() + ": " + why);
        }
    }

    @Command(name = "list", description = "A line for each message, the oldest first.")
    static final class ListCommand extends Verb {
        ListCommand(Env env, Identity self) {
            super(env, self, false);
        }

        @Override
        Request.OfQueue request(Selection which, Request.Form form) {
            return new Request.QueueList(which, form);
        }
    }

    @Command(name = "show", description = "All that is known of messages, and their headers.")
    static final class Show extends Verb {
        Show(Env env, Identity self) {
            super(env, self, true);
        }

        @Override
        Request.OfQueue request(Selection which, Request.Form form) {
            return new Request.QueueShow(which, form);
        }
    }

    @Command(name = "retry", description = "Tries messages now, also at hosts that did not answer before.")
    static final class Retry extends Verb {
        Retry(Env env, Identity self) {
            super(env, self, true);
        }

        @Override
        Request.OfQueue request(Selection which, Request.Form form) {
            return new Request.QueueRetry(which, form);
        }
    }

    @Command(name = "hold", description = "Does not try messages until they are released; restarts do not change that.")
    static final class Hold extends Verb {
        Hold(Env env, Identity self) {
            super(env, self, true);
        }

        @Override
        Request.OfQueue request(Selection which, Request.Form form) {
            return new Request.QueueHold(which, form);
        }
    }

    @Command(name = "release", description = "Lets messages that are held go, now.")
    static final class Release extends Verb {
        Release(Env env, Identity self) {
            super(env, self, true);
        }

        @Override
        Request.OfQueue request(Selection which, Request.Form form) {
            return new Request.QueueRelease(which, form);
        }
    }

    @Command(
            name = "drop",
            description = {
                "Removes messages, for good. With --recipient or --destination only those recipients are given up,",
                "and the message goes to the others. Nobody is told, unless --bounce is given."
            })
    static final class Drop extends Verb {
        @Option(names = "--bounce", description = "Tells the senders.")
        private boolean bounce;

        Drop(Env env, Identity self) {
            super(env, self, true);
        }

        @Override
        Request.OfQueue request(Selection which, Request.Form form) {
            return new Request.QueueDrop(which, bounce, form);
        }
    }
}
