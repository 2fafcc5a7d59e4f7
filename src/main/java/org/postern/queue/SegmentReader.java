package org.postern.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * Reads what a segment holds. A record that is torn does not count; behind it the next whole one is looked for, so that a
 * damaged octet costs one message and not all that follow.
 *
 * @param records in their order
 * @param damaged how many octets in front of the last whole record belong to none
 * @param torn how many are behind it: what was being written when the machine stopped
 */
record SegmentReader(List<LogRecord> records, long damaged, long torn) {
    static SegmentReader read(Path file) throws IOException {
        byte[] octets = Files.readAllBytes(file);
        String start = Octets.of(octets, 0, Math.min(octets.length, LogRecord.LONGEST_LINE));
        Matcher head = LogRecord.HEAD.matcher(start);
        if (!head.lookingAt()) {
            // The head is synced before anything else is written.
            boolean unfinished = octets.length <= LogRecord.HEAD_OCTETS;
            return new SegmentReader(List.of(), unfinished ? 0 : octets.length, unfinished ? octets.length : 0);
        }
        return new Scan(octets, head.group(1), head.end()).run();
    }

    private static final class Scan {
        private final byte[] octets;
        private final String token;
        private final byte[] mark;
        private final List<LogRecord> records = new ArrayList<>();
        private int at;

        Scan(byte[] octets, String token, int at) {
            this.octets = octets;
            this.token = token;
            this.at = at;
            mark = Octets.bytes(" " + token + " ");
        }

        SegmentReader run() {
            long damaged = 0;
            int skipped = 0;
            while (at < octets.length) {
                int begin = at;
                LogRecord record = record();
                if (record != null) {
                    records.add(record);
                    damaged += skipped;
                    skipped = 0;
                } else {
                    at = next(begin + 1);
                    skipped += at - begin;
                }
            }
            return new SegmentReader(records, damaged, skipped);
        }

        /** The record that begins here, and goes behind it; null where none does. */
        private @Nullable LogRecord record() {
            int end = at;
            while (end < octets.length && octets[end] != '\n' && end - at < LogRecord.LONGEST_LINE) {
                end++;
            }
            if (end == octets.length || octets[end] != '\n') {
                return null;
            }
            LogRecord.Line line = LogRecord.parse(Octets.of(octets, at, end - at), token);
            if (line == null) {
                return null;
            }
            if (line.length() < 0) {
                at = end + 1;
                return new LogRecord.Done(line.name());
            }
            int offset = end + 1;
            if (line.length() > octets.length - offset || crc(offset, (int) line.length()) != line.crc()) {
                return null;
            }
            at = offset + (int) line.length();
            return new LogRecord.Message(line.name(), offset, (int) line.length());
        }

        private long crc(int offset, int length) {
            CRC32 crc = new CRC32();
            crc.update(octets, offset, length);
            return crc.getValue();
        }

        /** Where the next line with the token may begin; the end where there is none. */
        private int next(int from) {
            for (int i = from; i + mark.length < octets.length; i++) {
                if ((octets[i] == 'M' || octets[i] == 'D') && matches(i + 1)) {
                    return i;
                }
            }
            return octets.length;
        }

        private boolean matches(int from) {
            for (int i = 0; i < mark.length; i++) {
                if (octets[from + i] != mark[i]) {
                    return false;
                }
            }
            return true;
        }
    }
}
