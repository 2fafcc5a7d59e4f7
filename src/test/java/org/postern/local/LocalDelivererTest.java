package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.Envelope;
import org.postern.mail.Mailbox;
import org.postern.mail.MessageSource;
import org.postern.mail.TestingMessage;
import org.postern.os.Descriptor;
import org.postern.os.Octets;

class LocalDelivererTest {
    private static final String HOST = "@hoge.example.com";

    @TempDir
    Path dir;

    private TestingLocal machine;
    private Path home;

    @BeforeEach
    void make() throws IOException {
        machine = new TestingLocal(dir, "ptest", "alias");
        home = machine.home("ptest");
    }

    private DeliveryResult withLines(String dotQmail) throws IOException {
        return machine.dotQmail("ptest", ".qmail", dotQmail).deliver("ptest" + HOST);
    }

    private List<Path> maildir() throws IOException {
        return TestingHome.messages(home.resolve("Maildir"));
    }

    @Test
    void filesBelongToTheUser() throws IOException {
        withLines("./Maildir/\n./Mailbox\n|echo x > made\n");
        for (Path file : List.of(maildir().getFirst(), home.resolve("Mailbox"), home.resolve("made"))) {
            assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(Files.getAttribute(home, "unix:uid"));
            assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(Files.getAttribute(home, "unix:gid"));
        }
    }

    @Test
    void whatTheUserMayNotWriteIsNotWritten() throws IOException {
        Path others = Files.createDirectory(dir.resolve("others"));
        if (TestingHome.ROOT) {
            TestingHome.maildir(others.resolve("box"));
            Files.setPosixFilePermissions(others, PosixFilePermissions.fromString("rwx------"));
            assertThat(withLines(others + "/box/\n")).isEqualTo(new Deferred("Unable to chdir to maildir. (#4.2.1)\n"));
            assertThat(withLines(others + "/file\n"))
                    .isEqualTo(new Deferred("Unable to open " + others + "/file: access denied. (#4.2.1)\n"));
            assertThat(withLines("|echo x > " + others + "/made\n")).isInstanceOf(Deferred.class);
        }
        assertThat(others.resolve("made")).doesNotExist();
    }

    @Test
    void aProgramRunsAsTheUserAndReadsAFileThatItCanRewind() throws IOException {
        DeliveryResult result = withLines("|id -u; id -G; cat > /dev/null; cat /dev/stdin | wc -c; pwd; umask\n");
        Object uid = Files.getAttribute(home, "unix:uid");
        Object gid = Files.getAttribute(home, "unix:gid");
        if (TestingHome.ROOT) {
            assertThat(result.report())
                    .isEqualTo(
                            uid + "\n" + gid + "\n" + TestingLocal.TEXT.length() + "\n" + home + "\n0077\ndid 0+0+1\n");
        } else {
            assertThat(result.report()).startsWith(uid + "\n").contains(home.toString());
        }
        assertThat(dir.resolve("spool")).isEmptyDirectory();
    }

    @Test
    void nobodyElseCanReadWhatAProgramWillRead() throws IOException {
        machine.dotQmail("ptest", ".qmail", "|true\n");
        List<String> modes = new ArrayList<>();
        MessageSource looking = new MessageSource() {
            @Override
            public InputStream open() {
                return new ByteArrayInputStream(Octets.bytes(TestingLocal.TEXT)) {
                    @Override
                    public void close() throws IOException {
                        try (var files = Files.list(dir.resolve("spool"))) {
                            for (Path file : files.toList()) {
                                modes.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
                            }
                        }
                    }
                };
            }

            @Override
            public long size() {
                return TestingLocal.TEXT.length();
            }
        };
        assertThat(machine.deliver("a@b", "ptest" + HOST, looking)).isInstanceOf(Delivered.class);
        assertThat(modes).containsExactly("rw-------");
    }

    @Test
    void anOrdinaryUsersProcessServesHimAlone() {
        assertThat(LocalDeliverer.canServe(0, 1001)).isTrue();
        assertThat(LocalDeliverer.canServe(1000, 1000)).isTrue();
        assertThat(LocalDeliverer.canServe(1000, 1001)).isFalse();
    }

