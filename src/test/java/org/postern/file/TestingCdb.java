package org.postern.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;

/** Makes cdbs, and lists what is in one without looking it up. */
public final class TestingCdb {
    public record Entry(String key, String value) {}

    private TestingCdb() {}

    public static Path write(Path file, List<Entry> entries) throws IOException {
        try (CdbWriter writer = CdbWriter.create(file)) {
            for (Entry e : entries) {
                writer.add(e.key, e.value);
            }
            writer.finish();
        }
        return file;
    }

    /** All records, in the file's order. */
    public static List<Entry> entries(Path file) throws IOException {
        ByteBuffer octets = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int end = octets.getInt(0);
        octets.position(2048);
        List<Entry> entries = new ArrayList<>();
        while (octets.position() < end) {
            byte[] key = new byte[octets.getInt()];
            byte[] value = new byte[octets.getInt()];
            octets.get(key).get(value);
            entries.add(new Entry(Octets.of(key), Octets.of(value)));
        }
        return entries;
    }
}
