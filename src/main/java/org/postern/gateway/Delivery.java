package org.postern.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.postern.chain.Env;
import org.postern.config.RemoteSettings;
import org.postern.config.SendSettings;
import org.postern.config.Settings;
import org.postern.dns.DnsResolver;
import org.postern.dns.DnsSettings;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.file.Disk;
import org.postern.local.AccountHomes;
import org.postern.local.Home;
import org.postern.local.Homes;
import org.postern.local.LocalDeliverer;
import org.postern.local.LocalSettings;
import org.postern.mail.Mailbox;
import org.postern.os.HostName;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.remote.OwnAddresses;
import org.postern.remote.RemoteDeliverer;
import org.postern.send.Deliverers;
import org.postern.send.Sender;
import org.postern.send.SenderClock;
import org.postern.users.AccountSource;

/** The way out of the queue, for {@code postern serve}: local mail to the accounts' Maildirs, other mail by smtproutes or MX. */
final class Delivery implements Closeable {
    private volatile SendSettings settings;
    private final Homes homes;
    private final Deliverers deliverers;
    private final Queue queue;
    private final Events events;
    private volatile RemoteSettings remote;

    Delivery(Settings settings, Identity self, AccountSource accounts, Queue queue, Events events) throws IOException {
        this.settings = send(settings);
        this.queue = queue;
        this.events = events;
        homes = new AccountHomes(
                name -> AccountHomes.Account.of(accounts.find(name, line -> events.tell(new Event.Note(line))), self),
                Optional.empty());
        InstantSource clock = InstantSource.system();
        LocalDeliverer local = new LocalDeliverer(
                homes,
                LocalSettings.of("./Maildir/"),
                Env.empty().with("PATH", "/usr/bin:/bin"),
                Disk.real(),
                HostName.get(),
                user -> queue.intake(Origin.LOCAL),
                clock);
        remote = remote(settings);
        deliverers = new Deliverers(
                local,
                new RemoteDeliverer(
                        () -> remote,
                        new DnsResolver(DnsSettings.ofSystem()),
                        OwnAddresses.ofSystem(),
                        new java.util.SplittableRandom(),
                        clock,
                        line -> events.tell(new Event.Note(line)),
                        queue.timeOuts()),
                domain -> remote.place(domain));
    }

    /** From now on mail goes as these settings have it, what is queued as well. */
    void take(Settings changed, Sender sender) {
        settings = send(changed);
        remote = remote(changed);
        sender.reload();
        sender.retryAll();
    }

    private static SendSettings send(Settings settings) {
        return SendSettings.defaults(settings.me()).with(settings.send());
    }

    private static RemoteSettings remote(Settings settings) {
        return RemoteSettings.of(
                        settings.me(),
                        settings.send().smtproutes(),
                        settings.send().destination())
                .withDkim(settings.send().dkim());
    }

    /** Whether a mailbox of a local domain is somebody's own here, not an extension of it. */
    boolean isLocal(Mailbox mailbox) throws IOException {
        return settings.locals().contains(Octets.lowerCase(mailbox.domain()))
                && homes.home(mailbox).filter(Home::own).isPresent();
    }

    /** RFC 5321 §4.5.1: mail for postmaster must arrive, and bounces that bounce go there. */
    void warnOfPostmaster(Settings all) {
        Mailbox postmaster = new Mailbox("postmaster", all.me());
        if (settings.locals().contains(Octets.lowerCase(all.me())) && !has(postmaster)) {
            events.tell(new Event.Note("warning: mail for " + postmaster + " waits: put an account postmaster into "
                    + all.users().file()));
        }
    }

    private boolean has(Mailbox mailbox) {
        try {
            return isLocal(mailbox);
        } catch (IOException e) {
            events.tell(new Event.Note("warning: mail for " + mailbox + " has to wait: " + e.getMessage()));
            return true;
        }
    }

    /** Ends the sessions with other hosts that rest; nothing is delivered any more. */
    @Override
    public void close() {
        deliverers.close();
    }

    Sender sender(SenderClock clock, Duration drainLimit) {
        return new Sender(
                queue,
                settings,
                deliverers,
                _ -> settings,
                clock,
                line -> events.tell(new Event.Note(line)),
                drainLimit);
    }
}
