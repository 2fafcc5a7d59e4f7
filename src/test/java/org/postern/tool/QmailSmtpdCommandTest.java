package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool.Exit;
import org.postern.os.Octets;
import org.postern.queue.TestingIntake;
import org.postern.tcp.TestingWire;

class QmailSmtpdCommandTest {
    private static final String MESSAGE =
            "HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<joe@hoge.example.com>\r\n" + "DATA\r\nx\r\n.\r\nQUIT\r\n";

    @TempDir
    private Path home;

    private final TestingIntake intake = TestingIntake.numbering();
    private final QmailSmtpd tool = new QmailSmtpd(home -> intake, call -> mailbox -> false, InstantSource.system());

    @BeforeEach
    void aSite() throws IOException {
        Files.createDirectory(home.resolve("control"));
        control("me", "hoge.example.com\n");
        control("rcpthosts", "hoge.example.com\n");
    }

    private void control(String name, String content) throws IOException {
        Files.writeString(home.resolve("control").resolve(name), content);
    }

    private TestingCall call(String input) {
        return TestingCall.stdin(input).env("QMAILHOME", home.toString());
    }

    @Test
    void quitIsExitZeroAndNothingIsLogged() throws IOException {
        TestingCall call = call("QUIT\r\n");
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(0));
        assertThat(call.stdout()).isEqualTo("220 hoge.example.com ESMTP\r\n221 hoge.example.com\r\n");
        assertThat(call.stderr()).isEmpty();
    }

    @Test
    void aClientThatClosesOrIsSilentIsExitOne() throws IOException {
        assertThat(call("NOOP\r\n").run(tool, "qmail-smtpd")).isEqualTo(Exit.code(1));
        TestingCall silent =
                TestingCall.wire(TestingWire.hangingAfter("NOOP\r\n")).env("QMAILHOME", home.toString());
        assertThat(silent.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(1));
        assertThat(silent.stdout()).endsWith("451 timeout (#4.4.2)\r\n");
    }

    @Test
    void whoHasRelayclientSendsTheSitesOwn() throws IOException {
        call(MESSAGE).run(tool, "qmail-smtpd");
        call(MESSAGE).env("RELAYCLIENT", "").run(tool, "qmail-smtpd");
        assertThat(intake.messages())
                .extracting(TestingIntake.Message::ofClient)
                .containsExactly(false, true);
    }

    @Test
    void argumentsAreIgnoredAsTheOriginalDoes() throws IOException {
        assertThat(call("QUIT\r\n").run(tool, "qmail-smtpd", "some", "thing")).isEqualTo(Exit.code(0));
    }

    @Test
    void theHomeMayBeRelativeToTheWorkingDirectory() throws IOException {
        TestingCall call = TestingCall.stdin("QUIT\r\n")
                .cwd(home.getParent())
                .env("QMAILHOME", home.getFileName().toString());
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(0));
    }

    @Test
    void controlsThatCannotBeReadAre421AndTheLogNamesTheFile() throws IOException {
        Files.createDirectory(home.resolve("control/badmailfrom"));
        TestingCall call = call("QUIT\r\n");
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(1));
        assertThat(call.stdout()).isEqualTo("421 unable to read controls (#4.3.0)\r\n");
        assertThat(call.stderr())
                .isEqualTo("alert: qmail-smtpd: unable to read controls: " + home
                        + "/control/badmailfrom: is a directory\n");
    }

    @Test
    void aHostWithoutANameIs421AndTheLogSaysWhatToDo() throws IOException {
        Files.delete(home.resolve("control/me"));
        TestingCall call = call("QUIT\r\n");
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(1));
        assertThat(call.stderr())
                .isEqualTo("alert: qmail-smtpd: unable to read controls: " + home
                        + "/control/me: there is no such file; put this host's name into it\n");
    }

    @Test
    void missingRcpthostsAreAnAlertAtEachStart() throws IOException {
        Files.delete(home.resolve("control/rcpthosts"));
        TestingCall call = call(MESSAGE);
        call.run(tool, "qmail-smtpd");
        assertThat(call.stdout()).contains("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)\r\n");
        assertThat(call.stderr())
                .isEqualTo("alert: qmail-smtpd: " + home + "/control/rcpthosts: there is no such file, so mail is taken"
                        + " from clients with RELAYCLIENT alone; put the domains of this host into it\n");
    }

    @Test
    void aCutCdbEndsTheSessionAndIsLogged() throws IOException {
        control("morercpthosts.cdb", "cut");
        TestingCall call = call(MESSAGE.replace("hoge", "more"));
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(1));
        assertThat(call.stdout()).endsWith("250 ok\r\n421 unable to read controls (#4.3.0)\r\n");
        assertThat(call.stderr())
                .startsWith("alert: qmail-smtpd: unable to read controls: " + home + "/control/morercpthosts.cdb: ")
                .endsWith("; make it again with qmail-newmrh\n");
    }

    @Test
    void messagesGoToOurQueue() throws IOException {
        TestingCall call = call(MESSAGE);
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(0));
        assertThat(intake.messages()).hasSize(1);
    }

    @Test
    void orToTheProgramThatQmailqueueNamesFromTheHome() throws IOException {
        Files.writeString(
                home.resolve("qq"), "#!/bin/sh\ncat >message; cat <&1 >envelope; echo \"$MARK\" >mark; pwd >pwd\n");
        Files.setPosixFilePermissions(home.resolve("qq"), PosixFilePermissions.fromString("rwxr-xr-x"));
        TestingCall call =
                call(MESSAGE).env("QMAILQUEUE", "qq").env("MARK", "\u00e9").env("TCPREMOTEIP", "192.0.2.7");
        assertThat(call.run(tool, "qmail-smtpd")).isEqualTo(Exit.code(0));
        assertThat(call.stdout()).containsPattern("\r\n250 ok [0-9]+ qp [0-9]+\r\n221 ");
        assertThat(read("message")).startsWith("Received: from unknown (HELO c) (192.0.2.7)\n  by unknown with SMTP; ");
        assertThat(read("envelope")).isEqualTo("Fa@b.example\0Tjoe@hoge.example.com\0\0");
        assertThat(read("mark")).isEqualTo("\u00e9\n");
        assertThat(read("pwd")).isEqualTo(home + "\n");
        assertThat(intake.messages()).isEmpty();
    }

    private String read(String name) throws IOException {
        return Octets.of(Files.readAllBytes(home.resolve(name)));
    }
}
