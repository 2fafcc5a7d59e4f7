package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.os.OsException;

class SendmailCommandTest {
    @TempDir
    private Path home;

    private final List<String> ran = new ArrayList<>();
    private TestingCall call;

    private final Sendmail sendmail = new Sendmail(name -> Optional.of(c -> {
        ran.add(name + " " + String.join(" ", c.args().arguments()));
        return Tool.Exit.code(7);
    }));

    private Tool.Exit run(String... args) throws IOException {
        call = TestingCall.stdin("")
                .env("QMAILHOME", home.toString())
                .env("LOGNAME", "caller")
                .env("NAME", "Caller")
                .env("MAILHOST", "h.x");
        return call.run(sendmail, args);
    }

    private Tool.Exit.Exec becomes(String arguments) throws IOException {
        String line = "sendmail " + arguments;
        Tool.Exit exit = run(line.strip().split(" ", -1));
        assertThat(exit).as("%s", call.stderr()).isInstanceOf(Tool.Exit.Exec.class);
        return (Tool.Exit.Exec) exit;
    }

    /** What callers of /usr/sbin/sendmail say, and what qmail-inject gets of it. */
    @ParameterizedTest
    @CsvSource({
        // PHP's mail(), and with an additional parameter
        "-t -i, -H --",
        "-t -i -fwww@x.y, -H -f www@x.y --",
        // Debian's cron, cronie
        "-i -FCronDaemon -B8BITMIME -oem root, -a -- root",
        "-FCronDaemon -i -odi -oem -oi -t -f root, -H -f root --",
        // mutt, with dsn_notify and dsn_return
        "-oem -oi -f me@x.y -N failure -R hdrs -B 8BITMIME -- a@x.y b@x.y, -a -f me@x.y -- a@x.y b@x.y",
        // mailx
        "-i -r me@x.y a@x.y, -a -f me@x.y -- a@x.y",
        "-i -m -v a@x.y, -a -- a@x.y",
        // git send-email, mdadm, logwatch
        "-i a@x.y, -a -- a@x.y",
        "-t, -H --",
        // run together, values apart, an optional value, a mode that says nothing
        "-tiv -em -p proto -J99 -bm -x a@x.y -t, -H -- a@x.y -t",
        "-f <> a@x.y, -a -f  -- a@x.y",
        "'', -a --",
    })
    void itBecomesQmailInject(String arguments, String inject) throws IOException {
        Tool.Exit.Exec exec = becomes(arguments);
        assertThat(String.join(" ", exec.argv().values())).isEqualTo(home + "/bin/qmail-inject " + inject);
        assertThat(exec.cwd()).isEqualTo(home);
    }

    private static Map<String, String> changed(Tool.Exit.Exec exec) {
        Map<String, String> env = TestingCall.variables(exec.env());
        env.remove("QMAILHOME");
        env.remove("LOGNAME", "caller");
        return env;
    }

    @Test
    void theSenderIsTheAuthor() throws IOException {
        assertThat(changed(becomes("-i a@x.y"))).isEqualTo(Map.of("NAME", "Caller", "MAILHOST", "h.x"));
        assertThat(changed(becomes("-f me@sub@x.y"))).isEqualTo(Map.of("QMAILUSER", "me@sub", "QMAILHOST", "x.y"));
        assertThat(changed(becomes("-f root"))).isEqualTo(Map.of("QMAILUSER", "root"));
        assertThat(changed(becomes("-FName -f root"))).isEqualTo(Map.of("QMAILUSER", "root", "MAILNAME", "Name"));
        assertThat(changed(becomes("-FName"))).containsEntry("MAILNAME", "Name").containsEntry("MAILHOST", "h.x");
        assertThat(changed(becomes("-f <>"))).isEqualTo(Map.of("NAME", "Caller", "MAILHOST", "h.x"));
    }

    @Test
    void whatTheSenderWantsToHearIsInTheEnvironment() throws IOException {
        assertThat(changed(becomes("-N delay,success -R hdrs -V id+20 a@x.y")))
                .containsEntry("QMAILNOTIFY", "SUCCESS,DELAY")
                .containsEntry("QMAILRET", "HDRS")
                .containsEntry("QMAILENVID", "id+20");
        assertThat(changed(becomes("-Nnever a@x.y"))).containsEntry("QMAILNOTIFY", "NEVER");
    }

    @Test
    void whoHasNoNameInTheEnvironmentIsTheAccount() throws IOException {
        // Debian's cron: it hands on what a service of the system has.
        call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        Tool.Exit.Exec exec = (Tool.Exit.Exec) call.run(sendmail, "sendmail", "-FCronDaemon", "-i", "root");
        assertThat(changed(exec)).isEqualTo(Map.of("LOGNAME", "root", "MAILNAME", "CronDaemon"));
        call.env("MAILUSER", "me");
        assertThat(changed((Tool.Exit.Exec) call.run(sendmail, "sendmail", "-i", "root")))
                .isEqualTo(Map.of("MAILUSER", "me"));
    }

    @Test
    void bsBecomesAnSmtpServerForThisHost() throws IOException {
        Tool.Exit.Exec exec = becomes("-bs");
        assertThat(exec.argv().values()).containsExactly(home + "/bin/qmail-smtpd");
        assertThat(changed(exec))
                .containsEntry("RELAYCLIENT", "")
                .containsEntry("TCPREMOTEIP", "127.0.0.1")
                .containsEntry("TCPREMOTEINFO", "sendmail-bs");
        // Under a tcpserver that has decided about the client.
        call = TestingCall.stdin("").env("QMAILHOME", home.toString()).env("PROTO", "TCP");
        assertThat(((Tool.Exit.Exec) call.run(sendmail, "sendmail", "-bs"))
                        .env()
                        .has("RELAYCLIENT"))
                .isFalse();
    }

    @Test
    void theQueueIsListed() throws IOException {
        assertThat(becomes("-bp").argv().values()).containsExactly(home + "/bin/qmail-qread");
        assertThat(((Tool.Exit.Exec) run("/usr/bin/mailq")).argv().values()).containsExactly(home + "/bin/qmail-qread");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-bd", "-bi", "-bt", "-bv", "-b", "-q", "-d", "-C x", "-Z", "-f", "-N always", "-R all", "-V a=b"
            })
    void theRestIsRefused(String arguments) throws IOException {
        assertThat(run(("sendmail " + arguments).split(" ", -1))).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).startsWith("sendmail: usage: sendmail [ -t ]");
    }

    @Test
    void newaliasesIsAnotherProgram() throws IOException {
        assertThat(run("/usr/bin/newaliases")).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).isEqualTo("sendmail: fatal: please use fastforward/newaliases instead\n");
    }

    @Test
    void withoutAProgramInTheQmailDirectoryOursIsMeant() throws IOException {
        Tool.Exit.Exec exec = becomes("-t");
        assertThat(exec.otherwise().exit(new NoSuchFileException("x"))).isEqualTo(Tool.Exit.code(7));
        assertThat(ran).containsExactly("qmail-inject -H --");
        assertThat(exec.otherwise().exit(new OsException("exec", Errno.EACCES.number())))
                .isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).isEqualTo("sendmail: fatal: unable to run qmail-inject: access denied\n");
    }

    @Test
    void withoutAQmailDirectoryItIs111() throws IOException {
        call = TestingCall.stdin("").env("QMAILHOME", home + "/none");
        assertThat(call.run(sendmail, "sendmail")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).isEqualTo("sendmail: fatal: unable to switch to qmail home directory\n");
    }
}
