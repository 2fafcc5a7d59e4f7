package org.postern.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.postern.chain.Env;
import org.postern.file.Disk;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.MessageSource;
import org.postern.mail.TestingMessage;
import org.postern.queue.TestingIntake;

/** A machine with a few users, below a temporary directory. */
final class TestingLocal {
    static final String TEXT = "Date: 24 Nov 2026 02:17:53 -0000\nSubject: t\n\nbody\n";

    final Path dir;
    final TestingIntake queue = TestingIntake.numbering(java.util.List.of(4711L, 4711L, 4711L, 4711L, 4711L, 4711L));
    final Map<String, AccountHomes.Account> accounts = new HashMap<>();
    private Duration programLimit = Duration.ofSeconds(60);
    private Duration lockLimit = Duration.ofMillis(500);
    private Instant now = Instant.parse("2026-11-24T02:17:57Z");
    private int deliveries;

    TestingLocal(Path dir, String... users) throws IOException {
        this.dir = dir;
        for (String user : users) {
            accounts.put(user, TestingHome.account(dir, user));
        }
    }

    TestingLocal programLimit(Duration limit) {
        programLimit = limit;
        return this;
    }

    TestingLocal lockLimit(Duration limit) {
        lockLimit = limit;
        return this;
    }

    TestingLocal at(Instant time) {
        now = time;
        return this;
    }

    Path home(String user) {
        return dir.resolve(user);
    }

    /** A .qmail file of the user. */
    TestingLocal dotQmail(String user, String name, String text) throws IOException {
        TestingHome.write(home(user).resolve(name), text, "rw-r--r--");
        return this;
    }

    LocalDeliverer deliverer() throws IOException {
        return deliverer(Disk.real());
    }

    LocalDeliverer deliverer(Disk disk) throws IOException {
        return deliverer(disk, new AccountHomes(name -> Optional.ofNullable(accounts.get(name)), Optional.of("alias")));
    }

    LocalDeliverer deliverer(Homes homes) throws IOException {
        return deliverer(Disk.real(), homes);
    }

    private LocalDeliverer deliverer(Disk disk, Homes homes) throws IOException {
        InstantSource clock = InstantSource.fixed(now);
        Path spool = Files.createDirectories(dir.resolve("spool"));
        return new LocalDeliverer(
                homes,
                new LocalSettings("./Maildir/", spool, programLimit, lockLimit),
                Env.empty().with("PATH", "/var/qmail/bin:/var/qmail/bin:/usr/local/bin:/usr/bin:/bin"),
                disk,
                "vm",
                who -> queue,
                clock);
    }

    DeliveryResult deliver(String sender, String recipient, String text) throws IOException {
        return deliver(sender, recipient, new TestingMessage(text));
    }

    DeliveryResult deliver(String sender, String recipient, MessageSource message) throws IOException {
        return deliverer().deliver(new Delivery("d" + ++deliveries, sender, recipient, message));
    }

    DeliveryResult deliver(String recipient) throws IOException {
        return deliver("puser2@hoge.example.com", recipient, TEXT);
    }
}
