package org.postern.config;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.postern.os.Octets;

/**
 * morercpthosts.cdb, as qmail-newmrh writes it: the keys are the names. Opened for each name, so that a file put in its
 * place by a rename is seen at once.
 */
record MoreRcptHosts(Path file) implements RcptHosts.More {
    /** @throws IOException where it is there and cannot be opened */
    static boolean isThere(Path file) throws IOException {
        if (Files.notExists(file)) {
            return false;
        }
        FileChannel.open(file).close();
        return true;
    }

    @Override
    public boolean contains(String name) throws IOException {
        byte[] key = Octets.bytes(name);
        int hash = hash(key);
        try (FileChannel cdb = FileChannel.open(file)) {
            ByteBuffer table = at(cdb, (hash & 0xffL) * 8, 8);
            long position = table.getInt() & 0xffffffffL;
            long slots = table.getInt() & 0xffffffffL;
            for (long i = 0; i < slots; i++) {
                long slot = ((hash >>> 8) + i) % slots;
                ByteBuffer entry = at(cdb, position + slot * 8, 8);
                int entryHash = entry.getInt();
                long record = entry.getInt() & 0xffffffffL;
                if (record == 0) {
                    return false;
                }
                if (entryHash == hash
                        && at(cdb, record, 8).getInt() == key.length
                        && Arrays.equals(at(cdb, record + 8, key.length).array(), key)) {
                    return true;
                }
            }
            return false;
        } catch (EOFException e) {
            throw new IOException(file + ": not a whole cdb; make it again with qmail-newmrh", e);
        }
    }

    private static ByteBuffer at(FileChannel cdb, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (cdb.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException();
            }
        }
        return buffer.flip();
    }

    private static int hash(byte[] key) {
        int hash = 5381;
        for (byte octet : key) {
            hash = hash * 33 ^ octet & 0xff;
        }
        return hash;
    }
}
