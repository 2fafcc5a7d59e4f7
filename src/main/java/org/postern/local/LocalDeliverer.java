package org.postern.local;

import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import org.postern.chain.Env;
import org.postern.file.Disk;
import org.postern.mail.Deliverer;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.Mailbox;
import org.postern.maildir.MaildirDelivery;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.ThreadIdentity;
import org.postern.queue.Intake;

/**
 * Local delivery: what qmail-lspawn and qmail-local do. Reports are as those print them, each line ended by a line
 * feed; whoever logs them writes blanks as {@code _} and line feeds as {@code /}.
 *
 * <p>Files of a user are read and written with that user's rights, on a thread of their own where this process is root
 * (see {@link org.postern.os.ThreadIdentity}); programs are processes of that user.
 */
public final class LocalDeliverer implements Deliverer {
    private final Homes homes;
    private final Context context;

    /** What all deliveries share. */
    record Context(
            LocalSettings settings,
            Env environment,
            MaildirDelivery maildirs,
            Mbox mboxes,
            Function<Identity, Intake> queue,
            InstantSource clock) {}

    /**
     * @param homes who gets the mail of a local part
     * @param environment what programs inherit, PATH above all
     * @param disk where Maildirs and mboxes are
     * @param host this host's name, for the names of files in Maildirs
     * @param queue takes what a user's .qmail file forwards; given the user, whose uid the Received line names
     */
    public LocalDeliverer(
            Homes homes,
            LocalSettings settings,
            Env environment,
            Disk disk,
            String host,
            Function<Identity, Intake> queue,
            InstantSource clock) {
        this.homes = homes;
        this.context = new Context(
                settings,
                environment,
                new MaildirDelivery(disk, clock, host),
                new Mbox(disk, settings.lockLimit()),
                queue,
                clock);
    }

    @Override
    public DeliveryResult deliver(Delivery d) {
        Mailbox recipient = Mailbox.of(d.recipient());
        if (recipient.localPart().isEmpty()) {
            // qmail-lspawn: mail for <> is done.
            return new DeliveryResult.Delivered("");
        }
        Optional<Home> home;
        try {
            home = homes.home(recipient);
        } catch (IOException e) {
            return new DeliveryResult.Deferred(e.getMessage() + "\n");
        }
        if (home.isEmpty() && isPostmaster(recipient)) {
            return new DeliveryResult.Deferred("There is no postmaster here: make an account of that name. (#4.2.1)\n");
        }
        if (home.isEmpty()) {
            return new DeliveryResult.Bounced(LocalDelivery.NO_MAILBOX + "\n");
        }
        if (home.get().uid() == 0) {
            return new DeliveryResult.Deferred("Not allowed to perform deliveries as root.\n");
        }
        if (!canServe(ThreadIdentity.effectiveUser(), home.get().uid())) {
            return new DeliveryResult.Deferred(
                    "Unable to switch to user " + home.get().user() + ": not running as root. (#4.3.0)\n");
        }
        return new LocalDelivery(context, home.get(), recipient, d).run();
    }

    /** RFC 5321 §4.5.1: whose mail never bounces, also where nobody thought of him. */
    static boolean isPostmaster(Mailbox address) {
        return Octets.lowerCase(address.localPart()).equals("postmaster");
    }

    /** Whether somebody made a mailbox of that local address; also where that cannot be told now. */
    public boolean hasMailbox(Mailbox address) {
        try {
            Optional<Home> home = homes.home(address);
            return home.isPresent() && !(DotQmail.find(home.get()) instanceof DotQmail.Found.NoMailbox);
        } catch (IOException e) {
            return true;
        }
    }

    /** Anyone but root can deliver to himself alone: with his rights, another user's .qmail file would be his master. */
    static boolean canServe(int own, int user) {
        return own == 0 || own == user;
    }
}
