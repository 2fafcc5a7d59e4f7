package org.postern.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.file.Disk;
import org.postern.file.SharedSync;
import org.postern.mail.Action;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;

/**
 * Which recipients of a message are finished, and how: the file below marks/. Records that cannot be written are kept
 * in memory and written before the next one. Not for use by two threads at once.
 */
public final class Marks {
    /** So much of a report is kept for the bounce. */
    private static final int MAX_REPORT = 4000;

    private final Disk disk;
    private final Path file;
    private final SharedSync directory;
    private final BitSet finished = new BitSet();
    private final List<String> unsaved = new ArrayList<>();
    private boolean failures;
    /** Those whose success somebody wants to hear of. */
    private final BitSet successes = new BitSet();
    /** How many of them have been told of, in the order of their records. */
    private int told;
    /** Those whose delay was told of. */
    private final BitSet delayed = new BitSet();

    private @Nullable MessageName bounce;
    private boolean exists;
    private boolean named;
    private boolean torn;

    /**
     * What became of a recipient of whom somebody wants to hear.
     *
     * @param report what was said, perhaps nothing
     * @param tried when; the epoch where it is not known
     */
    public record Outcome(int recipient, Action action, String report, Instant tried) {}

    /** Receives them. */
    @FunctionalInterface
    public interface OutcomeReader {
        void outcome(Outcome outcome) throws IOException;
    }

    private Marks(Disk disk, Path file, SharedSync directory) {
        this.disk = disk;
        this.file = file;
        this.directory = directory;
    }

    static Marks read(Disk disk, Path file, SharedSync directory) throws IOException {
        Marks marks = new Marks(disk, file, directory);
        marks.load();
        return marks;
    }

