package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import org.postern.file.Disk;

/** A message's file coming into being: under a temporary name, and once whole and synced under its own. */
final class NewMessage implements Closeable {
    private static final int BUFFER = 8192;

    private final Disk disk;
    private final Path temporary;
    private final Path target;
    private final Leftovers left;
    private final Disk.Output out;
    private final byte[] buffer = new byte[BUFFER];
    private int pending;
    private long length;
    private boolean finished;
    private boolean closed;

    NewMessage(Disk disk, Path temporary, Path target, int mode, Leftovers left) throws IOException {
        this.disk = disk;
        this.temporary = temporary;
        this.target = target;
        this.left = left;
        left.keep(temporary);
        try {
            out = create(mode);
        } catch (IOException e) {
            left.remove(temporary);
            throw e;
        }
    }

    private Disk.Output create(int mode) throws IOException {
        try {
            return disk.create(temporary, mode);
        } catch (FileAlreadyExistsException e) {
            // Nobody else makes this name: an earlier try failed, and what it wrote could not be removed.
            disk.unlink(temporary);
            return disk.create(temporary, mode);
        }
    }

    void write(byte[] from, int offset, int count) throws IOException {
        put(from, offset, count);
        length += count;
    }

    /** Makes it whole. Durable only when the directory is synced, too. */
    void finish(byte[] envelope) throws IOException {
        put(envelope, 0, envelope.length);
        put(MessageFile.footer(length, envelope), 0, MessageFile.FOOTER);
        finish();
    }

    /** The same, given all octets, the footer included. */
    void finishAsItIs(byte[] octets) throws IOException {
        put(octets, 0, octets.length);
        finish();
    }

    private void finish() throws IOException {
        flush();
        out.sync();
        closed = true;
        out.close();
        left.keep(target);
        disk.rename(temporary, target);
        finished = true;
    }

    private void put(byte[] from, int offset, int count) throws IOException {
        if (count > BUFFER - pending) {
            flush();
        }
        if (count >= BUFFER) {
            out.write(from, offset, count);
            return;
        }
        System.arraycopy(from, offset, buffer, pending, count);
        pending += count;
    }

    private void flush() throws IOException {
        if (pending > 0) {
            out.write(buffer, 0, pending);
            pending = 0;
        }
    }

    /** Takes a finished one back. */
    void withdraw() {
        left.remove(target);
    }

    /** What was not finished is removed, as soon as the disk lets us; after a stop recovery does (D1, M1). */
    @Override
    public void close() {
        try {
            if (!closed) {
                closed = true;
                out.close();
            }
        } catch (IOException e) {
            // It goes in any case.
        }
        if (!finished) {
            finished = true;
            left.remove(temporary);
        }
    }
}
