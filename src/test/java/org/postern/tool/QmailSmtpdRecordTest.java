package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.TestingRecords;
import org.postern.TestingRecords.Case;
import org.postern.TestingRecords.Entry;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.file.TestingCdb;
import org.postern.os.Identity;
import org.postern.queue.TestingIntake;
import org.postern.smtpd.TestingSmtpDialogue;
import org.postern.tcp.Connection;

/** All 185 dialogues recorded from netqmail's qmail-smtpd: the same input, the same replies, the same messages. */
class QmailSmtpdRecordTest {
    private static final String FILE = "smtp-netqmail-1.06.txt";

    private static final String REFUSED_553 = "553 sorry, I don't relay by %, ! or @ in the local part (#5.7.1)\r\n";
    private static final String SYNTAX = "555 syntax error (#5.5.4)\r\n";
    private static final String NOT_MINE = "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)\r\n";
    private static final String SMTPLF = "451 See http://pobox.com/~djb/docs/smtplf.html.\r\n";
    private static final String TOO_LONG = "500 command line too long (#5.5.2)\r\n";

    /** What the client is answered instead, from the first answer that differs, and that nothing is queued. */
    private record Difference(int number, String title, int step, String reply) {}

    /** Each deliberate difference, with the number of design.md's table that says why. */
    private static final List<Difference> DIFFERENCES = List.of(
            new Difference(14, "RCPT <>", 2, SYNTAX),
            new Difference(14, "RCPT ", 2, SYNTAX),
            new Difference(14, "RCPT <x%foreign.example.net@hoge.example.com>", 2, REFUSED_553),
            new Difference(14, "RCPT <x@foreign.example.net@hoge.example.com>", 2, REFUSED_553),
            new Difference(14, "RCPT <x!y@hoge.example.com>", 2, REFUSED_553),
            new Difference(14, "RCPT <\"x@foreign.example.net\"@hoge.example.com>", 2, REFUSED_553),
            new Difference(14, "rcpthosts missing => open relay", 2, NOT_MINE),
            new Difference(
                    14,
                    "rcpthosts empty",
                    3,
                    "553 sorry, that address has no domain, and I take only postmaster without one (#5.1.3)\r\n"),
            new Difference(15, "long command 10000", 1, TOO_LONG + "|" + TOO_LONG),
            new Difference(15, "long command 100000", 1, TOO_LONG + "|" + TOO_LONG),
            new Difference(16, "DATA bare CR", 5, SMTPLF + "|<closed>"),
            new Difference(16, "DATA CR dot CR", 5, SMTPLF + "|<closed>"),
            new Difference(16, "DATA dot CR x", 5, SMTPLF + "|<closed>"),
            new Difference(
                    17,
                    "databytes EHLO no SIZE",
                    2,
                    "552 sorry, that message size exceeds my databytes limit (#5.3.4)\r\n"));

    /** 17: SIZE is announced, in every reply to EHLO. */
    private static String announcingSize(String recorded, long databytes) {
        return recorded.replace(
                "250-PIPELINING\r\n250 8BITMIME\r\n",
                "250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE " + databytes + "\r\n");
    }

    /** After a recipient was refused where the original took it. */
    private static final Map<String, String> AFTER_REFUSED_RECIPIENT = Map.of(
            "DATA\r\n", "503 RCPT first (#5.5.1)\r\n",
            "x\r\n.\r\n", "502 unimplemented (#5.5.1)\r\n502 unimplemented (#5.5.1)\r\n");

    @TempDir
    private Path home;

    static Stream<Case> cases() throws IOException {
        return TestingRecords.read(FILE).stream();
    }

