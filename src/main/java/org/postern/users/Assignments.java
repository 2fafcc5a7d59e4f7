package org.postern.users;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.postern.file.Cdb;
import org.postern.os.Errno;
import org.postern.os.Octets;

/**
 * users/cdb, as qmail-newu writes it ({@link AssignCompiler}). Opened for each look-up, so that a file put in its place by a
 * rename is seen at once. For any number of threads.
 *
 * @param file need not be there: then nothing is assigned
 */
public record Assignments(Path file) {
    private static final int OTHERS_WRITE = 0002;

    /**
     * The assignment of this address; of several wildcards the longest.
     *
     * @throws IOException where that cannot be told now: a report for the log and the sender, with file and remedy
     */
    public Optional<Assignment> find(String localPart) throws IOException {
        try (Cdb cdb = Cdb.open(file)) {
            demandSound();
            return find(cdb, localPart);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new IOException(
                    "Trouble reading " + Octets.of(file) + ": " + Errno.djbText(e)
                            + "; make it again with qmail-newu. (#4.3.0)",
                    e);
        }
    }

    private void demandSound() throws IOException {
        if (Files.getAttribute(file, "unix:mode") instanceof Integer mode && (mode & OTHERS_WRITE) != 0) {
            throw new IOException("everyone may write to it, so anyone could read others' mail: chmod o-w it");
        }
    }

    private static Optional<Assignment> find(Cdb cdb, String localPart) throws IOException {
        // qmail-newu of any make writes the record, empty where there are no wildcards.
        String breaks =
                Octets.lowerCase(cdb.find("").orElseThrow(() -> new IOException("it has no table of wildcards")));
        String key = "!" + Octets.lowerCase(localPart);
        Optional<String> exact = cdb.find(key + "\0");
        if (exact.isPresent()) {
            return Optional.of(parse(exact.get(), true, ""));
        }
        for (int end = key.length(); end > 0; end--) {
            if (end == 1 || breaks.indexOf(key.charAt(end - 1)) >= 0) {
                Optional<String> wildcard = cdb.find(key.substring(0, end));
                if (wildcard.isPresent()) {
                    return Optional.of(parse(wildcard.get(), false, localPart.substring(end - 1)));
                }
            }
        }
        return Optional.empty();
    }

    private static Assignment parse(String value, boolean exact, String rest) throws IOException {
        return switch (Assignment.parse(value, exact, rest)) {
            case Assignment.Parsed.Good(Assignment assignment) -> assignment;
            case Assignment.Parsed.Bad(String why) -> throw new IOException(why);
        };
    }
}
