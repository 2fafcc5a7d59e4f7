package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.postern.file.Disk;

/** A message's file coming into being: under a temporary name, and once whole and synced under its own. */
final class NewMessage implements Closeable {
    private static final int BUFFER = 8192;

    private final Disk disk;
    private final Path temporary;
    private final Path target;
    private final Disk.Output out;
    private final byte[] buffer = new byte[BUFFER];
    private int pending;
    private long length;
    private boolean finished;
    private boolean closed;

    NewMessage(Disk disk, Path temporary, Path target, int mode) throws IOException {
        this.disk = disk;
        this.temporary = temporary;
        this.target = target;
        out = disk.create(temporary, mode);
    }

    void write(byte[] from, int offset, int count) throws IOException {
        put(from, offset, count);
        length += count;
    }

    /** Makes it whole. Durable only when the directory is synced, too. */
    void finish(byte[] envelope) throws IOException {
        put(envelope, 0, envelope.length);
        put(MessageFile.footer(length, envelope), 0, MessageFile.FOOTER);
        flush();
        out.sync();
        closed = true;
        out.close();
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
        try {
            disk.unlink(target);
        } catch (IOException e) {
            // It is there, whole, and will be delivered: the submitter, who was refused, may send it once more.
            return;
        }
    }

    /** What was not finished is removed, as far as the disk lets us; recovery removes the rest. */
    @Override
    public void close() {
        try {
            if (!closed) {
                closed = true;
                out.close();
            }
            if (!finished) {
                finished = true;
                disk.unlink(temporary);
            }
        } catch (IOException e) {
            // A temporary name that is left is a state of the table (D1, M1), and nobody waits for it.
            return;
        }
    }
}
