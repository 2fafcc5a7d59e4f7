package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.TestingRecords;
import org.postern.mail.DeliveryResult;
import org.postern.os.Octets;

/**
 * Every local delivery of the records (records/delivery.txt): the same .qmail file and message give the same report,
 * result and files, octet for octet. There is no deliberate difference here: what differs from the original by the
 * table in docs/programs/dot-qmail.md is not in the records.
 */
class LocalRecordsTest {
    private static final String DEFAULT_TEXT = "Subject: t\n\nbody\n";

    @TempDir
    Path dir;

    /** The first delivery of a case, and what it made. */
    record Recorded(
            String title,
            String sender,
            String recipient,
            Map<String, String> dotQmail,
            String result,
            String report,
            Map<String, List<String>> files) {
        @Override
        public String toString() {
            return title;
        }

        static Recorded of(String block) {
            String[] lines = block.split("\n", -1);
            String title = lines[0];
            String recipient = literal(title, "rcpt=");
            Map<String, String> dotQmail = new LinkedHashMap<>();
            Matcher entries = Pattern.compile("('(?:[^'\\\\]|\\\\.)*'): ('(?:[^'\\\\]|\\\\.)*')")
                    .matcher(title.substring(title.indexOf("dotqmail=")));
            while (entries.find()) {
                dotQmail.put(TestingRecords.unquote(entries.group(1)), TestingRecords.unquote(entries.group(2)));
            }
            Matcher end = Pattern.compile("delivery " + firstNumber(lines) + ": (success|failure|deferral): (\\S*)")
                    .matcher(block);
            assertThat(end.find()).isTrue();
            return new Recorded(
                    title.substring(0, title.indexOf("  rcpt=")),
                    literal(title, "sender="),
                    recipient,
                    dotQmail,
                    end.group(1),
                    end.group(2),
                    files(lines));
        }

        private static String firstNumber(String[] lines) {
            Matcher first = Pattern.compile("starting delivery (\\d+):").matcher(String.join("\n", lines));
            assertThat(first.find()).isTrue();
            return first.group(1);
        }

        private static String literal(String title, String key) {
            Matcher value = Pattern.compile(key + "\\[?('(?:[^'\\\\]|\\\\.)*')").matcher(title);
            assertThat(value.find()).isTrue();
            return TestingRecords.unquote(value.group(1));
        }

        /** By directory or file below the homes: the texts of the files there. */
        private static Map<String, List<String>> files(String[] lines) {
            Map<String, List<String>> files = new LinkedHashMap<>();
            for (int i = 0; i < lines.length; i++) {
                if (lines[i].startsWith("FILE ")) {
                    String path = lines[i].split(" ")[1];
                    List<String> text = new ArrayList<>();
                    for (int k = i + 1; k < lines.length && lines[k].startsWith("   |"); k++) {
                        text.add(lines[k].substring(4));
                    }
                    files.computeIfAbsent(path.replaceAll("/new/.*", "/new"), p -> new ArrayList<>())
                            .add(String.join("\n", text));
                }
            }
            return files;
        }

        /** The user's own files: the others are of later deliveries. */
        String user() {
            String local = recipient.substring(0, recipient.indexOf('@')).toLowerCase(java.util.Locale.ROOT);
            String name = local.replaceAll("-.*", "");
            return List.of("ptest", "puser1", "puser2").contains(name) ? name : "alias";
        }
    }

