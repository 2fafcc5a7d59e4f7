package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.postern.os.Octets;

/**
 * Dialogues in {@code C:}/{@code S:} form (src/test/resources/transcripts), run against a session.
 *
 * <p>A line of the file is {@code C: text}, what the client sends, or {@code S: text}, what the server says; each stands
 * for one line of the protocol, its CR LF not written. C lines that follow each other are sent in one packet. Octets
 * that are no printable ASCII are written {@code \r \n \t \\ \x00}, a blank at the end {@code \x20}; a backslash at the end of a line means that no CR LF
 * follows. Lines that begin with # and empty ones are for the reader. After the last line the client closes.
 */
public final class TestingTranscript {
    private static final Path ROOT = Path.of("src/test/resources/transcripts");

    private TestingTranscript() {}

    /** The transcripts in a directory below transcripts/, as {@code pop3/rfc1939.txt}. */
    public static List<String> in(String directory) throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve(directory))) {
            return files.map(file -> ROOT.relativize(file).toString()).sorted().toList();
        }
    }

    /** Runs the transcript's client against the session; fails where the server says something else. */
    public static void play(String transcript, TestingDialogue.Session session) throws Exception {
        List<String> lines = Octets.of(Files.readAllBytes(ROOT.resolve(transcript)))
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        List<TestingDialogue.Turn> turns = new ArrayList<>();
        StringBuilder packet = new StringBuilder();
        for (String line : lines) {
            if (line.startsWith("C:")) {
                packet.append(sent(text(line)));
            } else if (!line.startsWith("S:")) {
                throw new IOException(transcript + ": neither C: nor S: nor #: " + line);
            } else if (!packet.isEmpty()) {
                turns.add(new TestingDialogue.Turn(packet.toString()));
                packet.setLength(0);
            }
        }
        if (!packet.isEmpty()) {
            turns.add(new TestingDialogue.Turn(packet.toString()));
        }
        List<String> replies = new TestingDialogue(turns).play(session).replies();
        assertThat(seen(turns, replies)).as(transcript).isEqualTo(String.join("\n", normalized(lines)) + "\n");
    }

    /** The dialogue as it was, written as the file is. */
    private static String seen(List<TestingDialogue.Turn> turns, List<String> replies) {
        StringBuilder seen = new StringBuilder();
        for (int i = 0; i < Math.max(replies.size(), turns.size() + 1); i++) {
            if (i > 0) {
                written("C: ", turns.get(i - 1).input(), seen);
            }
            written("S: ", i < replies.size() ? replies.get(i) : "(not taken by the server)\r\n", seen);
        }
        return seen.toString();
    }

    private static void written(String side, String octets, StringBuilder into) {
        String rest = octets;
        while (!rest.isEmpty()) {
            int end = rest.indexOf("\r\n");
            String line = end < 0 ? rest : rest.substring(0, end);
            into.append((side + escaped(line) + (end < 0 ? "\\" : "")).stripTrailing())
                    .append('\n');
            rest = end < 0 ? "" : rest.substring(end + 2);
        }
    }

    /** The lines of the file in the one form that {@link #written} gives them. */
    private static List<String> normalized(List<String> lines) {
        List<String> normalized = new ArrayList<>();
        for (String line : lines) {
            StringBuilder one = new StringBuilder();
            written(line.substring(0, 2) + " ", sent(text(line)), one);
            normalized.add(one.toString().stripTrailing());
        }
        return normalized;
    }

    private static String text(String line) {
        return line.startsWith(": ", 1) ? line.substring(3) : line.substring(2);
    }

    private static String sent(String text) {
        boolean open = text.endsWith("\\") && !text.endsWith("\\\\");
        String line = open ? text.substring(0, text.length() - 1) : text;
        return TestingRecords.unquote('"' + line + '"') + (open ? "" : "\r\n");
    }

    private static String escaped(String octets) {
        StringBuilder text = new StringBuilder();
        octets.chars()
                .forEach(c -> text.append(
                        switch (c) {
                            case '\r' -> "\\r";
                            case '\n' -> "\\n";
                            case '\t' -> "\\t";
                            case '\\' -> "\\\\";
                            default -> c < ' ' || c > '~' ? "\\x%02x".formatted(c) : Character.toString(c);
                        }));
        return text.toString().replaceFirst(" $", "\\\\x20");
    }
}
