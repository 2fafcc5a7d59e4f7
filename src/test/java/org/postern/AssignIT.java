package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.ThisProcess;

/** users/assign, qmail-newu, qmail-send, qmail-smtpd as real processes. */
class AssignIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    /** No account of the system has it. */
    private static final int FREE_UID = 31_337;

    @TempDir
    private Path directory;

    private int uid;
    private int gid;

    /** A home with a Maildir, of a user that only users/assign knows; where this is not root, of this process's. */
    private Path home(String name) throws IOException {
        boolean root = ThisProcess.identity().isRoot();
        uid = root ? FREE_UID : ThisProcess.identity().uid();
        gid = root ? FREE_UID + 1 : ThisProcess.identity().gid();
        Path home = Files.createDirectories(directory.resolve("assigned").resolve(name));
        TestingPrograms.succeed(
                TestingSite.link("maildirmake"), home.resolve("Maildir").toString());
        if (root) {
            TestingPrograms.succeed("chown", "-R", uid + ":" + gid, home.toString());
        }
        return home;
    }

    private void assign(TestingSite site, String... lines) throws IOException {
        Path users = Files.createDirectories(directory.resolve("qmail/users"));
        Files.writeString(users.resolve("assign"), String.join("\n", lines) + "\n.\n");
        assertThat(site.run("", TestingSite.link("qmail-newu"))).isEqualTo(new TestingPrograms.Outcome(0, ""));
    }

    private String line(String address, String user, Path home, String dashAndExtension) {
        return address + ":" + user + ":" + uid + ":" + gid + ":" + home + ":" + dashAndExtension + ":";
    }

    private static void send(TestingSite site, String recipient) throws IOException {
        assertThat(site.run(
                        "Subject: to " + recipient + "\n\nx\n",
                        TestingSite.link("sendmail"),
                        "-fjoe@" + TestingSite.ME,
                        recipient))
                .isEqualTo(new TestingPrograms.Outcome(0, ""));
    }

    private static List<Path> arrived(Path home, String subject) throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("Maildir/new"))) {
            return files.filter(file -> contains(file, "Subject: " + subject + "\n"))
                    .toList();
        }
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void mailGoesToTheAssignedHomeUnderItsUid() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path account = site.account("joe");
            Path sales = home("sales");
            assign(
                    site,
                    line("=Sales", "shop", sales, ":"),
                    line("+sales-", "shop", sales, "-:"),
                    line("=joe", "shop", sales, "-:joe"));
            Files.writeString(
                    sales.resolve(".qmail-default"),
                    "|echo \"$USER $HOME $LOCAL $EXT `id -u`:`id -G`\" > ran; exit 0\n");
            Files.setPosixFilePermissions(
                    sales.resolve(".qmail-default"), PosixFilePermissions.fromString("rw-r--r--"));
            Files.writeString(sales.resolve(".qmail-joe"), "./Maildir/\n");
            site.control("virtualdomains", "shop.example:sales\nsales@one.example:sales\n");
            TestingSite.Server server = site.send();

            send(site, "sales@" + TestingSite.ME);
            await().atMost(LIMIT)
                    .until(() -> arrived(sales, "to sales@" + TestingSite.ME).size() == 1);
            Path message = arrived(sales, "to sales@" + TestingSite.ME).getFirst();
            assertThat(Files.getAttribute(message, "unix:uid")).isEqualTo(uid);
            assertThat(Files.getAttribute(message, "unix:gid")).isEqualTo(gid);

            // What virtualdomains puts before an address is assigned, too; programs run as that user.
            send(site, "Info@shop.example");
            await().atMost(LIMIT)
                    .until(() -> Files.exists(sales.resolve("ran")) && Files.size(sales.resolve("ran")) > 0);
            assertThat(sales.resolve("ran")).hasContent("shop " + sales + " sales-Info Info " + uid + ":" + gid);

            // assign comes before accounts.
            send(site, "joe@" + TestingSite.ME);
            await().atMost(LIMIT)
                    .until(() -> arrived(sales, "to joe@" + TestingSite.ME).size() == 1);

            // A running qmail-send goes by the new file; accounts count for what is not in it.
            assign(site, line("=sales", "shop", sales, ":"));
            send(site, "joe@" + TestingSite.ME);
            await().atMost(LIMIT)
                    .until(() -> arrived(account, "to joe@" + TestingSite.ME).size() == 1);

            // Half a file: mail waits, and the log says what to do.
            Path cdb = directory.resolve("qmail/users/cdb");
            Files.writeString(cdb, "cut");
            send(site, "sales@" + TestingSite.ME);
            await().atMost(LIMIT)
                    .until(() -> server.log().contains("deferral: Trouble_reading_" + cdb + ":_protocol_error_")
                            && server.log().contains(";_make_it_again_with_qmail-newu._(#4.3.0)"));
        }
    }

    @Test
    void qmailSmtpdKnowsAssignedUsersWithAPercentSign() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path odd = home("odd");
            assign(site, line("=a%b", "odd", odd, ":"), line("=v-c!d", "odd", odd, ":"), line("+x%", "odd", odd, "-:"));
            site.control("rcpthosts", TestingSite.ME + "\nvirtual.example\nrelayed.example\nhack.example\n");
            site.control("virtualdomains", "virtual.example:v\n");
            site.control("percenthack", "hack.example\n");
            int port = site.smtp().port();
            try (TestingClient smtp = new TestingClient("127.0.0.9", "127.0.0.1", port)) {
                smtp.say("HELO client.example");
                smtp.say("MAIL FROM:<s@elsewhere.example>");
                String refused = "553 sorry, I don't relay by %, ! or @ in the local part (#5.7.1)";
                assertThat(smtp.say("RCPT TO:<A%b@" + TestingSite.ME + ">")).isEqualTo("250 ok");
                assertThat(smtp.say("RCPT TO:<c!d@virtual.example>")).isEqualTo("250 ok");
                // Undone by percenthack, it is a user here all the same.
                assertThat(smtp.say("RCPT TO:<a%b%" + TestingSite.ME + "@hack.example>"))
                        .isEqualTo("250 ok");
                assertThat(smtp.say("RCPT TO:<a%elsewhere.example@hack.example>"))
                        .isEqualTo(refused);
                assertThat(smtp.say("RCPT TO:<c!d@" + TestingSite.ME + ">")).isEqualTo(refused);
                // An extension is not the user's own address, and another host's is nobody's here.
                assertThat(smtp.say("RCPT TO:<x%y@" + TestingSite.ME + ">")).isEqualTo(refused);
                assertThat(smtp.say("RCPT TO:<a%b@relayed.example>")).isEqualTo(refused);
            }
        }
    }
}