    @Test
    void whoHasAMailboxIsKnownBeforehand() throws IOException {
        LocalDeliverer local = machine.deliverer();
        assertThat(local.hasMailbox(Mailbox.of("ptest" + HOST))).isTrue();
        assertThat(local.hasMailbox(Mailbox.of("postmaster" + HOST))).isFalse();
        machine.dotQmail("alias", ".qmail-postmaster", "&ptest\n");
        assertThat(local.hasMailbox(Mailbox.of("postmaster" + HOST))).isTrue();
    }

    @Test
    void mailForAPostmasterWhomNobodyMadeIsTheAliasUsersOwn() throws IOException {
        assertThat(machine.deliver("PostMaster" + HOST)).isEqualTo(new Delivered("did 1+0+0\n"));
        assertThat(TestingHome.messages(machine.home("alias").resolve("Maildir")))
                .hasSize(1);
        assertThat(machine.deliver("nobody" + HOST)).isInstanceOf(DeliveryResult.Bounced.class);
        assertThat(machine.deliver("ptest-postmaster" + HOST)).isInstanceOf(DeliveryResult.Bounced.class);
        machine.dotQmail("alias", ".qmail", "#\n");
        assertThat(machine.deliver("postmaster" + HOST)).isEqualTo(new Delivered("did 0+0+0\n"));
        machine.dotQmail("alias", ".qmail-postmaster", "&ptest\n");
        assertThat(machine.deliver("postmaster" + HOST).report()).isEqualTo("did 0+1+0\nqp 4711\n");
    }

    @Test
    void withoutAnyoneThePostmastersMailWaits() throws IOException {
        LocalDeliverer local = machine.deliverer(address -> Optional.empty());
        assertThat(local.deliver(new Delivery("d", "s@x", "postmaster" + HOST, new TestingMessage("S: t\n\n"))))
                .isEqualTo(new DeliveryResult.Deferred(
                        "There is no postmaster here: make an account of that name. (#4.2.1)\n"));
        assertThat(local.deliver(new Delivery("d", "s@x", "joe" + HOST, new TestingMessage("S: t\n\n"))))
                .isInstanceOf(DeliveryResult.Bounced.class);
    }

    @Test
    void aProgramThatReadsNothingOfALongMessageIsDone() throws IOException {
        machine.dotQmail("ptest", ".qmail", "|true\n|tail -c 5\n");
        assertThat(machine.deliver("a@b", "ptest" + HOST, "S: t\n\n" + "long line\n".repeat(100_000))
                        .report())
                .isEqualTo("line\ndid 0+0+2\n");
    }

    @Test
    void whatAProgramSaysIsCutAtThreeThousandOctets() throws IOException {
        DeliveryResult result = withLines("|yes 0123456789 | head -c 100000; exit 100\n");
        assertThat(result).isInstanceOf(Bounced.class);
        assertThat(result.report()).hasSize(2997).endsWith("\nError report too long, sorry.\n");
    }

    @Test
    void octetsOfAProgramsReportAndEnvironmentAreKept() throws IOException {
        machine.dotQmail("ptest", ".qmail-default", "|printf '%s\\377' \"$EXT\"\n");
        assertThat(machine.deliver("ptest-\u00e9" + HOST).report()).isEqualTo("\u00e9\u00ffdid 0+0+1\n");
    }

    @Test
    void aProgramThatCrashesIsTriedAgain() throws IOException {
        assertThat(withLines("|kill -9 $$\n")).isEqualTo(new Deferred("Aack, child crashed. (#4.3.0)\n"));
    }

    @Test
    void aProgramThatNeverEndsIsEnded() throws IOException {
        machine.programLimit(Duration.ofMillis(300));
        assertThat(withLines("|exec sleep 1000\n")).isInstanceOf(Deferred.class);
    }

    @Test
    void programsLeaveNoDescriptorOpen() throws IOException {
        withLines("|true\n");
        int before = Descriptor.open().size();
        for (int i = 0; i < 20; i++) {
            withLines("|true\n");
        }
        assertThat(Descriptor.open().size()).isLessThanOrEqualTo(before + 2);
    }

    @Test
    void forwardsAreQueuedTogetherBehindTheDeliveredToLine() throws IOException {
        assertThat(withLines("&a@x.example \nb@y.example\n./Maildir/\n"))
                .isEqualTo(new Delivered("did 1+2+0\nqp 4711\n"));
        assertThat(machine.queue.messages()).hasSize(1);
        assertThat(machine.queue.messages().getFirst().envelope())
                .isEqualTo(new Envelope("puser2" + HOST, List.of("a@x.example", "b@y.example")));
        assertThat(machine.queue.messages().getFirst().text())
                .isEqualTo("Delivered-To: ptest" + HOST + "\n" + TestingLocal.TEXT);
    }

