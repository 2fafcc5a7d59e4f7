package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.local.AccountHomes;
import org.postern.local.TestingHome;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.TestingMessage;
import org.postern.os.Octets;
import org.postern.os.ThisProcess;
import org.postern.queue.TestingQueue;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

class SystemPartsTest {
    @TempDir
    private Path dir;

    private final List<String> log = new ArrayList<>();
    private AccountHomes.Account joe;
    private TestingQueue queue;

    @BeforeEach
    void machine() throws IOException {
        joe = TestingHome.account(dir, "joe");
        Files.writeString(
                dir.resolve("users"),
                "joe@me.example:{PLAIN}x:" + joe.uid() + ":" + joe.gid() + "::" + joe.directory() + ":\n");
        Files.setPosixFilePermissions(dir.resolve("users"), PosixFilePermissions.fromString("rw-------"));
        Path qmail = Files.createDirectory(dir.resolve("qmail"));
        Files.setPosixFilePermissions(qmail, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectory(qmail.resolve("control"));
        Files.writeString(qmail.resolve("control/me"), "me.example\n");
        queue = new TestingQueue(qmail.resolve("postern-queue"), Disk.real());
        queue.open().close();
    }

    private DeliveryResult deliver(String recipient) throws IOException {
        Tool.Invocation call = new Tool.Invocation(
                Args.of("qmail-send"),
                Env.empty().with("QMAILHOME", Octets.of(dir.resolve("qmail"))),
                dir,
                ThisProcess.identity(),
                new Descriptors(new Connection(TestingWire.sending()), log::add, Map.of()),
                4711);
        return new SystemParts(dir.resolve("users"))
                .deliverers(call, "./Maildir/", log::add)
                .local()
                .deliver(new Delivery("d.0", "s@x.example", recipient, new TestingMessage("S: t\n\nbody\n")));
    }

    @Test
    void whoCanLogInGetsMail() throws IOException {
        assertThat(deliver("joe@me.example")).isEqualTo(new DeliveryResult.Delivered("did 1+0+0\n"));
        assertThat(TestingHome.messages(joe.directory().resolve("Maildir"))).hasSize(1);
    }

    @Test
    void whatAUserForwardsIsHisInTheDrop() throws IOException {
        TestingHome.write(joe.directory().resolve(".qmail"), "&other@far.example\n", "rw-r--r--");
        assertThat(deliver("joe@me.example").report())
                .endsWith("did 0+1+0\nqp " + queue.names("drop").getFirst().replaceAll("-.*", "") + "\n");
        Path dropped =
                dir.resolve("qmail/postern-queue/drop/" + queue.names("drop").getFirst());
        assertThat(Files.getAttribute(dropped, "unix:uid")).isEqualTo(joe.uid());
    }

    @Test
    void aPostmasterWhomNobodyMadeIsWarnedOf() throws IOException {
        deliver("joe@me.example");
        assertThat(log)
                .containsExactly(
                        "warning: mail for postmaster@me.example is the user alias's own, and waits where there is"
                                + " no such user: make ~alias/.qmail-postmaster, or an account postmaster");
        log.clear();
        Files.writeString(
                dir.resolve("users"),
                "postmaster:{PLAIN}x:" + joe.uid() + ":" + joe.gid() + "::" + joe.directory() + ":\n");
        deliver("postmaster@me.example");
        assertThat(log).isEmpty();
    }
}
