package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.maildir.Maildir;

class QmailPop3dCommandTest {
    @TempDir
    Path home;

    @Test
    void withoutArgumentThereIsNoMaildir() throws IOException {
        TestingCall call = TestingCall.stdin("");
        assertThat(call.run(new QmailPop3d(), "qmail-pop3d")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("-ERR this user has no $HOME/Maildir\r\n");
        assertThat(call.stderr()).isEmpty();
    }

    @Test
    void emptyArgumentIsNotTheWorkingDirectory() throws IOException {
        Maildir.make(home.resolve("Maildir"));
        TestingCall call = TestingCall.stdin("QUIT\r\n").cwd(home.resolve("Maildir"));
        assertThat(call.run(new QmailPop3d(), "qmail-pop3d", "")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("-ERR this user has no $HOME/Maildir\r\n");
    }

    @Test
    void maildirIsTakenFromTheWorkingDirectory() throws IOException {
        Maildir.make(home.resolve("Maildir"));
        TestingCall call = TestingCall.stdin("STAT\r\nQUIT\r\n").cwd(home);
        assertThat(call.run(new QmailPop3d(), "qmail-pop3d", "./Maildir/")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("+OK \r\n+OK 0 0\r\n+OK \r\n");
        assertThat(call.stderr()).isEmpty();
    }

    @Test
    void missingMaildirIsToldAndLogged() throws IOException {
        TestingCall call = TestingCall.stdin("QUIT\r\n").cwd(home);
        assertThat(call.run(new QmailPop3d(), "qmail-pop3d", "Maildir")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("-ERR this user has no $HOME/Maildir\r\n");
        assertThat(call.stderr())
                .isEqualTo("qmail-pop3d[4711]: warning: unable to open Maildir: file does not exist\n");
    }

    @Test
    void directoryThatIsNoMaildirIsToldAndLogged() throws IOException {
        Files.createDirectory(home.resolve("Maildir"));
        TestingCall call = TestingCall.stdin("QUIT\r\n").cwd(home);
        assertThat(call.run(new QmailPop3d(), "qmail-pop3d", "Maildir")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout()).isEqualTo("-ERR unable to scan $HOME/Maildir\r\n");
        assertThat(call.stderr())
                .isEqualTo("qmail-pop3d[4711]: warning: unable to scan Maildir: file does not exist\n");
    }
}