    @Test
    void exit99SkipsTheLinesBelowButNotTheForwardsAbove() throws IOException {
        assertThat(withLines("&a@x.example\n|exit 99\n&b@x.example\n./Maildir/\n"))
                .isEqualTo(new Delivered("did 0+1+1\nqp 4711\n"));
        assertThat(maildir()).isEmpty();
        assertThat(machine.queue.messages().getFirst().envelope().recipients()).containsExactly("a@x.example");
    }

    @Test
    void aQueueThatRefusesDefersOrBouncesTheForward() throws IOException {
        machine.queue.refusing(53);
        assertThat(withLines("&a@x.example\n"))
                .isEqualTo(new Deferred("Unable to forward message: qq write error or disk full (#4.3.0).\n"));
        machine.queue.refusing(31);
        assertThat(withLines("&a@x.example\n"))
                .isEqualTo(
                        new Bounced("Unable to forward message: mail server permanently rejected message (#5.3.0).\n"));
        machine.queue.broken();
        assertThat(withLines("&a@x.example\n"))
                .isEqualTo(new Deferred("Unable to forward message: unable to exec qq (#4.3.0).\n"));
    }

    @Test
    void anOwnerFileTakesTheBouncesOfAForward() throws IOException {
        machine.dotQmail("ptest", ".qmail-list", "&a@x.example\n").dotQmail("ptest", ".qmail-list-owner", "");
        machine.deliver("ptest-list" + HOST);
        machine.dotQmail("ptest", ".qmail-list-owner-default", "");
        machine.deliver("ptest-list" + HOST);
        machine.deliver("", "ptest-list" + HOST, TestingLocal.TEXT);
        machine.deliver("#@[]", "ptest-list" + HOST, TestingLocal.TEXT);
        assertThat(machine.queue.messages())
                .extracting(m -> m.envelope().sender())
                .containsExactly("ptest-list-owner" + HOST, "ptest-list-owner-" + HOST + "-@[]", "", "#@[]");
    }

    /** dot-qmail(5): a file that its owner may execute. */
    @Test
    void anExecutableFileAllowsForwardsOnly() throws IOException {
        for (String line : List.of("|true\n", "./Maildir/\n", "./Mailbox\n")) {
            TestingHome.write(home.resolve(".qmail"), "&a@x.example\n" + line, "rwx------");
            assertThat(machine.deliver("ptest" + HOST))
                    .isEqualTo(new Deferred("Uh-oh: .qmail has " + (line.startsWith("|") ? "prog" : "file")
                            + " delivery but has x bit set. (#4.7.0)\n"));
        }
        assertThat(machine.queue.messages()).isEmpty();
        TestingHome.write(home.resolve(".qmail"), "# a list\n&a@x.example\n", "rwx------");
        assertThat(machine.deliver("ptest" + HOST).report()).startsWith("did 0+1+0\nqp ");
        // Nothing in it is the default delivery, which is no forward.
        TestingHome.write(home.resolve(".qmail"), "", "rwx------");
        assertThat(machine.deliver("ptest" + HOST)).isEqualTo(new Delivered("did 1+0+0\n"));
    }

    /** qmail-command(8), with an extension and a host that have more parts than there are variables. */
    @Test
    void theEnvironmentOfAProgram() throws IOException {
        machine.dotQmail("ptest", ".qmail-a-default", """
                |printf '%s\\n' "$LOCAL" "$HOST" "$HOST2" "$HOST3" "$HOST4" "$EXT" "$EXT2" "$EXT3" "$EXT4" "$DEFAULT"
                |printf '%s\\n' "$RECIPIENT" "$SENDER" "$NEWSENDER" "$USER" "$HOME" "$(pwd)" "$RPLINE$DTLINE"
                """)
                .dotQmail("ptest", ".qmail-a-b-C-d-e-owner".toLowerCase(java.util.Locale.ROOT), "#\n");
        assertThat(machine.deliver("s@x.example", "ptest-a-b-C-d-e@l.m.hoge.example.com", TestingLocal.TEXT)
                        .report())
                .isEqualTo("""
                        ptest-a-b-C-d-e
                        l.m.hoge.example.com
                        l.m.hoge.example
                        l.m.hoge
                        l.m
                        a-b-C-d-e
                        b-C-d-e
                        C-d-e
                        d-e
                        b-C-d-e
                        ptest-a-b-C-d-e@l.m.hoge.example.com
                        s@x.example
                        ptest-a-b-C-d-e-owner@l.m.hoge.example.com
                        ptest
                        %1$s
                        %1$s
                        Return-Path: <s@x.example>
                        Delivered-To: ptest-a-b-C-d-e@l.m.hoge.example.com

                        did 0+0+2
                        """.formatted(home));
    }

