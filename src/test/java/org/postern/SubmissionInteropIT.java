package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;

/** Ports 587, 465 and 25 of {@code postern serve}, and who may log in there, by the clients that people have. */
@Timeout(180)
class SubmissionInteropIT {
    private static final String TEXT = "From: joe@local.example\nSubject: test\n\n";

    /** Python's own client: arguments are port, implicit or not, mechanism, mark. */
    private static final String PYTHON = """
            import smtplib, ssl, sys
            port, way, mechanism, mark = sys.argv[1:]
            context = ssl._create_unverified_context()
            if way == 'tls':
                s = smtplib.SMTP_SSL('127.0.0.1', int(port), context=context)
            else:
                s = smtplib.SMTP('127.0.0.1', int(port))
                s.starttls(context=context)
            s.ehlo()
            s.user, s.password = 'joe', 'secret'
            s.auth(mechanism, getattr(s, 'auth_' + mechanism.lower()))
            try:
                s.sendmail('other@local.example', ['joe@local.example'], 'x')
                sys.exit('anybody may be the sender')
            except smtplib.SMTPSenderRefused as e:
                assert e.smtp_code == 550, e
            s.rset()
            s.sendmail('joe@local.example', ['joe@local.example', 'x@far.example'], 'Subject: x\\r\\n\\r\\n' + mark + '\\r\\n')
            s.quit()
            """;

    @TempDir
    private Path directory;

    private TestingMailSite site;

    @BeforeEach
    void start() throws IOException {
        site = new TestingMailSite(directory, """
                [pop3d]
                listen = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                rcpthosts = "local.example"
                auth = true
                [submission]
                listen = "127.0.0.1:0"
                listen_tls = "127.0.0.1:0"
                """);
    }

    @AfterEach
    void stop() throws IOException {
        site.close();
    }

    private static void succeeded(Outcome outcome) {
        assertThat(outcome.exit()).as(outcome.output()).isZero();
    }

    /** What a message must look like that a user of these clients has sent. */
    private void isSubmitted(String mark) {
        assertThat(site.delivered(mark))
                .containsPattern("\\(joe@127\\.0\\.0\\.1\\)\\R  by \\S+ with ESMTPSA \\(TLSv1\\.3 TLS_\\w+\\); ")
                .containsPattern("\nDate: ")
                .containsPattern("\nMessage-I[Dd]: <");
    }

    @Test
    void swaksAndPythonLogInByEachMechanismOnEachPort() throws IOException {
        for (String way : List.of("--tls", "--tls-on-connect")) {
            String port = site.port(way.equals("--tls") ? "submission" : "submissions");
            for (String mechanism : List.of("PLAIN", "LOGIN")) {
                String mark = "swaks " + way + mechanism + "\n";
                succeeded(swaks(port, way, "--auth", mechanism, "--body", mark));
                isSubmitted(mark);
                String python = "python " + way + mechanism;
                succeeded(TestingMailSite.run(
                        "", "python3", "-c", PYTHON, port, way.equals("--tls") ? "" : "tls", mechanism, python));
                isSubmitted(python);
            }
        }
        assertThat(site.serve().log())
                .contains(": login user=joe ip=127.0.0.1\n")
                .doesNotContain("secret");
    }

    @Test
    void curlAndMsmtpDoToo() throws IOException {
        for (String url : List.of(
                "smtp://127.0.0.1:" + site.port("submission"), "smtps://127.0.0.1:" + site.port("submissions"))) {
            String mark = "curl " + url;
            succeeded(TestingMailSite.run(
                    TEXT + mark + "\n",
                    "curl",
                    "-sS",
                    "-k",
                    "--ssl-reqd",
                    "--crlf",
                    "-u",
                    "joe:secret",
                    "--mail-from",
                    "joe@local.example",
                    "--mail-rcpt",
                    "joe@local.example",
                    "-T",
                    "-",
                    url));
            isSubmitted(mark);
        }
        for (String mechanism : List.of("plain", "login")) {
            succeeded(TestingMailSite.run(
                    TEXT + "msmtp " + mechanism + "\n",
                    "msmtp",
                    "--host=127.0.0.1",
                    "--port=" + site.port("submission"),
                    "--tls=on",
                    "--tls-certcheck=off",
                    "--auth=" + mechanism,
                    "--user=joe",
                    "--passwordeval=echo secret",
                    "--from=joe@local.example",
                    "joe@local.example"));
            isSubmitted("msmtp " + mechanism);
        }
    }

