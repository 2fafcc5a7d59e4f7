package org.postern.maildir;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.zip.CRC32;
import org.postern.file.Disk;
import org.postern.os.Descriptor;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * The sizes of messages whose names do not say them, remembered in the Maildir's file {@code postern-sizes}, so that
 * each message is read once and not at every login (docs/adr/0015). An entry counts only where unique name, inode, size
 * and time all match; a file that is not whole counts for nothing. Losing it costs time, never a wrong answer, so it is
 * renamed into place but not synced.
 */
final class SizeMemory {
    static final String FILE = "postern-sizes";

    private static final String HEADER = "postern-sizes 1\n";
    private static final String TRAILER = "crc32 ";
    /** Some 50,000 messages. What would be more is measured at each login: one user's file is in all users' memory. */
    private static final int LIMIT_OCTETS = 4 << 20;

    private static final int LAST_LINE = 32;
    private static final int FIELDS = 5;

    private final Path maildir;
    private final Map<Measured, Long> remembered;
    private final Map<Measured, Long> used = new HashMap<>();
    private boolean learnt;

    /** What must match. */
    record Measured(String base, long inode, long octets, long modifiedNanos) {}

    private SizeMemory(Path maildir, Map<Measured, Long> remembered) {
        this.maildir = maildir;
        this.remembered = remembered;
    }

    static SizeMemory load(Path maildir) {
        try {
            return new SizeMemory(maildir, parse(read(maildir.resolve(FILE))));
        } catch (IOException | NumberFormatException e) {
            // None, unreadable or damaged: the messages are measured again.
            return new SizeMemory(maildir, Map.of());
        }
    }

    OptionalLong recall(Measured message) {
        Long wireOctets = remembered.get(message);
        if (wireOctets == null) {
            return OptionalLong.empty();
        }
        used.put(message, wireOctets);
        return OptionalLong.of(wireOctets);
    }

    void remember(Measured message, long wireOctets) {
        // A line of the file is a message, so a name with a line feed in it is measured each time.
        if (message.base.indexOf('\n') < 0) {
            used.put(message, wireOctets);
            learnt = true;
        }
    }

    /** Writes what was recalled and remembered, where that is more than the file has; what has gone is left out. */
    void save() {
        if (!learnt) {
            return;
        }
        Path temporary = maildir.resolve("tmp").resolve(FILE + "." + Long.toHexString(System.nanoTime()));
        Disk disk = Disk.real();
        try {
            byte[] octets = Octets.bytes(format());
            try (Disk.Output out = disk.create(temporary, 0600)) {
                out.write(octets, 0, octets.length);
            }
            disk.rename(temporary, maildir.resolve(FILE));
        } catch (IOException e) {
            // A full or read-only disk must not keep anyone from the mail.
            learnt = false;
            forget(disk, temporary);
        }
    }

    private static void forget(Disk disk, Path temporary) {
        try {
            disk.unlink(temporary);
        } catch (IOException e) {
            // It was never made, or it goes with tmp/ after 36 hours.
            return;
        }
    }

    private String format() {
        StringBuilder text = new StringBuilder(HEADER);
        for (Map.Entry<Measured, Long> e : used.entrySet()) {
            Measured m = e.getKey();
            String line = e.getValue() + " " + m.octets + " " + m.modifiedNanos + " " + m.inode + " " + m.base + "\n";
            if (text.length() + line.length() + LAST_LINE > LIMIT_OCTETS) {
                break;
            }
            text.append(line);
        }
        return text + TRAILER + crc(text.toString()) + "\n";
    }

    private static String read(Path file) throws IOException {
        int descriptor = FilesAt.open(FilesAt.WORKING_DIRECTORY, Octets.of(file));
        if (descriptor < 0) {
            throw new OsException("open", -descriptor);
        }
        try (InputStream in = new FileInputStream(Descriptor.java(descriptor))) {
            FilesAt.Status status = FilesAt.status(descriptor);
            if (!status.isRegular() || status.links() != 1 || status.size() > LIMIT_OCTETS) {
                throw new IOException("no file of ours");
            }
            return Octets.of(in.readNBytes(LIMIT_OCTETS));
        }
    }

    private static Map<Measured, Long> parse(String text) throws IOException {
        int trailer = text.lastIndexOf(TRAILER);
        if (!text.startsWith(HEADER)
                || trailer < HEADER.length()
                || !text.substring(trailer).equals(TRAILER + crc(text.substring(0, trailer)) + "\n")) {
            throw new IOException("not whole");
        }
        Map<Measured, Long> entries = new HashMap<>();
        for (String line : text.substring(HEADER.length(), trailer).split("\n", 0)) {
            String[] fields = line.split(" ", FIELDS);
            if (fields.length == FIELDS) {
                entries.put(
                        new Measured(
                                fields[4],
                                Long.parseLong(fields[3]),
                                Long.parseLong(fields[1]),
                                Long.parseLong(fields[2])),
                        Long.valueOf(fields[0]));
            }
        }
        return entries;
    }

    private static String crc(String octets) {
        CRC32 crc = new CRC32();
        crc.update(Octets.bytes(octets));
        return Long.toHexString(crc.getValue());
    }
}
