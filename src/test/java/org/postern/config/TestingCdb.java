package org.postern.config;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;

/** Makes a cdb of keys without values, in the format of https://cr.yp.to/cdb/cdb.txt. */
public final class TestingCdb {
    private TestingCdb() {}

    private record Entry(int hash, int position) {}

    public static byte[] of(List<String> keys) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        List<List<Entry>> tables = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            tables.add(new ArrayList<>());
        }
        for (String key : keys) {
            int hash = 5381;
            for (byte octet : Octets.bytes(key)) {
                hash = (hash << 5) + hash ^ octet & 0xff;
            }
            tables.get(hash & 0xff).add(new Entry(hash, 2048 + records.size()));
            records.writeBytes(words(key.length(), 0));
            records.writeBytes(Octets.bytes(key));
        }
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        for (List<Entry> table : tables) {
            int slots = table.size() * 2;
            header.writeBytes(words(2048 + records.size(), slots));
            Entry[] placed = new Entry[slots];
            for (Entry entry : table) {
                int slot = Integer.remainderUnsigned(entry.hash >>> 8, slots);
                while (placed[slot] != null) {
                    slot = (slot + 1) % slots;
                }
                placed[slot] = entry;
            }
            for (Entry entry : placed) {
                records.writeBytes(entry == null ? words(0, 0) : words(entry.hash, entry.position));
            }
        }
        header.writeBytes(records.toByteArray());
        return header.toByteArray();
    }

    private static byte[] words(int first, int second) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(first)
                .putInt(second)
                .array();
    }
}
