package org.postern.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.postern.file.Disk;
import org.postern.os.Octets;

/**
 * When to try what again, kept over a clean stop as the original keeps it in its files' times. A hint: without it
 * everything is tried at once.
 */
public final class ScheduleFile {
    private static final int BUFFER = 64 << 10;

    private final Path file;
    private final Disk disk;

    ScheduleFile(Path file, Disk disk) {
        this.file = file;
        this.disk = disk;
    }

    /** Receives a message and when its local and its remote recipients are due. */
    @FunctionalInterface
    public interface Reader {
        void due(MessageName name, Instant local, Instant remote);
    }

    /** Writes the lines that the caller appends. */
    @FunctionalInterface
    public interface Lines {
        void writeTo(Appender out) throws IOException;
    }

    /** Where the times of one message go. */
    @FunctionalInterface
    public interface Appender {
        void due(MessageName name, Instant local, Instant remote) throws IOException;
    }

    /** Written anew and renamed, not synced: losing it costs a few early tries. */
    public void write(Lines lines) throws IOException {
        Path unfinished = file.resolveSibling("schedule.new");
        Files.deleteIfExists(unfinished);
        try (Disk.Output out = disk.create(unfinished, 0600)) {
            StringBuilder buffer = new StringBuilder();
            lines.writeTo((name, local, remote) -> {
                buffer.append(name).append(' ').append(local.getEpochSecond()).append(' ');
                buffer.append(remote.getEpochSecond()).append('\n');
                if (buffer.length() > BUFFER) {
                    flush(out, buffer);
                }
            });
            flush(out, buffer);
        }
        disk.rename(unfinished, file);
    }

    private static void flush(Disk.Output out, StringBuilder buffer) throws IOException {
        byte[] octets = Octets.bytes(buffer.toString());
        out.write(octets, 0, octets.length);
        buffer.setLength(0);
    }

    /** Reads it and removes it: after a crash it would be out of date. */
    public void take(Reader reader) throws IOException {
        read(reader);
        if (Files.exists(file)) {
            disk.unlink(file);
        }
    }

    /** Reads it, where it is there. */
    public void read(Reader reader) throws IOException {
        try (var lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                read(line, reader);
            }
        } catch (NoSuchFileException e) {
            return;
        }
    }

    private static void read(String line, Reader reader) {
        String[] parts = line.split(" ", -1);
        Optional<MessageName> name = MessageName.parse(parts[0]);
        if (parts.length == 3 && name.isPresent()) {
            try {
                reader.due(
                        name.get(),
                        Instant.ofEpochSecond(Long.parseLong(parts[1])),
                        Instant.ofEpochSecond(Long.parseLong(parts[2])));
            } catch (NumberFormatException | java.time.DateTimeException e) {
                return; // A damaged hint is no hint.
            }
        }
    }
}