    @Test
    void thereAre185CasesAndEachDifferenceNamesOne() throws IOException {
        Set<String> titles = new HashSet<>();
        cases().forEach(c -> titles.add(title(c)));
        assertThat(cases()).hasSize(185);
        assertThat(titles)
                .containsAll(DIFFERENCES.stream().map(Difference::title).toList());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answersAndQueuesAsRecorded(Case recorded) throws IOException {
        String title = title(recorded);
        Env env = setUp(title);
        List<String> commands = commands(recorded);
        List<String> expected = expectedReplies(recorded, commands);
        List<String> todo = recorded.all("QUEUE todo");
        boolean queued = DIFFERENCES.stream().noneMatch(d -> d.title.equals(title));

        TestingIntake intake = TestingIntake.numbering(
                todo.stream().map(t -> Long.valueOf(group("p([0-9]+)\0", t))).toList());
        if (title.equals("queue/pid not writable")) {
            intake.refusing(62);
        }
        TestingSmtpDialogue client = new TestingSmtpDialogue(commands, title.startsWith("timeout"));
        Instant time = Instant.ofEpochSecond(1795485446);
        QmailSmtpd tool = new QmailSmtpd(home -> intake, call -> mailbox -> false, InstantSource.fixed(time));
        List<String> log = new ArrayList<>();
        Tool.Exit exit = tool.run(new Tool.Invocation(
                Args.of("qmail-smtpd"),
                env,
                home,
                new Identity(uid(), 0, List.of()),
                new Descriptors(new Connection(client), log::add),
                4711));

        assertThat(client.replies().stream().map(r -> timeless(title, r)).toList())
                .isEqualTo(expected.stream().map(r -> timeless(title, r)).toList());
        assertThat(exit).isEqualTo(Tool.Exit.code(client.replies().getLast().contains("221 ") ? 0 : 1));
        assertThat(intake.openDrafts()).isZero();
        assertThat(intake.messages()).hasSize(queued ? todo.size() : 0);
        List<String> mess = recorded.entries().stream()
                .filter(e -> e.key().startsWith("QUEUE mess"))
                .map(Entry::value)
                .toList();
        for (int i = 0; i < intake.messages().size(); i++) {
            TestingIntake.Message message = intake.messages().get(i);
            StringBuilder envelope = new StringBuilder("u1002\0p" + message.id() + "\0F")
                    .append(message.envelope().sender())
                    .append('\0');
            message.envelope()
                    .recipients()
                    .forEach(r -> envelope.append('T').append(r).append('\0'));
            assertSame(envelope.toString(), todo.get(i));
            assertSame(
                    dateless("Received: (qmail " + message.id() + " invoked from network); 24 Nov 2026 01:57:26 -0000\n"
                            + message.text()),
                    dateless(mess.get(i)));
        }
        assertThat(log).hasSize(title.contains("missing =>") || exitsAtStart(title) ? 1 : 0);
    }

    private static boolean exitsAtStart(String title) {
        return title.equals("rcpthosts unreadable") || title.equals("control/me missing");
    }

    private static String title(Case recorded) {
        return recorded.title().substring(0, recorded.title().lastIndexOf(" (from "));
    }

    /** Writes the control files that the case was recorded with. */
    private Env setUp(String title) throws IOException {
        Path control = Files.createDirectory(home.resolve("control"));
        control(control, "me", "hoge.example.com\n");
        control(control, "rcpthosts", "hoge.example.com\n.sub.example.com\n");
        List<String> env = new ArrayList<>(
                List.of("PROTO=TCP", "TCPLOCALIP=127.0.0.1", "TCPREMOTEIP=127.0.0.55", "QMAILHOME=" + home));
        if (title.startsWith("badmailfrom")) {
            control(control, "badmailfrom", "spam@b.example\n@evil.example\n");
        } else if (title.equals("smtpgreeting")) {
            control(control, "smtpgreeting", "mail.example.org NO UCE custom\n");
        } else if (title.contains("databytes") || title.startsWith("DATABYTES=0")) {
            control(control, "databytes", "100\n");
        } else if (title.startsWith("timeout")) {
            control(control, "timeoutsmtpd", "1\n");
        } else if (title.equals("localiphost not in rcpthosts")) {
            control(control, "localiphost", "elsewhere.example.com\n");
        } else if (title.equals("localiphost in rcpthosts")) {
            control(control, "localiphost", "hoge.example.com\n");
        } else if (title.startsWith("rcpthosts missing")) {
            Files.delete(control.resolve("rcpthosts"));
        } else if (title.equals("rcpthosts empty")) {
            control(control, "rcpthosts", "");
        } else if (title.startsWith("rcpthosts whitespace")) {
            control(control, "rcpthosts", " hoge.example.com\n\n#c\nUPPER.example.com \t\n");
        } else if (title.equals("rcpthosts unreadable")) {
            Files.delete(control.resolve("rcpthosts"));
            Files.createDirectory(control.resolve("rcpthosts"));
        } else if (title.equals("control/me missing")) {
            Files.delete(control.resolve("me"));
        } else if (title.equals("morercpthosts")) {
            TestingCdb.write(
                    control.resolve("morercpthosts.cdb"),
                    List.of(new TestingCdb.Entry("a.example", ""), new TestingCdb.Entry("more.example.com", "")));
        } else if (title.startsWith("RELAYCLIENT=")) {
            env.add(title.startsWith("RELAYCLIENT=\"@fixup\"") ? "RELAYCLIENT=@fixup" : "RELAYCLIENT=");
        } else if (title.equals("TCPREMOTEHOST+INFO")) {
            env.add("TCPREMOTEHOST=client.example.org");
            env.add("TCPREMOTEINFO=joe");
        } else if (title.equals("no TCP env")) {
            env.remove("TCPREMOTEIP=127.0.0.55");
        } else if (title.startsWith("QMAILQUEUE ")) {
            env.add("QMAILQUEUE=" + queueProgram(title.substring(11)));
        }
        if (title.startsWith("DATABYTES")) {
            env.add(title.startsWith("DATABYTES=0") ? "DATABYTES=0" : "DATABYTES=50");
        }
        return Env.of(env);
    }

    private static void control(Path directory, String name, String content) throws IOException {
        Files.writeString(directory.resolve(name), content);
    }

    private String queueProgram(String what) throws IOException {
        Path program = home.resolve("qq");
        if (!what.equals("missing program")) {
            String end = what.equals("crash") ? "kill -SEGV $$" : what;
            Files.writeString(program, "#!/bin/sh\ncat >/dev/null\ncat <&1 >/dev/null\n" + end + "\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return program.toString();
    }

    private static List<String> commands(Case recorded) {
        List<String> commands = new ArrayList<>();
        for (Entry entry : recorded.entries()) {
            if (entry.key().equals("C") && !entry.value().equals("<EOF>")) {
                commands.add(whole(entry.value()));
            }
        }
        return commands;
    }

    private static List<String> expectedReplies(Case recorded, List<String> commands) {
        String title = title(recorded);
        List<String> replies = new ArrayList<>();
        for (Entry entry : recorded.entries()) {
            if (entry.key().equals("S") && !entry.value().equals("<closed>")) {
                replies.add(announcingSize(whole(entry.value()), title.startsWith("databytes") ? 100 : 0));
            }
        }
        // A client that closes, and is answered nothing, is one step more in the record than in ours.
        while (replies.size() > commands.size() + 1) {
            assertThat(replies.removeLast()).isEmpty();
        }
        for (Difference difference : DIFFERENCES) {
            if (difference.title.equals(title)) {
                return different(difference, replies, commands);
            }
        }
        return replies;
    }

    private static List<String> different(Difference difference, List<String> replies, List<String> commands) {
        List<String> changed = new ArrayList<>(replies.subList(0, difference.step));
        for (String reply : difference.reply.split("\\|", -1)) {
            if (reply.equals("<closed>")) {
                return changed;
            }
            changed.add(reply);
        }
        for (int i = changed.size(); i < replies.size(); i++) {
            changed.add(Optional.ofNullable(AFTER_REFUSED_RECIPIENT.get(commands.get(i - 1)))
                    .orElse(replies.get(i)));
        }
        return changed;
    }

    private static final Pattern ELIDED = Pattern.compile("(?s)(.*)\\.\\.\\.\\[([0-9]+)(?: bytes)?]");

    /** An input or reply that the record shows only the start of, as the recorder must have made it. */
    private static String whole(String shown) {
        Matcher elided = ELIDED.matcher(shown);
        if (!elided.matches()) {
            return shown;
        }
        String start = elided.group(1);
        int length = Integer.parseInt(elided.group(2));
        String whole;
        if (start.startsWith("RCPT TO:<u0@")) {
            StringBuilder recipients = new StringBuilder();
            for (int i = 0; i < 1000; i++) {
                recipients.append("RCPT TO:<u" + i + "@hoge.example.com>\r\n");
            }
            whole = recipients.toString();
        } else if (start.startsWith("250 ok")) {
            whole = "250 ok\r\n".repeat(length / 8);
        } else if (start.startsWith("MAIL FROM:<") || start.startsWith("RCPT TO:<")) {
            String end = start.startsWith("MAIL") ? "@b>\r\n" : "@hoge.example.com>\r\n";
            whole = filled(start, "x", length - end.length()) + end;
        } else if (start.startsWith("Subject: x")) {
            whole = "Subject: x\r\n\r\n" + "Received: from x by y; now\r\n".repeat(120) + ".\r\n";
        } else if (start.startsWith("z")) {
            whole = ("z".repeat(998) + "\r\n").repeat(1000) + ".\r\n";
        } else if (start.startsWith("y")) {
            whole = "y".repeat(length - 5) + "\r\n.\r\n";
        } else if (start.contains("\r\n")) {
            String line = start.substring(0, start.indexOf("\r\n") + 2);
            String body = length % line.length() == 8 ? "b" : "body";
            int lines = (length - body.length() - 7) / line.length();
            whole = line.repeat(lines) + "\r\n" + body + "\r\n.\r\n";
        } else {
            whole = filled(start, "x", length - 2) + "\r\n";
        }
        assertThat(whole).startsWith(start).hasSize(length);
        return whole;
    }

    private static String filled(String start, String with, int length) {
        return start + with.repeat(length - start.length());
    }

    /** Equal, as far as the record shows it; and as long as it says. */
    private static void assertSame(String ours, String recorded) {
        Matcher elided = ELIDED.matcher(recorded);
        if (elided.matches()) {
            String shown = elided.group(1);
            // The recorder's own domain behind the long sender is not shown.
            assertThat(ours).startsWith(shown).hasSize(Integer.parseInt(elided.group(2)));
        } else {
            assertThat(ours).isEqualTo(recorded);
        }
    }

    private static String timeless(String title, String reply) {
        String timeless = reply.replaceAll("250 ok [0-9]+ qp", "250 ok TIME qp");
        return title.startsWith("QMAILQUEUE") ? timeless.replaceAll("qp [0-9]+", "qp PID") : timeless;
    }

    private static String dateless(String text) {
        return text.replaceAll("; \\d\\d Nov 2026 \\d\\d:\\d\\d:\\d\\d -0000\n", "; 24 Nov 2026 00:00:00 -0000\n");
    }

    private static String group(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static int uid() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }
}
