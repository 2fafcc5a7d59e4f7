package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.config.Place;
import org.postern.config.QmailControl;
import org.postern.config.RemoteSettings;
import org.postern.config.SendSettings;
import org.postern.config.SettingsException;
import org.postern.dns.DnsResolver;
import org.postern.dns.DnsSettings;
import org.postern.file.Disk;
import org.postern.file.Remembered;
import org.postern.local.AccountHomes;
import org.postern.local.AssignedHomes;
import org.postern.local.Home;
import org.postern.local.Homes;
import org.postern.local.LocalDeliverer;
import org.postern.local.LocalSettings;
import org.postern.mail.Mailbox;
import org.postern.os.Crypt;
import org.postern.os.HostName;
import org.postern.os.Nss;
import org.postern.os.Octets;
import org.postern.queue.DropIntake;
import org.postern.queue.IntakeAs;
import org.postern.queue.Origin;
import org.postern.queue.QueueDirectory;
import org.postern.queue.Submitters;
import org.postern.remote.OwnAddresses;
import org.postern.remote.RemoteDeliverer;
import org.postern.send.Deliverers;
import org.postern.send.Routes;
import org.postern.smtpd.LocalUsers;
import org.postern.users.AccountSource;
import org.postern.users.Assignments;
import org.postern.users.SystemAccounts;

/** What qmail takes from the system: its accounts, and the users that its installation has made. */
final class SystemParts implements QmailSend.Parts, QmailSmtpd.Users {
    private final Nss nss = new Nss();
    private final AccountFiles files;

    SystemParts() {
        this(AccountFiles.DEFAULT_FILE);
    }

    SystemParts(Path accountFile) {
        files = new AccountFiles(accountFile, new SystemAccounts(nss, new Crypt()), nss);
    }

    @Override
    public Deliverers deliverers(Tool.Invocation call, String defaultDelivery, Log log) throws IOException {
        Path home = QmailHome.of(call);
        QmailControl control = new QmailControl(home.resolve("control"));
        InstantSource clock = InstantSource.system();
        LocalDeliverer local = new LocalDeliverer(
                homes(
                        home,
                        name -> account(files.listed(call), name, call, log),
                        nss.passwd("alias").map(Nss.Passwd::name)),
                LocalSettings.of(defaultDelivery),
                call.env(),
                Disk.real(),
                HostName.get(),
                user -> new IntakeAs(
                        user, new DropIntake(QueueDirectory.underQmail(home), Disk.real(), clock, Origin.LOCAL)),
                clock);
        warnOfPostmaster(local, control, log);
        Remembered<RemoteSettings> settings =
                new Remembered<>(reads -> read(new QmailControl(control.directory(), reads)));
        RemoteDeliverer remote = new RemoteDeliverer(
                () -> RemoteSettings.read(control),
                new DnsResolver(
                        DnsSettings.ofDnsCacheIp(call.env().find("DNSCACHEIP").orElse(""))),
                OwnAddresses.ofSystem(),
                new SplittableRandom(),
                clock,
                log::line,
                QueueDirectory.underQmail(home).timeOuts(Disk.real()));
        return new Deliverers(local, remote, domain -> place(settings, domain));
    }

    private static RemoteSettings read(QmailControl control) throws IOException {
        try {
            return RemoteSettings.read(control);
        } catch (SettingsException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Where the control files are wrong, the deliverer says it. */
    private static Place place(Remembered<RemoteSettings> settings, String domain) {
        try {
            return settings.get().place(domain);
        } catch (IOException e) {
            return Place.of(domain);
        }
    }

    @Override
    public Submitters submitters() throws IOException {
        return new Submitters(uid("qmaild"), uid("alias"));
    }

    @Override
    public LocalUsers of(Tool.Invocation call) {
        Path home = QmailHome.of(call);
        return mailbox -> {
            Routes routes = new Routes(SendSettings.read(new QmailControl(home.resolve("control"))));
            Optional<String> local = routes.local(mailbox.toString());
            // qmail-smtpd's uid may well not be allowed to read a file with passwords: its accounts then do not count.
            Optional<AccountSource> listed = files.readable(call);
            Homes homes = homes(home, name -> account(listed, name, call, line -> {}), Optional.empty());
            return local.isPresent()
                    && homes.home(Mailbox.of(local.get())).filter(Home::own).isPresent();
        };
    }

    /** qmail-lspawn's order: users/cdb, accounts, alias. */
    private static Homes homes(Path home, AccountHomes.Accounts accounts, Optional<String> alias) {
        return new AssignedHomes(new Assignments(home.resolve("users/cdb")), home, new AccountHomes(accounts, alias));
    }

    private OptionalInt uid(String name) throws IOException {
        Optional<Nss.Passwd> account = nss.passwd(name);
        return account.isPresent() ? OptionalInt.of(account.get().uid()) : OptionalInt.empty();
    }

    /** RFC 5321 §4.5.1: mail for postmaster must arrive, and bounces that bounce go there. */
    private static void warnOfPostmaster(LocalDeliverer local, QmailControl control, Log log) throws IOException {
        SendSettings settings = SendSettings.read(control);
        if (settings.locals().contains(Octets.lowerCase(settings.doublebouncehost()))
                && !local.hasMailbox(new Mailbox("postmaster", settings.doublebouncehost()))) {
            log.line("warning: mail for postmaster@" + settings.doublebouncehost()
                    + " is the user alias's own, and waits where there is no such user:"
                    + " make ~alias/.qmail-postmaster, or an account postmaster");
        }
    }

    /** One who can log in gets his mail; so does every other user of the system. */
    private Optional<AccountHomes.Account> account(
            Optional<AccountSource> listed, String name, Tool.Invocation call, Log log) throws IOException {
        if (listed.isPresent()) {
            Optional<AccountHomes.Account> found =
                    AccountHomes.Account.of(listed.get().find(name, log), call.identity());
            if (found.isPresent()) {
                return found;
            }
        }
        return nss.passwd(name).map(p -> new AccountHomes.Account(p.name(), p.uid(), p.gid(), Octets.path(p.home())));
    }
}
