package org.postern.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Env;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.Mailbox;
import org.postern.maildir.MaildirDelivery;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.ThreadIdentity;

/** One message for one user: his .qmail file's lines in their order, the forwards last (qmail-local(8)). */
final class LocalDelivery {
    static final String NO_MAILBOX = "Sorry, no mailbox here by that name. (#5.1.1)";

    private final LocalDeliverer.Context context;
    private final Home home;
    private final Mailbox recipient;
    private final Delivery delivery;
    private final EnvelopeLines lines;
    private final Report report = new Report();
    private final List<String> forwards = new ArrayList<>();
    private final Map<String, Integer> copies = new HashMap<>();
    private @Nullable SpooledMessage spooled;
    private int files;
    private int programs;
    private boolean forwardsOnly;

    LocalDelivery(LocalDeliverer.Context context, Home home, Mailbox recipient, Delivery delivery) {
        this.context = context;
        this.home = home;
        this.recipient = recipient;
        this.delivery = delivery;
        this.lines = EnvelopeLines.of(
                delivery.sender(), address(recipient, ""), context.clock().instant());
    }

    /** The recipient with something appended to the local part; always with an @, as qmail-local has it. */
    private static String address(Mailbox recipient, String appended) {
        return recipient.localPart() + appended + "@" + recipient.domain();
    }

    /** What a line of the file came to. */
    private sealed interface Step {
        record Next() implements Step {}

        /** The lines below do not count (exit 99). */
        record Enough() implements Step {}

        record End(DeliveryResult result) implements Step {}
    }

    private static final Step NEXT = new Step.Next();

    DeliveryResult run() {
        try {
            if (loops()) {
                return bounced("This message is looping: it already has my Delivered-To line. (#5.4.6)");
            }
            return switch (asUser(() -> DotQmail.find(home))) {
                case DotQmail.Found.Instructions found -> follow(found);
                case DotQmail.Found.NoMailbox _ ->
                    // He whom the address leads to, the alias user as a rule, is the postmaster then.
                    LocalDeliverer.isPostmaster(recipient)
                            ? new LocalDelivery(context, home.itself(), recipient, delivery).run()
                            : bounced(NO_MAILBOX);
                case DotQmail.Found.Unusable unusable -> deferred(unusable.report());
            };
        } catch (OsException e) {
            return deferred("Unable to switch to user " + home.user() + ": " + Errno.djbText(e) + ". (#4.3.0)");
        } catch (IOException e) {
            return deferred("Unable to read message: " + Errno.djbText(e) + ". (#4.3.0)");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return deferred("Interrupted. (#4.3.0)");
        } finally {
            if (spooled != null) {
                spooled.close();
            }
        }
    }

    private boolean loops() throws IOException {
        try (InputStream in = delivery.message().open()) {
            return LoopCheck.headerHas(in, lines.deliveredTo());
        }
    }

    private DeliveryResult follow(DotQmail.Found.Instructions found) throws IOException, InterruptedException {
        String newSender = newSender(found.owner());
        Env env = ProgramEnvironment.of(
                context.environment(), home, recipient, delivery.sender(), newSender, lines, found.defaultPart());
        forwardsOnly = found.forwardsOnly();
        String text = found.text().isEmpty() ? context.settings().defaultdelivery() : found.text();
        for (Instruction instruction : Instruction.parse(text)) {
            switch (perform(instruction, env)) {
                case Step.Next _ -> {}
                case Step.Enough _ -> {
                    return forward(newSender);
                }
                case Step.End end -> {
                    return end.result;
                }
            }
        }
        return forward(newSender);
    }

    /** Where bounces of what is forwarded go: dot-qmail(5), "owner". */
    private String newSender(DotQmail.Owner owner) {
        String sender = delivery.sender();
        if (sender.isEmpty() || sender.equals("#@[]")) {
            return sender;
        }
        return switch (owner) {
            case NONE -> sender;
            case OWNER -> address(recipient, "-owner");
            // qmail-send makes one address a recipient of this form.
            case OWNER_EACH -> address(recipient, "-owner-") + "-@[]";
        };
    }

    private Step perform(Instruction instruction, Env env) throws IOException, InterruptedException {
        return switch (instruction) {
            case Instruction.Nothing _ -> NEXT;
            case Instruction.BlankFirst _ -> defer("Uh-oh: first line of .qmail file is blank. (#4.2.1)");
            case Instruction.Maildir maildir ->
                forwardsOnly
                        ? defer("Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)")
                        : maildir(maildir.directory());
            case Instruction.Mbox mbox ->
                forwardsOnly ? defer("Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)") : mbox(mbox.file());
            case Instruction.Program program ->
                forwardsOnly
                        ? defer("Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)")
                        : program(program.command(), env);
            case Instruction.ForwardsOnly _ -> {
                forwardsOnly = true;
                yield NEXT;
            }
            case Instruction.Forward forward -> {
                forwards.add(forward.address());
                yield NEXT;
            }
        };
    }

