package org.postern.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Where a message's octets lie: in a file of its own, or in a stretch of a segment.
 *
 * @param length how many octets; negative: all of the file
 */
record Place(Path file, long offset, long length) {
    static Place whole(Path file) {
        return new Place(file, 0, -1);
    }

    /** What is done with the open file. */
    @FunctionalInterface
    interface Use<T> {
        T of(FileChannel channel, Place place) throws IOException;
    }

    /** Opens it; where it was moved in this moment, at its new place. The channel is the user's to close. */
    static <T> T open(Whereabouts current, Use<T> use) throws IOException {
        Place place = current.place();
        FileChannel channel;
        try {
            channel = place.open();
        } catch (NoSuchFileException e) {
            Place moved = current.place();
            if (moved.equals(place)) {
                throw e;
            }
            place = moved;
            channel = place.open();
        }
        return use.of(channel, place);
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    /** How many octets the message with its envelope and footer has. */
    long length(FileChannel channel) throws IOException {
        return length < 0 ? channel.size() : length;
    }
}
