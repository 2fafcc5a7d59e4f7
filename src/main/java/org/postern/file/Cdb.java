package org.postern.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.postern.os.Octets;

/**
 * A constant database (D. J. Bernstein's cdb), open for look-ups. Keys and values are octet strings.
 *
 * <p>The file: 256 pairs of position and slot count (2,048 octets); the records, each key length, value length, key,
 * value; 256 hash tables of slots, each hash and record position. All numbers have 32 bits, little-endian. The hash's
 * low eight bits choose the table, the others the slot where the search begins; it ends at a slot whose position is 0.
 *
 * <p>The file is not trusted. Every place is checked against the file's size, and a look-up visits each slot of one
 * table at most once. A file that was cut is refused when it is opened: the original answers "not found" from one as
 * long as it can, and to tcpserver that means "allow".
 *
 * <p>Opening costs one read of 8 KiB, in which the usual rules file is whole: it is then {@linkplain #isHeld held} in
 * memory. The file is not mapped: one that is cut while it is mapped kills its reader. For any number of threads.
 */
public final class Cdb implements Closeable {
    static final int HEADER = 2048;
    static final int TABLES = 256;
    static final int SLOT = 8;

    /** What is read when the file is opened, and kept. */
    private static final int HEAD = 8192;

    /** The longest value taken, in octets: an environment holds far less. */
    private static final int VALUE_LIMIT = 16 << 20;

    private final FileChannel channel;
    private final ByteBuffer head;
    private final long size;

    private Cdb(FileChannel channel, ByteBuffer head, long size) {
        this.channel = channel;
        this.head = head;
        this.size = size;
    }

    /**
     * Opens the file and checks that all of it is there.
     *
     * @throws IOException also where it is no cdb, or not a whole one
     */
    public static Cdb open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            ByteBuffer head = buffer(HEAD);
            fill(channel, head, 0);
            Cdb cdb = new Cdb(channel, head.flip(), channel.size());
            cdb.checkTables();
            if (cdb.isHeld()) {
                channel.close();
            }
            return cdb;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Whether all of it was read when it was opened: nothing that happens to the file matters any more. */
    public boolean isHeld() {
        return size <= head.limit();
    }

    private void checkTables() throws IOException {
        if (head.limit() < HEADER) {
            throw broken("it ends at octet " + head.limit() + ", its header at " + HEADER);
        }
        long all = 0;
        for (int table = 0; table < TABLES; table++) {
            long slots = slots(table);
            all += slots;
            long end = position(table) + slots * SLOT;
            if (end > size) {
                throw broken("it ends at octet " + size + ", its hash table " + table + " at " + end);
            }
            if (slots > 0 && position(table) < HEADER) {
                throw broken("its hash table " + table + " begins inside the header");
            }
        }
        if (all == 0 && size > HEADER) {
            throw broken("it has records, but no hash table: its writer did not finish");
        }
    }

    /** The first value that was stored under the key. */
    public Optional<String> find(String key) throws IOException {
        byte[] wanted = Octets.bytes(key);
        int hash = hash(wanted);
        long table = position(hash & 255);
        long slots = slots(hash & 255);
        long slot = slots == 0 ? 0 : (hash >>> 8) % slots;
        for (long visited = 0; visited < slots; visited++) {
            ByteBuffer pair = read(table + slot * SLOT, SLOT);
            long record = Integer.toUnsignedLong(pair.getInt(4));
            if (record == 0) {
                break;
            }
            Optional<String> value = pair.getInt(0) == hash ? valueIfKeyIs(wanted, record) : Optional.empty();
            if (value.isPresent()) {
                return value;
            }
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
        return Optional.empty();
    }

    private Optional<String> valueIfKeyIs(byte[] wanted, long record) throws IOException {
        ByteBuffer lengths = read(record, 8);
        long keyLength = Integer.toUnsignedLong(lengths.getInt(0));
        long valueLength = Integer.toUnsignedLong(lengths.getInt(4));
        if (keyLength != wanted.length
                || !Arrays.equals(read(record + 8, wanted.length).array(), wanted)) {
            return Optional.empty();
        }
        if (valueLength > VALUE_LIMIT) {
            throw broken("a value of " + valueLength + " octets");
        }
        return Optional.of(
                Octets.of(read(record + 8 + keyLength, (int) valueLength).array()));
    }

    /** These octets of the file, in an array of their own. */
    private ByteBuffer read(long position, int length) throws IOException {
        if (position < HEADER || position > size || length > size - position) {
            throw broken("it ends at octet " + size + ", a record at " + (position + length));
        }
        ByteBuffer octets = buffer(length);
        if (position + length <= head.limit()) {
            head.get((int) position, octets.array());
            return octets;
        }
        fill(channel, octets, position);
        if (octets.hasRemaining()) {
            throw broken("it was cut while it was read");
        }
        return octets;
    }

    private static void fill(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        int n = 0;
        while (buffer.hasRemaining() && n >= 0) {
            n = channel.read(buffer, position + buffer.position());
        }
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private long position(int table) {
        return Integer.toUnsignedLong(head.getInt(SLOT * table));
    }

    private long slots(int table) {
        return Integer.toUnsignedLong(head.getInt(SLOT * table + 4));
    }

    /** "protocol error" is all that the original has to say about it. */
    private static IOException broken(String how) {
        return new IOException("protocol error (no cdb, or not a whole one: " + how + ")");
    }

    /** cdb_hash: from 5381, h is 33 h, xor the octet. */
    static int hash(byte[] key) {
        int h = 5381;
        for (byte octet : key) {
            h = 33 * h ^ octet & 0xff;
        }
        return h;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
