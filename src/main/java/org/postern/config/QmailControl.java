package org.postern.config;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postern.file.Remembered;
import org.postern.os.Octets;

/**
 * qmail's control directory: a file a setting. Trailing blanks and tabs of a line do not count; in files of many lines,
 * empty ones and those that begin with # are skipped (qmail-control(9)).
 *
 * @param directory usually /var/qmail/control
 * @param reads is told of each file that is read
 */
public record QmailControl(Path directory, Remembered.Reads reads) {
    /** For one who reads once, or anew each time. */
    public QmailControl(Path directory) {
        this(directory, Remembered.Reads.forgotten());
    }

    /** The first line of a file; empty where there is no such file. */
    public Optional<String> line(String name) throws IOException {
        return read(name).map(text -> cut(text.lines().findFirst().orElse("")));
    }

    /** All lines that count; empty where there is no such file, an empty list where it has none. */
    public Optional<List<String>> lines(String name) throws IOException {
        return read(name).map(text -> {
            List<String> lines = new ArrayList<>();
            for (String line : text.split("\n", -1)) {
                String kept = cut(line);
                if (!kept.isEmpty() && kept.charAt(0) != '#') {
                    lines.add(kept);
                }
            }
            return lines;
        });
    }

    /** The same with the lines' numbers, for messages that name one. */
    public Optional<List<NumberedLine>> numberedLines(String name) throws IOException {
        return read(name).map(text -> {
            List<NumberedLine> lines = new ArrayList<>();
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                String kept = cut(line);
                if (!kept.isEmpty() && kept.charAt(0) != '#') {
                    lines.add(new NumberedLine(number, kept));
                }
            }
            return lines;
        });
    }

    /** @param number counted from 1 */
    public record NumberedLine(int number, String text) {}

    /** The number a file's first line begins with, as qmail's scan_ulong reads it; empty where it has none. */
    public Optional<Long> number(String name) throws IOException {
        return line(name).flatMap(QmailControl::leadingNumber);
    }

    static Optional<Long> leadingNumber(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        if (digits == 0) {
            return Optional.empty();
        }
        return Optional.of(digits > 18 ? Long.MAX_VALUE : Long.parseLong(text.substring(0, digits)));
    }

    /** {@code me}: the host's name, which most other settings default to. */
    public Optional<String> me() throws IOException {
        return line("me");
    }

    private Optional<String> read(String name) throws IOException {
        Path file = directory.resolve(name);
        reads.file(file);
        try {
            return Optional.of(Octets.of(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            // "Is a directory" comes without the name.
            throw new FileSystemException(file.toString(), null, e.getMessage());
        }
    }

    /** Without blanks and tabs at its end. */
    static String cut(String line) {
        int end = line.length();
        while (end > 0 && " \t\n".indexOf(line.charAt(end - 1)) >= 0) {
            end--;
        }
        return line.substring(0, end);
    }
}
