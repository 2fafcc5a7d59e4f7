package org.postern.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import org.postern.os.Octets;

/**
 * Writes a {@link Cdb}, octet for octet as D. J. Bernstein's cdb_make writes it: records in the order they come, then the
 * tables, each with twice as many slots as records, filled in the records' order; the header last.
 *
 * <p>Whoever writes one writes it under a temporary name, calls {@link #finish}, and then renames it, so that readers see
 * the old file or the new one, whole. Memory: 8 octets a record.
 */
public final class CdbWriter implements Closeable {
    /** Positions have 32 bits. */
    private static final long LIMIT = 0xffff_ffffL;

    private static final Set<PosixFilePermission> READ_BY_ALL = PosixFilePermissions.fromString("rw-r--r--");

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
    private long position = Cdb.HEADER;
    private int records;
    private int[] hashes = new int[64];
    private int[] positions = new int[64];

    private CdbWriter(FileChannel channel) {
        this.channel = channel;
    }

    /** Creates the file, mode 0644 less the umask, or empties it, as cdb_make's callers do. */
    public static CdbWriter create(Path temporary) throws IOException {
        FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING),
                PosixFilePermissions.asFileAttribute(READ_BY_ALL));
        return new CdbWriter(channel.position(Cdb.HEADER));
    }

    /** Creates a file that must not exist yet, mode 0644 whatever the umask: for a cdb that programs of other users read. */
    public static CdbWriter createNew(Path temporary) throws IOException {
        FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(READ_BY_ALL));
        try {
            Files.setPosixFilePermissions(temporary, READ_BY_ALL);
            return new CdbWriter(channel.position(Cdb.HEADER));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Adds a record. One key may have many. */
    public void add(String key, String value) throws IOException {
        byte[] keyOctets = Octets.bytes(key);
        byte[] valueOctets = Octets.bytes(value);
        if (records == hashes.length) {
            hashes = Arrays.copyOf(hashes, 2 * records);
            positions = Arrays.copyOf(positions, 2 * records);
        }
        hashes[records] = Cdb.hash(keyOctets);
        positions[records] = (int) position;
        records++;
        write(keyOctets.length, valueOctets.length);
        write(keyOctets);
        write(valueOctets);
    }

    /** Writes what is missing, and sees to it that all survives a power cut. */
    public void finish() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Cdb.HEADER).order(ByteOrder.LITTLE_ENDIAN);
        int[] sorted = recordsByTable();
        int from = 0;
        for (int table = 0; table < Cdb.TABLES; table++) {
            int to = from;
            while (to < records && (hashes[sorted[to]] & 255) == table) {
                to++;
            }
            header.putInt((int) position).putInt(2 * (to - from));
            writeTable(sorted, from, to);
            from = to;
        }
        flush();
        writeAll(header.flip(), 0);
        channel.force(true);
    }

    private void writeTable(int[] sorted, int from, int to) throws IOException {
        int slots = 2 * (to - from);
        // A record's number plus one; 0 is an empty slot.
        int[] table = new int[slots];
        for (int i = from; i < to; i++) {
            int slot = (hashes[sorted[i]] >>> 8) % slots;
            while (table[slot] != 0) {
                slot = slot + 1 == slots ? 0 : slot + 1;
            }
            table[slot] = sorted[i] + 1;
        }
        for (int entry : table) {
            write(entry == 0 ? 0 : hashes[entry - 1], entry == 0 ? 0 : positions[entry - 1]);
        }
    }

    /** The records' numbers, table by table, within one in the order in which they came (a counting sort). */
    private int[] recordsByTable() {
        int[] next = new int[Cdb.TABLES + 1];
        for (int i = 0; i < records; i++) {
            next[(hashes[i] & 255) + 1]++;
        }
        for (int table = 0; table < Cdb.TABLES; table++) {
            next[table + 1] += next[table];
        }
        int[] sorted = new int[records];
        for (int i = 0; i < records; i++) {
            sorted[next[hashes[i] & 255]++] = i;
        }
        return sorted;
    }

    private void write(int first, int second) throws IOException {
        advance(8);
        if (buffer.remaining() < 8) {
            flush();
        }
        buffer.putInt(first).putInt(second);
    }

    private void write(byte[] octets) throws IOException {
        advance(octets.length);
        if (octets.length > buffer.remaining()) {
            flush();
        }
        if (octets.length > buffer.remaining()) {
            writeAll(ByteBuffer.wrap(octets), channel.position());
        } else {
            buffer.put(octets);
        }
    }

    private void advance(int length) throws IOException {
        position += length;
        if (position > LIMIT) {
            throw new IOException("a cdb holds at most 4 GiB");
        }
    }

    private void flush() throws IOException {
        writeAll(buffer.flip(), channel.position());
        buffer.clear();
    }

    private void writeAll(ByteBuffer octets, long at) throws IOException {
        channel.position(at);
        while (octets.hasRemaining()) {
            channel.write(octets);
        }
    }

    /** Without {@link #finish} before, what was written so far is left under the temporary name. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
