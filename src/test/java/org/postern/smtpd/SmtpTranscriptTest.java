package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.config.RcptHosts;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.queue.TestingIntake;

/**
 * Dialogues from src/test/resources/transcripts/smtp. Above the greeting stand settings: {@code manners: qmail|serve},
 * {@code dsn: yes}, {@code auth: yes|tls only|demanded}, {@code tls: yes}, {@code rcpthosts: NAME …}, {@code relay: yes|no|unknown}. Lines {@code C:} that follow each other are sent at once,
 * each with CR LF; {@code \r} and {@code \n} in them stand for the octets. Below the dialogue stand the messages
 * queued: {@code QUEUED: SENDER -> RECIPIENT …}, in brackets what the sender wants to hear (RFC 3461), and their text without the Received line.
 */
class SmtpTranscriptTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/transcripts/smtp");

    static Stream<Path> transcripts() throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void isHeldAsWritten(Path file) throws IOException {
        TestingSession session = TestingSession.serve();
        List<String> pieces = new ArrayList<>();
        List<String> replies = new ArrayList<>(List.of(""));
        StringBuilder queued = new StringBuilder();
        boolean closed = false;
        char last = 'S';
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            String value = line.substring(Math.min(line.length(), line.indexOf(':') + 2));
            if (line.startsWith("C:")) {
                String octets = value.replace("\\r", "\r").replace("\\n", "\n") + "\r\n";
                if (last == 'C') {
                    pieces.add(pieces.removeLast() + octets);
                } else {
                    pieces.add(octets);
                    replies.add("");
                }
                last = 'C';
            } else if (line.equals("S: <closed>")) {
                closed = true;
            } else if (line.startsWith("S:")) {
                replies.add(replies.removeLast() + value + "\r\n");
                last = 'S';
            } else if (line.startsWith("QUEUED:")) {
                queued.append(value).append('\n');
            } else if (line.startsWith("TEXT:")) {
                queued.append("  ").append(value).append('\n');
            } else if (!line.startsWith("#")) {
                session = set(session, line.substring(0, line.indexOf(':')), value);
            }
        }
        TestingSmtpDialogue client = new TestingSmtpDialogue(pieces, false);
        End end = session.run(client);
        assertThat(client.replies()).isEqualTo(replies);
        assertThat(end != End.VANISHED).isEqualTo(closed);
        assertThat(shown(session.intake())).isEqualTo(queued.toString());
    }

    private static TestingSession set(TestingSession session, String name, String value) {
        return switch (name) {
            case "manners" -> value.equals("qmail") ? TestingSession.qmail() : TestingSession.serve();
            case "dsn" -> session.dsn();
            case "auth" ->
                session.logins(
                        value.equals("demanded") ? Logins.Offer.DEMANDED : Logins.Offer.YES, !value.equals("tls only"));
            case "tls" -> session.tls(new Tls.InUse("TLSv1.3 TLS_AES_256_GCM_SHA384"));
            case "rcpthosts" -> session.rcpthosts(RcptHosts.of(value.split(" ", -1)));
            case "relay" ->
                session.relaying((from, to) -> switch (value) {
                    case "yes" -> new Relaying.Answer.Yes();
                    case "unknown" -> new Relaying.Answer.Unknown();
                    default -> new Relaying.Answer.No("log in by POP3 first");
                });
            default -> throw new IllegalArgumentException("no setting " + name);
        };
    }

    private static String shown(Envelope envelope) {
        StringBuilder shown = new StringBuilder(envelope.sender());
        DsnMail dsn = envelope.dsn();
        if (!dsn.equals(DsnMail.NONE)) {
            shown.append("[").append(dsn.ret()).append(" ").append(dsn.envid()).append("]");
        }
        shown.append(" ->");
        for (int i = 0; i < envelope.recipients().size(); i++) {
            shown.append(" ").append(envelope.recipients().get(i));
            DsnRcpt rcpt = envelope.dsnRcpt(i);
            if (!rcpt.equals(DsnRcpt.NONE)) {
                shown.append("[")
                        .append(rcpt.wanted())
                        .append(" ")
                        .append(rcpt.orcpt())
                        .append("]");
            }
        }
        return shown.append('\n').toString();
    }

    private static String shown(TestingIntake intake) {
        StringBuilder shown = new StringBuilder();
        for (TestingIntake.Message message : intake.messages()) {
            shown.append(shown(message.envelope()));
            String text = message.text();
            assertThat(text).startsWith("Received: from ");
            String body = text.substring(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
            body.lines().forEach(line -> shown.append("  ").append(line).append('\n'));
        }
        return shown.toString();
    }
}
