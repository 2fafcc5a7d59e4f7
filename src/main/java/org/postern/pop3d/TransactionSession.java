package org.postern.pop3d;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.postern.maildir.Maildrop;
import org.postern.maildir.Maildrop.NotRemoved;
import org.postern.maildir.Maildrops;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.tcp.Connection;

/** qmail-pop3d's session, on the maildrop of a client who is known: TRANSACTION, and at its end UPDATE (RFC 1939 §5, §6). */
public final class TransactionSession {
    private static final Reply NO_MAILDIR = Reply.err("this user has no $HOME/Maildir");

    private final Dialogue dialogue;
    private final List<String> capabilities;
    private final Maildrops maildrops;
    private final Clock clock;

    /**
     * @param capabilities what CAPA lists
     * @param maildrops the process's
     */
    public TransactionSession(
            Connection connection, Limits limits, List<String> capabilities, Maildrops maildrops, Clock clock) {
        this.dialogue = new Dialogue(connection, limits);
        this.capabilities = List.copyOf(capabilities);
        this.maildrops = maildrops;
        this.clock = clock;
    }

    /** How it ended. Nothing more is to be said. */
    public sealed interface End {
        /**
         * The client said QUIT, and what was deleted has been removed.
         *
         * @param retrieved how many messages were sent in full
         * @param removed how many messages were removed
         */
        record Updated(int retrieved, int removed) implements End {}

        /** The client said QUIT, and was told that some deleted messages are there still. */
        record NotAllRemoved(List<NotRemoved> failures) implements End {}

        /** The client has gone without QUIT, so nothing was removed. */
        record Gone(String why) implements End {}

        /** No session was possible, and the client was told. */
        record NoMaildir(IOException why) implements End {}

        /** No session was possible, and the client was told. */
        record CannotScan(IOException why) implements End {}

        /** A message broke off in the middle; the client learns it from the connection being closed. */
        record CannotRead(IOException why) implements End {}

        /**
         * What the administrator should know of it; empty where all is as it should be, or as must be expected.
         *
         * @param maildir its name, as a log may show it
         */
        default Optional<String> trouble(String maildir) {
            return switch (this) {
                case Updated _, Gone _ -> Optional.empty();
                case NoMaildir(IOException why) -> words("unable to open " + maildir, why);
                case CannotScan(IOException why) -> words("unable to scan " + maildir, why);
                case CannotRead(IOException why) -> words("unable to read a message in " + maildir, why);
                case NotAllRemoved(var failures) -> {
                    NotRemoved first = failures.getFirst();
                    String file =
                            maildir + "/" + Octets.word(first.message().place().toString());
                    yield words("unable to unlink " + failures.size() + " deleted messages, as " + file, first.why());
                }
            };
        }

        private static Optional<String> words(String what, IOException why) {
            return Optional.of(what + ": " + Errno.djbText(why));
        }
    }

    /**
     * Opens the maildrop, says +OK, and runs the session to its end.
     *
     * @param uid whose rights the calling thread has on files
     */
    public End run(Path maildir, int uid) {
        try {
            return switch (maildrops.open(maildir, uid, clock.instant())) {
                case Maildrop.Opening.Opened opened -> serve(opened.maildrop());
                case Maildrop.Opening.Missing missing -> {
                    dialogue.last(NO_MAILDIR);
                    yield new End.NoMaildir(missing.why());
                }
                case Maildrop.Opening.CannotScan trouble -> {
                    dialogue.last(Reply.err("unable to scan $HOME/Maildir"));
                    yield new End.CannotScan(trouble.why());
                }
            };
        } catch (SessionOver e) {
            return new End.Gone(e.why());
        } catch (IOException e) {
            return new End.CannotRead(e);
        }
    }

    /** Tells the client that there is no maildrop, where none was even named. */
    public void refuse() throws IOException {
        dialogue.last(NO_MAILDIR);
    }

    private End serve(Maildrop maildrop) throws IOException {
        Transaction transaction = new Transaction(maildrop, capabilities);
        Transaction.State state = Transaction.State.START;
        dialogue.say(Reply.OK);
        while (true) {
            switch (transaction.step(state, dialogue.command())) {
                case Transaction.Say s -> {
                    dialogue.say(s.reply());
                    state = s.next();
                }
                case Transaction.SayLines s -> {
                    dialogue.say(Reply.OK, s.lines());
                    state = s.next();
                }
                case Transaction.Send s -> {
                    try (InputStream message = s.message()) {
                        dialogue.send(Reply.OK, message, s.bodyLines());
                    }
                    state = s.next();
                }
                case Transaction.Update s -> {
                    return update(maildrop, s.deleted(), s.retrieved());
                }
            }
        }
    }

    /** RFC 1939 §6. */
    private End update(Maildrop maildrop, BitSet deleted, BitSet retrieved) throws SessionOver {
        List<NotRemoved> failures = maildrop.update(deleted, retrieved);
        if (!failures.isEmpty()) {
            dialogue.last(Reply.err("unable to unlink all deleted messages"));
            return new End.NotAllRemoved(failures);
        }
        dialogue.last(Reply.OK);
        return new End.Updated(retrieved.cardinality(), deleted.cardinality());
    }
}