    /** Line by line: the file of a message to 100,000 recipients is not held in memory. */
    private void load() throws IOException {
        if (FilesAt.findName(FilesAt.WORKING_DIRECTORY, Octets.of(file)).errno() == Errno.ENOENT.number()) {
            return; // As for nearly all messages; an exception would cost more than all the rest.
        }
        try (var lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            exists = true;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String record = valid(line);
                if (record != null) {
                    load(record);
                }
            }
            torn = Files.size(file) > 0 && !endsWithLineFeed();
        } catch (NoSuchFileException e) {
            exists = false; // Gone in this moment.
        }
    }

    private void load(String record) {
        switch (record.charAt(0)) {
            case 'D' -> finished.set(Integer.parseInt(record.substring(2)));
            case 'F' -> {
                finished.set(recipient(record));
                failures = true;
            }
            case 'S' -> {
                finished.set(recipient(record));
                successes.set(recipient(record));
            }
            case 'T' -> told = Integer.parseInt(record.substring(2));
            case 'W' -> delayed.set(Integer.parseInt(record.substring(2)));
            case 'B' -> bounce = MessageName.parse(record.substring(2)).orElse(null);
            default -> {
                // A record of a later Postern: what it does not know it leaves alone.
            }
        }
    }

    /** The number in a record that goes on behind it. */
    private static int recipient(String record) {
        return Integer.parseInt(record.substring(2, record.indexOf(' ', 2)));
    }

    private boolean endsWithLineFeed() throws IOException {
        try (var channel = Files.newByteChannel(file)) {
            channel.position(channel.size() - 1);
            var last = java.nio.ByteBuffer.allocate(1);
            return channel.read(last) == 1 && last.get(0) == '\n';
        }
    }

    /** The recipients that are finished, as a copy. */
    public BitSet finished() {
        return (BitSet) finished.clone();
    }

    public boolean hasFailures() {
        return failures;
    }

    /** Some are delivered whose sender wants to hear of it and has not yet. */
    public boolean hasSuccesses() {
        return successes.cardinality() > told;
    }

    /** The sender has been told that this one has to wait. */
    public boolean isDelayTold(int recipient) {
        return delayed.get(recipient);
    }

    /** The bounce's name, where one was begun. */
    public Optional<MessageName> bounce() {
        return Optional.ofNullable(bounce);
    }

    /** There is a file to be removed with the message. */
    public boolean onDisk() {
        return exists;
    }

    /** Some records are in memory only. */
    public boolean isUnsaved() {
        return !unsaved.isEmpty();
    }

    /** This recipient has it; known to this object only, for the last recipient of all: removing the message is the mark. */
    public void deliveredLast(int recipient) {
        finished.set(recipient);
        unsaved.add(line("D " + recipient));
    }

    /** This recipient has it. */
    public void delivered(int recipient) throws IOException {
        deliveredLast(recipient);
        save();
    }

    /** These recipients are given up, without a word to the sender. */
    public void abandoned(Collection<Integer> recipients) throws IOException {
        recipients.forEach(this::deliveredLast);
        save();
    }

    /** These recipients are given up: the sender is told so. */
    public void failedAll(Collection<Integer> recipients, String report) throws IOException {
        for (int recipient : recipients) {
            finished.set(recipient);
            unsaved.add(line("F " + recipient + " " + escape(report)));
        }
        failures = true;
        save();
    }

    /** This recipient refused it for good. */
    public void failed(int recipient, String report, Instant tried) throws IOException {
        finished.set(recipient);
        failures = true;
        unsaved.add(line("A " + recipient + " " + tried.getEpochSecond()));
        unsaved.add(line("F " + recipient + " " + kept(report)));
        save();
    }

    /** This recipient has it, and the sender wants to hear so. */
    public void succeeded(int recipient, Action action, String report, Instant tried) throws IOException {
        finished.set(recipient);
        successes.set(recipient);
        unsaved.add(line("A " + recipient + " " + tried.getEpochSecond()));
        unsaved.add(line("S " + recipient + " " + action.word() + " " + kept(report)));
        save();
    }

    /** The sender has been told of every success until now. */
    public void successesTold() throws IOException {
        told = successes.cardinality();
        unsaved.add(line("T " + told));
        save();
    }

    /** The sender has been told that these have to wait. */
    public void delayTold(Collection<Integer> recipients) throws IOException {
        for (int recipient : recipients) {
            delayed.set(recipient);
            unsaved.add(line("W " + recipient));
        }
        save();
    }

    private static String kept(String report) {
        return escape(report.length() > MAX_REPORT ? report.substring(0, MAX_REPORT) : report);
    }

    /** The bounce is going to have this name. */
    public void bounceWillBe(MessageName name) throws IOException {
        bounce = name;
        unsaved.add(line("B " + name.text()));
        save();
    }

    /** Writes what is not on disk yet. */
    public void save() throws IOException {
        if (unsaved.isEmpty()) {
            return;
        }
        byte[] octets = Octets.bytes((torn ? "\n" : "") + String.join("", unsaved));
        try (Disk.Output out = exists ? disk.append(file) : disk.create(file, 0600)) {
            exists = true;
            // Should the write fail in its middle, the next one begins on a line of its own.
            torn = true;
            out.write(octets, 0, octets.length);
            out.sync();
        }
        if (!named) {
            directory.sync();
            named = true;
        }
        torn = false;
        unsaved.clear();
    }

    /** What was read may have been written by a process that was killed before its sync: now it is durable. */
    public void sync() throws IOException {
        try (Disk.Output out = disk.append(file)) {
            out.sync();
        }
        directory.sync();
        save();
    }

    /** The failures, in the order they happened; a record that was written twice counts once. */
    public void forEachFailure(OutcomeReader reader) throws IOException {
        forEach(
                'F',
                0,
                (recipient, text, tried) ->
                        reader.outcome(new Outcome(recipient, Action.FAILED, unescape(text), tried)));
    }

    /** The successes that the sender has not been told of yet. */
    public void forEachSuccess(OutcomeReader reader) throws IOException {
        forEach('S', told, (recipient, text, tried) -> {
            int space = text.indexOf(' ');
            Action action = Action.valueOf(Octets.upperCase(text.substring(0, space)));
            reader.outcome(new Outcome(recipient, action, unescape(text.substring(space + 1)), tried));
        });
    }

    /** Receives a record of a recipient: its text, and when it was tried. */
    @FunctionalInterface
    private interface RecordReader {
        void read(int recipient, String text, Instant tried) throws IOException;
    }

    private void forEach(char letter, int skipped, RecordReader reader) throws IOException {
        BitSet seen = new BitSet();
        int triedOne = -1;
        Instant tried = Instant.EPOCH;
        try (var lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String record = valid(line);
                if (record != null && record.charAt(0) == 'A') {
                    triedOne = recipient(record);
                    tried = Instant.ofEpochSecond(Long.parseLong(record.substring(record.indexOf(' ', 2) + 1)));
                } else if (record != null && record.charAt(0) == letter) {
                    int recipient = recipient(record);
                    boolean again = seen.get(recipient);
                    seen.set(recipient);
                    if (!again && seen.cardinality() > skipped) {
                        reader.read(
                                recipient,
                                record.substring(record.indexOf(' ', 2) + 1),
                                recipient == triedOne ? tried : Instant.EPOCH);
                    }
                }
            }
        } catch (NoSuchFileException e) {
            return;
        }
    }

    /** The record in a line whose check sum is right; else null. */
    private static @Nullable String valid(String line) {
        int space = line.lastIndexOf(' ');
        return space > 2 && line.substring(space + 1).equals(crc(line.substring(0, space)))
                ? line.substring(0, space)
                : null;
    }

    private static String line(String record) {
        return record + " " + crc(record) + "\n";
    }

    private static String crc(String record) {
        return String.format(Locale.ROOT, "%08x", MessageFile.crc(Octets.bytes(record)));
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                char next = text.charAt(++i);
                out.append(next == 'n' ? '\n' : next == 'r' ? '\r' : next);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
