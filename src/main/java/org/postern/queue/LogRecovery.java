package org.postern.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.chain.Log;

/**
 * What a start finds in the log.
 *
 * @param segments the oldest first
 * @param messages those that are not done, and have no file in mess/
 * @param moved those that have one, though the log does not say so: their end is written when they go
 * @param lastNumber of a segment; 0 where there is none
 */
record LogRecovery(List<Segment> segments, Map<MessageName, In> messages, Map<MessageName, In> moved, long lastNumber) {
    /** Where a message is. */
    record In(Segment segment, Place place) {}

    /** @param inMess the names of the messages that have a file: their records in the log are older */
    static LogRecovery read(QueueDirectory queue, Set<String> inMess, Log log) throws IOException {
        List<Path> paths = paths(queue, log);
        List<Segment> segments = new ArrayList<>();
        Map<MessageName, In> messages = new HashMap<>();
        InOrder.read(paths, LogWriter.MOST_OF_A_SEGMENT, SegmentReader::read, (path, read) -> {
            Segment segment = new Segment(path);
            segment.sealed = true;
            segments.add(segment);
            segment.damaged = read.damaged() > 0;
            for (LogRecord record : read.records()) {
                switch (record) {
                    case LogRecord.Message m ->
                        messages.put(m.name(), new In(segment, new Place(path, m.offset(), m.length())));
                    case LogRecord.Done d -> messages.remove(d.name());
                }
            }
            if (read.torn() > 0) {
                log.line("warning: " + path + " ends in " + read.torn() + " octets that nobody was promised: ignored");
            }
        });
        Map<MessageName, In> moved = new HashMap<>(messages);
        moved.keySet().removeIf(name -> !inMess.contains(name.text()));
        messages.keySet().removeAll(moved.keySet());
        return new LogRecovery(segments, messages, moved, paths.isEmpty() ? 0 : number(paths.getLast()));
    }

    private static List<Path> paths(QueueDirectory queue, Log log) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(queue.log())) {
            for (Path entry : entries) {
                if (entry.getFileName().toString().matches("[0-9]{10}")) {
                    paths.add(entry);
                } else {
                    log.line("warning: " + entry + " is no segment: not touched");
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(paths);
        return paths;
    }

    private static long number(Path path) {
        return Long.parseLong(path.getFileName().toString());
    }
}