    @Test
    void plusListAllowsForwardsOnly() throws IOException {
        assertThat(withLines("+list\n&a@x.example\n+other\n")).isInstanceOf(Delivered.class);
        assertThat(withLines("+list\n|true\n"))
                .isEqualTo(new Deferred("Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)\n"));
    }

    @Test
    void aMaildirNamedTwiceGetsTwoCopiesAndStillNoThirdAtTheSecondAttempt() throws IOException {
        machine.dotQmail("ptest", ".qmail", "./Maildir/\n./Maildir/\n|test -f again\n");
        Delivery delivery = new Delivery("same", "a@b", "ptest" + HOST, new TestingMessage(TestingLocal.TEXT));
        assertThat(machine.deliverer().deliver(delivery)).isInstanceOf(Deferred.class);
        assertThat(maildir()).hasSize(2);
        TestingHome.write(home.resolve("again"), "", "rw-------");
        assertThat(machine.deliverer().deliver(delivery)).isEqualTo(new Delivered("did 2+0+1\n"));
        assertThat(maildir()).hasSize(2);
    }

    @Test
    void aFullDiskSaysSo() throws IOException {
        Disk full = new Disk() {
            @Override
            public Output create(Path file, int mode) throws IOException {
                throw new IOException("No space left on device");
            }

            @Override
            public void rename(Path from, Path to) {}

            @Override
            public void link(Path existing, Path added) {}

            @Override
            public void unlink(Path file) {}

            @Override
            public void syncDirectory(Path directory) {}

            @Override
            public void createDirectory(Path directory, int mode) {}

            @Override
            public Appended append(Path file) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        assertThat(machine.deliverer(full)
                        .deliver(new Delivery("1", "", "ptest" + HOST, new TestingMessage(TestingLocal.TEXT))))
                .isEqualTo(new Deferred("Temporary error on maildir delivery: out of disk space. (#4.3.0)\n"));
    }

    @Test
    void aMessageThatCannotBeReadIsTriedAgain() throws IOException {
        assertThat(machine.deliver("", "ptest" + HOST, TestingMessage.unreadableAfter("S: x\n")))
                .isEqualTo(new Deferred("Unable to read message: input/output error. (#4.3.0)\n"));
        assertThat(machine.deliver("", "ptest" + HOST, TestingMessage.unreadableAfter("S: x\n\nbody")))
                .isEqualTo(new Deferred("Unable to read message. (#4.3.0)\n"));
        assertThat(maildir()).isEmpty();
        machine.dotQmail("ptest", ".qmail", "./Mailbox\n");
        assertThat(machine.deliver("", "ptest" + HOST, TestingMessage.unreadableAfter("S: x\n\nbody")))
                .isEqualTo(new Deferred("Unable to read message: input/output error. (#4.3.0)\n"));
        assertThat(home.resolve("Mailbox")).isEmptyFile();
    }

    @Test
    void aHomeThatOthersMayWriteToOrIsBeingEditedWaits() throws IOException {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xrwx"));
        assertThat(machine.deliver("ptest" + HOST))
                .isEqualTo(new Deferred("Uh-oh: home directory is writable. (#4.7.0)\n"));
        Files.setAttribute(home, "unix:mode", 01755);
        assertThat(machine.deliver("ptest" + HOST))
                .isEqualTo(new Deferred("Home directory is sticky: user is editing his .qmail file. (#4.2.1)\n"));
        Files.setAttribute(home, "unix:mode", 0);
        if (TestingHome.ROOT) {
            assertThat(machine.deliver("ptest" + HOST))
                    .isEqualTo(new Deferred("Unable to switch to " + home + ": access denied. (#4.3.0)\n"));
        }
        Files.setAttribute(home, "unix:mode", 0755);
    }

    @Test
    void aQmailFileThatTheUserCannotReadWaits() throws IOException {
        if (TestingHome.ROOT) {
            TestingHome.write(home.resolve(".qmail"), "./Maildir/\n", "---------");
            assertThat(machine.deliver("ptest" + HOST))
                    .isEqualTo(new Deferred("Unable to open .qmail: access denied. (#4.3.0)\n"));
        }
        Files.deleteIfExists(home.resolve(".qmail"));
        assertThat(withLines("x".repeat(1 << 20) + "\n").report()).startsWith("Uh-oh: .qmail is longer than");
    }

    @Test
    void aDirectoryIsNoQmailFile() throws IOException {
        Files.createDirectory(home.resolve(".qmail-foo"));
        machine.dotQmail("ptest", ".qmail-default", "#\n");
        assertThat(machine.deliver("ptest-foo" + HOST)).isEqualTo(new Delivered("did 0+0+0\n"));
    }

    @Test
    void noExtensionCanLeaveTheHomeDirectory() throws IOException {
        Files.createDirectories(home.resolve(".qmail-a"));
        machine.dotQmail("alias", ".qmail", "./Maildir/\n");
        for (String local : List.of("ptest-../alias/.qmail", "ptest-a/../../alias/.qmail", "ptest-a\0b")) {
            assertThat(machine.deliver(local + HOST))
                    .as(local)
                    .isEqualTo(new Bounced("Sorry, no mailbox here by that name. (#5.1.1)\n"));
        }
    }

    @Test
    void aFileEndingInDefaultStandsForItselfToo() throws IOException {
        machine.dotQmail("ptest", ".qmail-a-default", "|echo \"[$DEFAULT]\"\n");
        assertThat(machine.deliver("ptest-a-default" + HOST).report()).startsWith("[default]\n");
        assertThat(machine.deliver("ptest-a-B.C" + HOST).report()).startsWith("[B.C]\n");
        assertThat(machine.deliver("ptest-a-" + HOST).report()).startsWith("[]\n");
    }

    @Test
    void rootAndNobodyAreNoUsers() throws IOException {
        Delivery delivery = new Delivery("1", "", "ptest" + HOST, new TestingMessage("x\n"));
        LocalSettings settings = LocalSettings.of("./Maildir/");
        assertThat(new LocalDeliverer(
                                local -> Optional.of(new Home("root", 0, 0, home, "", "", true)),
                                settings,
                                org.postern.chain.Env.empty(),
                                Disk.real(),
                                "vm",
                                who -> machine.queue,
                                java.time.InstantSource.system())
                        .deliver(delivery))
                .isEqualTo(new Deferred("Not allowed to perform deliveries as root.\n"));
        assertThat(machine.deliver("", HOST, "x\n")).isEqualTo(new Delivered(""));
        machine.accounts.remove("alias");
        assertThat(machine.deliver("nosuch" + HOST)).isEqualTo(new Deferred("Unable to find alias user!\n"));
    }

    @Test
    void anMboxThatSomebodyHasLockedWaits() throws IOException {
        machine.lockLimit(Duration.ofSeconds(1));
        Path mailbox = TestingHome.write(home.resolve("Mailbox"), "", "rw-------");
        try (FileChannel other = FileChannel.open(mailbox, StandardOpenOption.WRITE)) {
            assertThat(other.lock()).isNotNull();
            assertThat(withLines("./Mailbox\n"))
                    .isEqualTo(new Deferred("File has been locked for 1 seconds straight. (#4.3.0)\n"));
        }
        assertThat(withLines("./Mailbox\n")).isEqualTo(new Delivered("did 1+0+0\n"));
    }

    @Test
    void anMboxThatIsNoFileIsRefused() throws IOException {
        assertThat(withLines("/dev/null\n"))
                .isEqualTo(new Deferred("Unable to open /dev/null: not a regular file. (#4.2.1)\n"));
    }

    @Test
    void theFromLineHasNoBlankOfTheSender() throws IOException {
        machine.dotQmail("ptest", ".qmail", "./Mailbox\n");
        machine.deliver("a b\tc\nd@x", "ptest" + HOST, "x\n");
        machine.deliver("", "ptest" + HOST, "x\n");
        assertThat(Octets.of(Files.readAllBytes(home.resolve("Mailbox"))))
                .startsWith("From a-b-c-d@x Tue Nov 24 02:17:57 2026\n"
                        + "Return-Path: <\"a b\tc\\_d\"@x>\nDelivered-To: ptest@hoge.example.com\nx\n\n"
                        + "From MAILER-DAEMON Tue Nov 24 02:17:57 2026\nReturn-Path: <>\n");
    }
}
