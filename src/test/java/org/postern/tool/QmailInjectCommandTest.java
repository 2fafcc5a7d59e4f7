package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.mail.DsnMail;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;
import org.postern.queue.TestingQueue;

class QmailInjectCommandTest {
    private static final Instant NOW = Instant.parse("2026-11-24T01:57:26Z");
    private static final String DATE = "Date: 24 Nov 2026 01:57:26 -0000\n";
    private static final String ID = "Message-ID: <20261124015726.4711.qmail@hoge.example.com>\n";
    private static final String FROM = "From: joe@hoge.example.com\n";
    private static final String NOT_SHOWN = "Cc: recipient list not shown: ;\n";

    @TempDir
    private Path home;

    private TestingQueue files;
    private TestingCall call;
    private final List<String[]> variables = new ArrayList<>();

    @BeforeEach
    void site() throws IOException {
        Files.createDirectory(home.resolve("control"));
        Files.writeString(home.resolve("control/me"), "hoge.example.com\n");
        files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        files.open().close();
        env("QMAILHOME", home.toString());
        env("USER", "joe");
    }

    private void env(String name, String value) {
        variables.add(new String[] {name, value});
    }

    private int run(String message, String... arguments) throws IOException {
        String[] args = new String[arguments.length + 1];
        args[0] = "qmail-inject";
        System.arraycopy(arguments, 0, args, 1, arguments.length);
        call = TestingCall.stdin("").descriptor(0, message).cwd(home);
        variables.forEach(v -> call.env(v[0], v[1]));
        return ((Tool.Exit.Code) call.run(new QmailInject(InstantSource.fixed(NOW)), args)).value();
    }

    /** What -n prints. */
    private String printed(String message, String... arguments) throws IOException {
        String[] args = new String[arguments.length + 1];
        args[0] = "-n";
        System.arraycopy(arguments, 0, args, 1, arguments.length);
        assertThat(run(message, args)).as("%s", call.stderr()).isZero();
        return call.stdout();
    }

    private record Queued(String text, String sender, List<String> recipients) {}

    /** What is in the queue, without the queue's Received line. */
    private Queued queued() throws IOException {
        try (Queue queue = files.open()) {
            queue.take();
            QueuedMessage m = queue.read(queue.nextArrival());
            List<String> recipients = new ArrayList<>();
            QueuedMessage.Recipients each = m.recipients();
            while (each.next()) {
                recipients.add(each.address());
            }
            String text = TestingQueue.text(m);
            queue.remove(m.name(), false);
            return new Queued(text.substring(text.indexOf('\n') + 1), m.sender(), recipients);
        }
    }

    @Test
    void aBareTextBecomesAMessage() throws IOException {
        assertThat(run("\nhello\n", "fred", "x@y.z")).isZero();
        assertThat(queued())
                .isEqualTo(new Queued(
                        DATE + ID + FROM + NOT_SHOWN + "\nhello\n",
                        "joe@hoge.example.com",
                        List.of("fred@hoge.example.com", "x@y.z")));
        assertThat(call.stdout() + call.stderr()).isEmpty();
    }

    @Test
    void whatSendmailWasToldTheSenderWantsToHearIsQueued() throws IOException {
        env("QMAILNOTIFY", "SUCCESS,FAILURE");
        env("QMAILRET", "HDRS");
        env("QMAILENVID", "id+201");
        assertThat(run("\nhello\n", "a@x.y", "b@x.y")).isZero();
        try (Queue queue = files.open()) {
            queue.take();
            QueuedMessage m = queue.read(queue.nextArrival());
            assertThat(m.dsn()).isEqualTo(new DsnMail(DsnMail.Ret.HDRS, "id+201"));
            QueuedMessage.Recipients each = m.recipients();
            for (int i = 0; i < 2; i++) {
                assertThat(each.next()).isTrue();
                assertThat(each.dsn().wanted()).hasToString("SUCCESS,FAILURE");
            }
        }
        env("QMAILNOTIFY", "LOUDLY");
        assertThat(run("\nhello\n", "a@x.y")).isEqualTo(100);
        assertThat(call.stderr())
                .isEqualTo("qmail-inject: fatal: QMAILNOTIFY is LOUDLY: it must be NEVER, or a list of SUCCESS,"
                        + " FAILURE, DELAY\n");
    }

