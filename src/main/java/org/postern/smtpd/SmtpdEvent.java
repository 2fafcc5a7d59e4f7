package org.postern.smtpd;

import java.io.IOException;
import org.postern.mail.Envelope;

/** What a session has to tell its log. */
public sealed interface SmtpdEvent {
    /** A user gave a reverse-path that he may not. */
    record SenderRefused(String user, String reversePath) implements SmtpdEvent {}

    /** A recipient was refused. */
    record RecipientRefused(String reversePath, String forwardPath, Reply reply) implements SmtpdEvent {}

    /** A message was refused after DATA. */
    record MessageRefused(Envelope envelope, Reply reply) implements SmtpdEvent {}

    /**
     * A message is in the queue, and the client is about to be told so.
     *
     * @param octets its size as stored, without the Received line
     */
    record MessageQueued(Envelope envelope, long id, long octets) implements SmtpdEvent {}

    /** Something of ours does not work. */
    record Trouble(String what, IOException why) implements SmtpdEvent {}
}