    static Stream<Recorded> cases() throws IOException {
        return Arrays.stream(("\n" + TestingRecords.text("delivery.txt")).split("\n== "))
                .skip(1)
                .filter(block -> block.lines()
                        .filter(line -> line.contains("starting delivery"))
                        .findFirst()
                        .orElse("")
                        .contains("to local"))
                .map(Recorded::of);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void asRecorded(Recorded recorded) throws IOException {
        TestingLocal machine = new TestingLocal(dir, "ptest", "puser1", "puser2", "alias");
        Path home = dir.resolve(recorded.user());
        machine.dotQmail("alias", ".qmail-postmaster", "./Maildir/\n");
        TestingHome.maildir(home.resolve("M2"));
        for (Map.Entry<String, String> file : recorded.dotQmail.entrySet()) {
            String permissions = recorded.title.contains("world writable")
                    ? "rw-rw-rw-"
                    : recorded.title.contains("executable") ? "rwxr--r--" : "rw-r--r--";
            TestingHome.write(dir.resolve("ptest").resolve(file.getKey()), file.getValue(), permissions);
        }
        Map<String, List<String>> expected = new LinkedHashMap<>();
        recorded.files.forEach((path, texts) -> {
            String own = path.replace("/home/", "").replace("/var/qmail/", "");
            if (own.startsWith(recorded.user() + "/")) {
                expected.put(own, texts.subList(0, 1));
            }
        });
        // A bounce for the user himself is a later delivery.
        if (recorded.result.equals("failure")) {
            expected.clear();
        }
        machine.at(time(expected));
        Matcher queued = Pattern.compile("qp_(\\d+)").matcher(recorded.report);
        String qp = queued.find() ? queued.group(1) : "4711";

        DeliveryResult result = machine.deliver(recorded.sender, recorded.recipient, message(recorded, expected));

        assertThat(encoded(result.report()).replace("qp_4711", "qp_" + qp)).isEqualTo(recorded.report);
        assertThat(word(result)).isEqualTo(recorded.result);
        assertThat(files(recorded.user())).isEqualTo(expected);
    }

    /** When it was delivered, where a From_ line tells. */
    private static Instant time(Map<String, List<String>> expected) {
        Matcher time = Pattern.compile("From \\S+ Tue Nov 24 (\\S+) 2026").matcher(expected.toString());
        return Instant.parse("2026-11-24T" + (time.find() ? time.group(1) : "02:17:57") + "Z");
    }

    /** The message as it was queued: what was delivered, without what delivery has put before and around it. */
    private static String message(Recorded recorded, Map<String, List<String>> expected) {
        if (recorded.title.contains("looping")) {
            return "Received: x\nDelivered-To: ptest@hoge.example.com\nSubject: t\n\nb\n";
        }
        for (Map.Entry<String, List<String>> file : expected.entrySet()) {
            String text = file.getValue().getFirst();
            if (file.getKey().endsWith("/new")) {
                return text.replaceFirst("(?s)^Return-Path:.*?\nDelivered-To: .*?\n", "");
            }
            if (file.getKey().endsWith("/Mailbox")) {
                String message = text.replaceFirst("(?s)^From .*?\nReturn-Path:.*?\nDelivered-To: .*?\n", "")
                        .replaceAll("(?m)^>(>*From )", "$1");
                return message.substring(0, message.length() - 1);
            }
            if (file.getKey().endsWith("/env.out") && text.contains("Received: ")) {
                return text.substring(text.indexOf("Received: "));
            }
        }
        return DEFAULT_TEXT;
    }

    private Map<String, List<String>> files(String user) throws IOException {
        Map<String, List<String>> files = new LinkedHashMap<>();
        for (String directory : List.of("M2", "Maildir")) {
            for (Path message : TestingHome.messages(dir.resolve(user).resolve(directory))) {
                assertMode(message);
                files.computeIfAbsent(user + "/" + directory + "/new", d -> new ArrayList<>())
                        .add(read(message));
            }
        }
        for (String file : List.of("Mailbox", "env.out")) {
            Path path = dir.resolve(user).resolve(file);
            if (Files.exists(path)) {
                assertMode(path);
                files.put(user + "/" + file, List.of(read(path)));
            }
        }
        return files;
    }

    /** With the home where the record has it. */
    private String read(Path file) throws IOException {
        return Octets.of(Files.readAllBytes(file)).replace(dir.toString(), "/home");
    }

    private static void assertMode(Path file) throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        if (TestingHome.ROOT) {
            assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(65534);
        }
    }

    /** As qmail-send's log has it. */
    private static String encoded(String report) {
        return report.replace(' ', '_').replace('\n', '/');
    }

    private static String word(DeliveryResult result) {
        return switch (result) {
            case DeliveryResult.Delivered _ -> "success";
            case DeliveryResult.Deferred _ -> "deferral";
            case DeliveryResult.Bounced _ -> "failure";
        };
    }
}