    @Test
    void whatIsThereStays() throws IOException {
        String message =
                "Subject: s\n  folded\nFrom: a@b.c\nTo: d@e.f\nDate: x\nMessage-ID: y\nX-Odd:\u00e9\n\nb\r\n\0\n";
        assertThat(run(message)).isZero();
        assertThat(queued()).isEqualTo(new Queued(message, "joe@hoge.example.com", List.of("d@e.f")));
    }

    @Test
    void theLastLineIsEnded() throws IOException {
        assertThat(printed("To: a@b.c\n\nend")).endsWith("To: a@b.c\n\nend\n");
        // No body: none is made.
        assertThat(printed("To: a@b.c")).endsWith("\nTo: a@b.c\n");
    }

    @ParameterizedTest
    @CsvSource({
        "'', a@b.c to@b.c cc@b.c bcc@b.c at@b.c, false",
        "x@b.c, x@b.c, true",
        "-A, to@b.c cc@b.c bcc@b.c at@b.c, true",
        "-A x@b.c, x@b.c, true",
        "-a x@b.c, x@b.c, true",
        "-h x@b.c, to@b.c cc@b.c bcc@b.c at@b.c, true",
        "-H x@b.c, x@b.c to@b.c cc@b.c bcc@b.c at@b.c, true",
        "-aH -- x@b.c, x@b.c to@b.c cc@b.c bcc@b.c at@b.c, true",
        "-nN -h, to@b.c cc@b.c bcc@b.c at@b.c, true",
    })
    void recipientsComeFromTheCommandLineOrTheHeader(String arguments, String recipients, boolean named)
            throws IOException {
        String message = "To: to@b.c\nCc: cc@b.c\nBcc: bcc@b.c\nApparently-To: at@b.c\n\n";
        assertThat(run(message, arguments.isEmpty() ? new String[0] : arguments.split(" ", -1)))
                .isZero();
        Queued queued = queued();
        assertThat(queued.recipients).isEqualTo(List.of((named ? recipients : recipients.substring(6)).split(" ", -1)));
        assertThat(queued.text).doesNotContain("Bcc").endsWith("To: to@b.c\nCc: cc@b.c\nApparently-To: at@b.c\n\n");
    }

    @Test
    void someFieldsAreTakenOut() throws IOException {
        assertThat(printed("Bcc: b@b.c\nResent-Bcc: b@b.c\nReturn-Path: <r@b.c>\nContent-Length: 7\nTo: a@b.c\n\n"))
                .contains("To: a@b.c\n")
                .doesNotContain("Bcc", "Content-Length")
                .startsWith("Return-Path: <r@b.c>\n")
                .doesNotContain("\nReturn-Path");
    }

    @Test
    void aResentMessageGetsResentFields() throws IOException {
        String old = "Received: x\nDate: old\nMessage-ID: old\nFrom: old@b.c\nTo: old@b.c\n";
        assertThat(run(old + "Resent-To: new@b.c\nResent-Bcc: blind@b.c\n\nb\n"))
                .isZero();
        assertThat(queued())
                .isEqualTo(new Queued(
                        "Resent-" + DATE + "Resent-" + ID + "Resent-" + FROM + old + "Resent-To: new@b.c\n\nb\n",
                        "joe@hoge.example.com",
                        List.of("new@b.c", "blind@b.c")));
        assertThat(printed(old + "Resent-From: joe@b.c\n\n", "x@y.z"))
                .contains("Resent-Cc: recipient list not shown: ;\n" + old)
                .doesNotContain("\nCc:");
    }

    @Test
    void theAuthorComesOutOfTheEnvironment() throws IOException {
        env("LOGNAME", "log");
        assertThat(printed("\n")).contains("\nFrom: joe@hoge.example.com\n");
        env("MAILUSER", "mail");
        env("MAILHOST", "mailhost");
        env("NAME", "Joe \"D\" Doe");
        assertThat(printed("\n"))
                .startsWith("Return-Path: <mail@mailhost.hoge.example.com>\n")
                .contains("\nFrom: \"Joe \\\"D\\\" Doe\" <mail@mailhost.hoge.example.com>\n");
        env("QMAILUSER", "q u");
        env("QMAILHOST", "h.x");
        env("QMAILNAME", "Q (x)");
        env("QMAILINJECT", "c");
        assertThat(printed("\n"))
                .startsWith("Return-Path: <\"q u\"@h.x>\n")
                .contains("\nFrom: \"q u\"@h.x (Q \\(x\\))\n");
        env("QMAILSUSER", "su");
        env("QMAILSHOST", "sh.x");
        assertThat(printed("\n")).startsWith("Return-Path: <su@sh.x>\n").contains("\nFrom: \"q u\"@h.x");
    }

