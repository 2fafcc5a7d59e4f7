package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingRecords.Case;
import org.postern.TestingRecords.Entry;
import org.postern.TestingSite.Server;

/** POP before SMTP as it was recorded of the originals, step by step, and where the spool fails. As root. */
class PopBeforeSmtpRecordsIT {
    private static final String WARNING = "(?s)(relay-ctrl-allow\\[\\d+]: Warning: [^\n]*)\n(.*)";

    @TempDir
    Path directory;

    /** Refused, wrong password, login, relayed, other address, expiry, login again, age. */
    @Test
    void thePasswordOpensTheRelayAsRecorded() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            site.account("ptest");
            Server pop = site.pop3();
            Server smtp = site.smtp();
            for (Case step : TestingRecords.read("pbs-proof.txt")) {
                if (step.title().startsWith("7 after expiry")) {
                    expire(site);
                }
                boolean popStep = step.all("S").getFirst().startsWith("+OK");
                play(step, popStep ? pop : smtp);
                List<String> after = step.entries().stream()
                        .map(Entry::key)
                        .filter(key -> key.startsWith("SPOOL"))
                        .toList();
                switch (step.title().charAt(0)) {
                    // design.md, 3: check never unlinks, so what has expired lies there until relay-ctrl-age runs.
                    case '7' -> {
                        assertThat(after).containsExactly("SPOOL empty");
                        assertThat(spool(site)).hasSize(1);
                    }
                    case '8' -> {
                        assertThat(spool(site)).isEqualTo(after.subList(0, 1));
                        expire(site);
                        assertThat(site.run("", TestingSite.link("envdir"), "relay-ctrl", "relay-ctrl-age"))
                                .isEqualTo(new TestingPrograms.Outcome(0, ""));
                        assertThat(spool(site)).isEqualTo(after.subList(1, 2));
                    }
                    default -> {
                        if (!after.isEmpty()) {
                            assertThat(spool(site)).as(step.title()).isEqualTo(after);
                        }
                    }
                }
            }
        }
    }

    /** The warnings that the originals sent to the client are in the log (design.md, 2). */
    @Test
    void whereTheSpoolFailsTheLoginGoesOnAsRecorded() throws IOException {
        List<Case> cases = TestingRecords.read("pop-spool-failure.txt");
        try (TestingSite site = new TestingSite(directory)) {
            site.account("ptest");
            String[] session = {"qmail-popup", "h", "checkpassword", "relay-ctrl-allow", "qmail-pop3d", "Maildir"};
            List<String> listening = List.of("tcpserver", "-1", "-v", "-R", "-H", "-l", "h", "127.0.0.1", "0");

            Files.setPosixFilePermissions(site.spool(), PosixFilePermissions.fromString("r-xr-xr-x"));
            fails(cases.get(0), site.pop3(session));
            Files.setPosixFilePermissions(site.spool(), PosixFilePermissions.fromString("rwxrwxrwx"));

            List<String> unset = new ArrayList<>(listening);
            unset.set(0, TestingSite.link("tcpserver"));
            unset.addAll(List.of(session));
            fails(cases.get(1), site.tcpserver("unset", unset));

            unset.addAll(0, List.of("/usr/bin/env", "RELAY_CTRL_DIR=/nonexistent"));
            fails(cases.get(2), site.tcpserver("missing", unset));
            assertThat(spool(site)).containsExactly("SPOOL empty");

            session[4] = "qmail-pop3d-is-not-here";
            fails(cases.get(3), site.pop3(session));
            assertThat(cases.get(3).entries().getLast().key()).isEqualTo("SPOOL ['127.0.0.78']");
            assertThat(spool(site)).hasSize(1).first().asString().startsWith("SPOOL 127.0.0.78 ");
        }
    }

    private static void fails(Case recorded, Server server) throws IOException {
        for (String warning : play(recorded, server)) {
            String masked = Pattern.quote(warning)
                    .replaceFirst("\\[\\d+]", "[\\\\E\\\\d+\\\\Q]")
                    .replaceFirst("'\\.[\\d.:]+'", "'\\\\E[^']+\\\\Q'");
            assertThat(server.log()).containsPattern("(?m)^" + masked + "$");
        }
    }

    /** Says what the client said; answers are as recorded, but for the warnings, which are returned. */
    private static List<String> play(Case recorded, Server server) throws IOException {
        List<String> warnings = new ArrayList<>();
        String from = recorded.title().replaceFirst(".* \\(from ([0-9.]+)\\)$", "$1");
        List<String> said = recorded.all("S");
        List<String> inputs = recorded.all("C");
        try (TestingClient client = new TestingClient(from, "127.0.0.1", server.port())) {
            assertThat(client.greeting())
                    .matches(said.getFirst()
                            .strip()
                            .replaceFirst("<.*@", "<[0-9.]+@")
                            .replace("+OK", "\\+OK"));
            for (int i = 0; i < inputs.size(); i++) {
                String expected = said.get(i + 1);
                if (expected.matches(WARNING)) {
                    warnings.add(expected.replaceFirst(WARNING, "$1"));
                    expected = expected.replaceFirst(WARNING, "$2");
                }
                // design.md, 24: exit 111.
                if (recorded.title().startsWith("qmail-pop3d not in PATH") && expected.startsWith("-ERR")) {
                    expected = "-ERR [SYS/TEMP] temporary trouble, please try again later\r\n";
                }
                assertThat(client.say(inputs.get(i).strip()) + "\r\n")
                        .as(recorded.title() + ": " + inputs.get(i))
                        .isEqualTo(expected);
            }
            assertThat(client.line()).as("closed").isEmpty();
        }
        return warnings;
    }

    private static void expire(TestingSite site) throws IOException {
        try (Stream<Path> files = Files.list(site.spool())) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(TestingSite.EXPIRY + 1)));
            }
        }
    }

    /** The spool as the record shows it; the ids are this machine's, and so not compared. */
    private static List<String> spool(TestingSite site) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(site.spool())) {
            for (Path file : files.toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                lines.add("SPOOL %s mode=%o uid=1008 gid=1008 size=%d content=b'%s'"
                        .formatted(
                                file.getFileName(),
                                Files.getAttribute(file, "unix:mode"),
                                content.length(),
                                content.replace("\0", "\\x00")));
            }
        }
        return lines.isEmpty() ? List.of("SPOOL empty") : lines;
    }
}