    private Step maildir(String name) throws IOException, InterruptedException {
        // A Maildir that is named twice gets two copies, each with an id of its own.
        int nth = copies.merge(name, 1, Integer::sum);
        String id = delivery.deliveryId() + (nth > 1 ? "-" + nth : "");
        Path directory = path(name);
        try (InputStream in = delivery.message().open()) {
            return switch (asUser(() -> context.maildirs().deliver(directory, id, lines.head(), in))) {
                case MaildirDelivery.Outcome.Stored _ -> {
                    files++;
                    yield NEXT;
                }
                case MaildirDelivery.Outcome.NoMaildir _ -> defer("Unable to chdir to maildir. (#4.2.1)");
                case MaildirDelivery.Outcome.Failed failed ->
                    defer("Temporary error on maildir delivery: " + Errno.djbText(failed.why()) + ". (#4.3.0)");
                case MaildirDelivery.Outcome.Unreadable _ -> defer("Unable to read message. (#4.3.0)");
            };
        }
    }

    private Step mbox(String name) throws IOException, InterruptedException {
        Path file = path(name);
        try (InputStream in = delivery.message().open()) {
            Optional<String> trouble = asUser(() -> context.mboxes().append(file, name, lines, in));
            if (trouble.isPresent()) {
                return defer(trouble.get());
            }
            files++;
            return NEXT;
        }
    }

    private Step program(String command, Env env) {
        SpooledMessage message = spooled;
        if (message == null) {
            try {
                message =
                        SpooledMessage.of(delivery.message(), context.settings().spool());
                spooled = message;
            } catch (IOException e) {
                return defer("Unable to put the message into "
                        + Octets.of(context.settings().spool()) + ": " + Errno.djbText(e) + ". (#4.3.0)");
            }
        }
        programs++;
        Program program = new Program(command, home, env, context.settings().programLimit());
        return switch (program.run(message, report)) {
            case Program.Outcome.Exited exited ->
                switch (exited.code()) {
                    case 0 -> NEXT;
                    case 99 -> new Step.Enough();
                    // qmail-command(8): permanent.
                    case 100, 64, 65, 70, 76, 77, 78, 112 -> new Step.End(new DeliveryResult.Bounced(report.text()));
                    default -> new Step.End(new DeliveryResult.Deferred(report.text()));
                };
            case Program.Outcome.Crashed _ -> defer("Aack, child crashed. (#4.3.0)");
            case Program.Outcome.CannotRun cannot ->
                defer("Unable to run /bin/sh: " + Errno.djbText(cannot.why()) + ". (#4.3.0)");
            case Program.Outcome.TooLong _ ->
                defer("Program ran for more than " + program.limit().toSeconds() + " seconds. (#4.3.0)");
        };
    }

    private DeliveryResult forward(String newSender) {
        String queued = "";
        ForwardedDsn dsn = new ForwardedDsn(delivery, newSender, files + programs > 0, forwards.size());
        if (!forwards.isEmpty()) {
            switch (Forwarding.forward(
                    context.queue().apply(home.identity()),
                    lines.deliveredTo(),
                    delivery.message(),
                    dsn.envelope(newSender, forwards))) {
                case Forwarding.Outcome.Queued q -> queued = "\nqp " + q.id();
                case Forwarding.Outcome.Refused refused -> {
                    String why = "Unable to forward message: " + refused.reason() + ".";
                    return refused.forGood() ? bounced(why) : deferred(why);
                }
            }
        }
        report.line("did " + files + "+" + forwards.size() + "+" + programs + queued);
        return new DeliveryResult.Delivered(report.text(), dsn.action());
    }

    private Path path(String name) throws IOException {
        try {
            return home.directory().resolve(Octets.path(name));
        } catch (InvalidPathException e) {
            throw new IOException(e);
        }
    }

    private <T> T asUser(Callable<T> work) throws IOException, InterruptedException {
        try {
            // An ordinary user's server does all as that user.
            return ThreadIdentity.changes(home.identity()) ? ThreadIdentity.as(home.identity(), work) : work.call();
        } catch (IOException | InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Step defer(String sentence) {
        return new Step.End(deferred(sentence));
    }

    private DeliveryResult deferred(String sentence) {
        report.line(sentence);
        return new DeliveryResult.Deferred(report.text());
    }

    private DeliveryResult bounced(String sentence) {
        report.line(sentence);
        return new DeliveryResult.Bounced(report.text());
    }
}