    @Test
    void withoutAUserItIsAnonymous() throws IOException {
        variables.removeIf(v -> v[0].equals("USER"));
        assertThat(printed("\n")).contains("From: anonymous@hoge.example.com\n");
        env("LOGNAME", "log");
        assertThat(printed("\n")).contains("From: log@hoge.example.com\n");
    }

    @Test
    void aLineFeedInANameBeginsNoField() throws IOException {
        env("NAME", "x\nBcc: evil@x.y");
        env("MAILUSER", "u\nBcc: evil@x.y");
        assertThat(printed("\n")).contains("\nFrom: \"x Bcc: evil@x.y\" <\"u Bcc: evil@x.y\"@hoge.example.com>\n");
        assertThat(run("\n", "a\nb@c.d")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: unable to parse address: a?b@c.d\n");
    }

    @Test
    void theSenderIsFThenReturnPathThenTheEnvironment() throws IOException {
        assertThat(printed("Return-Path: <r>\n\n")).startsWith("Return-Path: <r@hoge.example.com>\n");
        assertThat(printed("Return-Path: <r>\n\n", "-ff@x.y")).startsWith("Return-Path: <f@x.y>\n");
        assertThat(printed("Return-Path: <>\n\n")).startsWith("Return-Path: <>\n");
        assertThat(printed("\n", "-f", "")).startsWith("Return-Path: <>\n");
        assertThat(printed("\n", "-f", "f")).startsWith("Return-Path: <f@hoge.example.com>\n");
        env("QMAILINJECT", "s");
        assertThat(printed("Return-Path: <r>\n\n")).startsWith("Return-Path: <joe@hoge.example.com>\n");
    }

    @Test
    void theLettersDropFromAndMessageId() throws IOException {
        env("QMAILINJECT", "fi");
        assertThat(printed("From: evil@x.y\nMessage-ID: <1@x>\n\n"))
                .isEqualTo("Return-Path: <joe@hoge.example.com>\n" + DATE + ID + FROM + NOT_SHOWN + "\n");
    }

    @Test
    void theSenderCanTellMessageAndRecipient() throws IOException {
        env("QMAILINJECT", "r");
        run("To: a@b.c\n\n");
        assertThat(queued().sender).isEqualTo("joe-@hoge.example.com-@[]");
        run("Return-Path: l-@x.y\nTo: a@b.c\n\n");
        assertThat(queued().sender).isEqualTo("l-@x.y-@[]");
        env("QMAILINJECT", "m");
        run("To: a@b.c\n\n");
        assertThat(queued().sender).isEqualTo("joe-" + NOW.getEpochSecond() + ".4711@hoge.example.com");
        env("QMAILINJECT", "rm");
        run("To: a@b.c\n\n");
        assertThat(queued().sender).isEqualTo("joe-" + NOW.getEpochSecond() + ".4711-@hoge.example.com-@[]");
    }

    @Test
    void theControlsAndTheEnvironmentNameHosts() throws IOException {
        Files.writeString(home.resolve("control/defaulthost"), "dh\n");
        Files.writeString(home.resolve("control/defaultdomain"), "dd.x\n");
        Files.writeString(home.resolve("control/plusdomain"), "pd.x\n");
        Files.writeString(home.resolve("control/idhost"), "id.x\n");
        assertThat(printed("To: a, b@c, d@e+\n\n")).contains("To: a@dh.dd.x, b@c.dd.x, d@e.pd.x\n", ".qmail@id.x>\n");
        env("QMAILDEFAULTHOST", "edh");
        env("QMAILDEFAULTDOMAIN", "edd.x");
        env("QMAILPLUSDOMAIN", "epd.x");
        env("QMAILIDHOST", "eid.x");
        assertThat(printed("To: a, b@c, d@e+\n\n"))
                .contains("To: a@edh.edd.x, b@c.edd.x, d@e.epd.x\n", ".qmail@eid.x>\n");
    }

    @Test
    void withoutMeTheNamesOfTheFilesStand() throws IOException {
        Files.delete(home.resolve("control/me"));
        assertThat(printed("To: a@b+\n\n"))
                .contains("From: joe@defaulthost.defaultdomain\n", "To: a@b.plusdomain\n", ".qmail@idhost>\n");
    }

    @Test
    void aMessageToAListGetsMailFollowupTo() throws IOException {
        Files.writeString(home.resolve("lists"), "# mine\nlist@x.y \n");
        env("QMAILMFTFILE", "lists");
        assertThat(printed("To: LIST@x.y, \"a b\"@c.d\nCc: e@f.g\nBcc: h@i.j\n\n"))
                .contains(FROM + "Mail-Followup-To: LIST@x.y,\n  \"a b\"@c.d,\n  e@f.g\nTo: ");
        assertThat(printed("To: a@b.c\n\n")).doesNotContain("Mail-Followup-To");
        assertThat(printed("Mail-Followup-To: z\nTo: list@x.y\n\n")).containsOnlyOnce("Mail-Followup-To");
        env("QMAILMFTFILE", "missing");
        assertThat(printed("To: list@x.y\n\n")).doesNotContain("Mail-Followup-To");
    }

    @Test
    void whatCannotBeReadIsRefusedWhereItMatters() throws IOException {
        assertThat(run("To: (x\n\n")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: unable to parse this line:\nTo: (x\n");
        assertThat(run("From: (x\n\n", "a@b.c")).isEqualTo(100);
        // The recipients are known: the field stays as it is.
        assertThat(printed("To: (x\n\n", "-a", "a@b.c")).contains("\nTo: (x\n");
        assertThat(files.names("drop")).isEmpty();
    }

    @Test
    void withoutRecipientsNothingIsQueued() throws IOException {
        assertThat(run("Subject: x\n\n")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: no recipients\n");
        assertThat(run("To: a@b.c\n\n", "-a")).isEqualTo(100);
    }

    @Test
    void wrongUseIs100() throws IOException {
        for (String option : List.of("-x", "-f", "-nq")) {
            assertThat(run("To: a@b.c\n\n", option)).isEqualTo(100);
            assertThat(call.stderr()).startsWith("qmail-inject: usage: qmail-inject [ -nNaAhH ]");
        }
        assertThat(run("A: " + "b".repeat(3 << 20) + "\n", "a@b.c")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: header is longer than 2097152 octets\n");
        env("QMAILDEFAULTHOST", "(");
        assertThat(run("\n", "a")).isEqualTo(100);
        assertThat(call.stderr()).contains("unable to parse one of these as a host name: defaulthost (,");
    }

    @Test
    void troubleIs111() throws IOException {
        assertThat(run("\n", "a".repeat(1100) + "@b.c")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: envelope address too long for qq (#5.1.3)\n");
        Files.move(home.resolve("postern-queue"), home.resolve("away"));
        assertThat(run("\n", "a@b.c")).isEqualTo(111);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: qq trouble creating files in queue (#4.3.0)\n");
        Files.createDirectory(home.resolve("control/idhost"));
        assertThat(run("\n", "a@b.c")).isEqualTo(111);
        assertThat(call.stderr())
                .startsWith("qmail-inject: fatal: unable to read ")
                .endsWith("is a directory\n");
    }

    @Test
    void anotherQmailQueueTakesIt() throws IOException {
        Path program = home.resolve("qq");
        Files.writeString(program, "#!/bin/sh\ncat >got-message\ncat <&1 >got-envelope\nexit $CODE\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        env("QMAILQUEUE", "./qq");
        env("CODE", "0");
        env("PATH", "/usr/bin:/bin");
        assertThat(run("To: a@b.c\nBcc: d@e.f\n\nx\n")).isZero();
        assertThat(Files.readString(home.resolve("got-message"))).isEqualTo(DATE + ID + FROM + "To: a@b.c\n\nx\n");
        assertThat(Files.readString(home.resolve("got-envelope")))
                .isEqualTo("Fjoe@hoge.example.com\0Ta@b.c\0Td@e.f\0\0");
        variables.add(2, new String[] {"CODE", "31"});
        variables.removeIf(v -> v[0].equals("CODE") && v[1].equals("0"));
        assertThat(run("To: a@b.c\n\n")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: mail server permanently rejected message (#5.3.0)\n");
        env("QMAILQUEUE", "./missing");
        assertThat(run("To: a@b.c\n\n")).isEqualTo(111);
        assertThat(call.stderr()).isEqualTo("qmail-inject: fatal: unable to exec qq (#4.3.0)\n");
    }
}
