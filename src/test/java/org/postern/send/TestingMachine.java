package org.postern.send;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.postern.chain.Env;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.local.AccountHomes;
import org.postern.local.LocalDeliverer;
import org.postern.local.LocalSettings;
import org.postern.local.TestingHome;
import org.postern.mail.Deliverer;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.SocketIntake;
import org.postern.queue.SubmissionServer;
import org.postern.queue.TestingQueue;

/** A running machine: queue, sender and users' homes below one directory, and real local delivery, all on one disk. */
final class TestingMachine implements AutoCloseable {
    static final String HOST = "here.example";
    private static final List<String> USERS =
            List.of("a", "b", "c", "late", "mbox", "forward", "d", "sender", "postmaster");

    final TestingSender sender;
    private final TestingQueue files;
    private final Consumer<Object> world;
    private final boolean acceptsLate;

    /** A message was answered 250, or its program ended with 0. */
    record Accepted(String name) {}

    /** It was refused by who owns the queue. */
    record Refused(String name) {}

    /** Another host has said 250. */
    record Sent(String recipient, String text) {
        @Override
        public String toString() {
            return recipient + " got " + text.length() + " octets, " + text.hashCode();
        }
    }

    /** Makes the homes. */
    static Path make(Path base) throws IOException {
        Files.createDirectory(base);
        open(base);
        Path homes = Files.createDirectory(base.resolve("homes"));
        for (String user : USERS) {
            TestingHome.account(homes, user);
        }
        TestingHome.write(homes.resolve("mbox/.qmail"), "./Mailbox\n", "rw-r--r--");
        TestingHome.write(homes.resolve("forward/.qmail"), "&d@" + HOST + "\n", "rw-r--r--");
        return base;
    }

    /** Users are let through. */
    static void open(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** @param world is told what happens outside */
    TestingMachine(Path base, Disk disk, boolean acceptsLate, Consumer<Object> world) throws IOException {
        this(base, new TestingQueue(base.resolve("queue"), disk), disk, acceptsLate, world);
    }

    /** @param patience so long it is before messages get files, and before what failed in the log is tried again */
    TestingMachine(Path base, Disk disk, boolean acceptsLate, Consumer<Object> world, Duration patience)
            throws IOException {
        this(base, new TestingQueue(base.resolve("queue"), disk, patience), disk, acceptsLate, world);
    }

    private TestingMachine(Path base, TestingQueue files, Disk disk, boolean acceptsLate, Consumer<Object> world)
            throws IOException {
        this.world = world;
        this.acceptsLate = acceptsLate;
        this.files = files;
        LocalDeliverer local = new LocalDeliverer(
                new AccountHomes(accounts(base.resolve("homes"))::apply, Optional.empty()),
                new LocalSettings("./Maildir/", base, Duration.ofSeconds(10), Duration.ofSeconds(10)),
                Env.empty(),
                disk,
                "vm",
                user -> files.drop(),
                files.clock);
        sender = new TestingSender(
                files, SendSettings.defaults(HOST), delivery -> deferringLate(delivery, local), this::remote);
    }

    private interface Accounts {
        Optional<AccountHomes.Account> apply(String name);
    }

    private static Accounts accounts(Path homes) throws IOException {
        Map<String, AccountHomes.Account> accounts = new HashMap<>();
        for (String user : USERS) {
            Path home = homes.resolve(user);
            int uid = (int) Files.getAttribute(home, "unix:uid");
            int gid = (int) Files.getAttribute(home, "unix:gid");
            accounts.put(user, new AccountHomes.Account(user, uid, gid, home));
        }
        return name -> Optional.ofNullable(accounts.get(name));
    }

    private DeliveryResult deferringLate(Delivery delivery, Deliverer local) {
        return delivery.recipient().equals("late@" + HOST) && !acceptsLate
                ? new DeliveryResult.Deferred("later\n")
                : local.deliver(delivery);
    }

    private DeliveryResult remote(Delivery delivery) {
        try (InputStream in = delivery.message().open()) {
            world.accept(new Sent(delivery.recipient(), Octets.of(in.readAllBytes())));
            return new DeliveryResult.Delivered("ok\n");
        } catch (IOException e) {
            return new DeliveryResult.Deferred("Unable to read message. (#4.3.0)\n");
        }
    }

    Intake drop() {
        return files.drop();
    }

    Intake inProcess() {
        return sender.queue.intake(Origin.NETWORK);
    }

    /** Through the socket, while a server serves it. */
    Intake socket() {
        return new SocketIntake(files.directory, files.drop(), Origin.LOCAL);
    }

    SubmissionServer serve() {
        return SubmissionServer.start(sender.queue, files.log::add);
    }

    Intake.Outcome submit(Intake intake, CrashMessage message) throws IOException {
        Intake.Outcome outcome = TestingQueue.submit(intake, message.text(), message.sender(), message.recipients());
        if (outcome instanceof Intake.Outcome.Queued) {
            world.accept(new Accepted(message.name()));
        }
        return outcome;
    }

    /** Until so many messages are left, or what is to end it is true. */
    void await(int left, java.util.function.BooleanSupplier end) {
        try {
            Awaitility.await()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> {
                        if (left == 0) {
                            retry();
                        }
                        return end.getAsBoolean() || isLeft(left);
                    });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "left: " + files.messages() + files.names("drop") + ", log:\n"
                            + String.join(
                                    "\n",
                                    sender.log().reversed().stream()
                                            .limit(100)
                                            .toList()
                                            .reversed()),
                    e);
        }
    }

    /** Until so many messages were deferred, and no delivery is under way. */
    void awaitDeferred(int messages) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(30))
                .until(() -> sender.log().stream()
                                        .filter(l -> l.contains("deferral: later"))
                                        .count()
                                >= messages
                        && sender.log().reversed().stream()
                                .filter(l -> l.startsWith("status: "))
                                .findFirst()
                                .orElse("")
                                .startsWith("status: local 0/"));
    }

    /** Until that are all messages there are, and each has its file. */
    void awaitFiles(int messages) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(30))
                .until(() -> files.names("mess").equals(files.messages())
                        && files.messages().size() == messages);
    }

    /** All that waits is due, and the drop is looked at. */
    void retry() throws IOException {
        files.clock.advance(Duration.ofSeconds(2));
        sender.sender.retryAll();
        Path poke = files.directory.root().resolve("drop/.poke");
        if (Files.isDirectory(poke.getParent()) && files.names("drop").stream().anyMatch(n -> !n.startsWith("."))) {
            Files.deleteIfExists(poke);
            Files.createFile(poke);
        }
    }

    private boolean isLeft(int left) {
        // Forwards go from the queue to the drop, and from there to the queue: it is looked at before and behind.
        return files.messages().size() == left
                && files.names("drop").stream().allMatch(n -> n.startsWith("."))
                && files.messages().size() == left
                && (left == 0 || sender.log().stream().anyMatch(l -> l.contains("deferral: later")));
    }

    /** What a user's Maildir holds. */
    static List<String> maildir(Path base, String user) throws IOException {
        try (Stream<Path> all = Files.list(base.resolve("homes/" + user + "/Maildir/new"))) {
            return all.map(TestingMachine::read).toList();
        }
    }

    private static String read(Path file) {
        try {
            return Octets.of(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        sender.close();
    }
}