    @Test
    void whoHasNotLoggedInSendsNothingThere() throws IOException {
        String port = site.port("submission");
        assertThat(swaks(port, "--to", "joe@local.example").output()).contains("<** 530 5.7.0 say STARTTLS first");
        assertThat(swaks(port, "--tls").output())
                .contains("<~* 530 5.7.0 log in first")
                .containsPattern("250 AUTH PLAIN LOGIN");
        Outcome wrong = swaks(port, "--tls", "--auth", "LOGIN", "--auth-password", "wrong");
        assertThat(wrong.output()).contains("<~* 535 5.7.8 user or password is wrong");
        Outcome unknown = swaks(port, "--tls", "--auth", "PLAIN", "--auth-user", "ann");
        assertThat(unknown.output()).contains("<~* 535 5.7.8 user or password is wrong");
        // Nor does anybody who knows a password say it in clear.
        assertThat(swaks(port, "--auth").output())
                .doesNotContain("AUTH PLAIN")
                .contains("*** Host did not advertise authentication");
        site.serve().awaitLog(": login refused user=ann ip=127.0.0.1: no such account");
        assertThat(site.serve().log())
                .contains(": login refused user=joe ip=127.0.0.1: wrong password")
                .doesNotContain("login user=");
    }

    @Test
    void onPort25ALoginRelaysAndNoneIsNeeded() throws IOException {
        String port = site.port("smtp");
        assertThat(swaks(port, "--tls", "--to", "x@far.example").output()).contains("<~* 550 5.7.1 relaying denied");
        Outcome relayed = swaks(port, "--tls", "--auth", "PLAIN", "--to", "x@far.example");
        succeeded(relayed);
        succeeded(swaks(port, "--from", "a@b.example", "--body", "from a stranger"));
        assertThat(site.delivered("from a stranger")).contains(" with ESMTP; ");
    }

    /** Python says SMTPUTF8 where an address needs it. */
    @Test
    void anAddressInUtf8IsTakenByItsWord() throws IOException {
        Outcome python = TestingMailSite.run("", "python3", "-c", """
                import smtplib, sys
                from email.message import EmailMessage
                m = EmailMessage()
                m['From'], m['To'], m['Subject'] = 'j\u00fcrgen@far.example', 'joe@local.example', 'Gr\u00fc\u00dfe'
                m.set_content('in utf-8')
                s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))
                s.send_message(m)
                s.quit()
                """, site.port("smtp"));
        succeeded(python);
        assertThat(site.delivered("in utf-8"))
                .contains(" with UTF8SMTP; ")
                .contains("From: j\u00c3\u00bcrgen@far.example\n");
    }

    /** What a client was in clear it is no more behind STARTTLS: openssl says EHLO itself before it. */
    @Test
    void behindStarttlsNobodyHasLoggedInYet() throws IOException {
        Outcome outcome = TestingMailSite.run(
                "MAIL FROM:<joe@local.example>\nAUTH PLAIN AGpvZQBzZWNyZXQ=\nMAIL FROM:<joe@local.example>\nQUIT\n",
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + site.port("submission"),
                "-starttls",
                "smtp",
                "-crlf",
                "-quiet",
                "-ign_eof");
        assertThat(outcome.output())
                .containsSubsequence("530 5.7.0 log in first", "235 2.7.0 ", "250 2.1.0 ok", "221 2.0.0 ");
    }

    private static Outcome swaks(String port, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "swaks",
                "--server",
                "127.0.0.1",
                "--port",
                port,
                "--from",
                "joe@local.example",
                "--to",
                "joe@local.example"));
        if (List.of(more).contains("--auth")) {
            command.addAll(List.of("--auth-user", "joe", "--auth-password", "secret"));
        }
        command.addAll(List.of(more));
        return TestingMailSite.run("", command.toArray(String[]::new));
    }
}
