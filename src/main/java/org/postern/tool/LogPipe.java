package org.postern.tool;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.postern.chain.Log;
import org.postern.os.Descriptor;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.tcp.Wire;

/** A pipe to a logger: lines go in, and the logger, ours or a foreign one, has the other end as its descriptor 0. */
final class LogPipe implements Wire {
    private final int readEnd;
    private final int writeEnd;
    private final Wire output;
    private final ReentrantLock writing = new ReentrantLock();
    private boolean writerClosed;
    private boolean readerClosed;

    private LogPipe(int readEnd, int writeEnd, Wire output) {
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
        this.output = output;
    }

    /** @param output where the logger's own output goes */
    static LogPipe open(Wire output) throws OsException {
        int[] ends = Descriptor.pipe();
        return new LogPipe(ends[0], ends[1], output);
    }

    /** Each line is one write, so that lines are never mixed. */
    Log log() {
        return octets -> {
            writing.lock();
            try {
                if (!writerClosed && !readerClosed) {
                    Descriptor.write(writeEnd, Octets.bytes(octets + "\n"));
                }
            } catch (OsException e) {
                // The logger is gone; mail goes on, as with the original.
                return;
            } finally {
                writing.unlock();
            }
        };
    }

    /** The logger reads what is left, and then the end. */
    void closeWriter() {
        writing.lock();
        try {
            if (!writerClosed) {
                writerClosed = true;
                Descriptor.close(writeEnd);
            }
        } finally {
            writing.unlock();
        }
    }

    /**
     * The logger has ended.
     *
     * @return true where lines would still have come
     */
    boolean closeReader() {
        // A writer may be waiting in a full pipe, and holds the lock: only this close makes it go on.
        Descriptor.close(readEnd);
        writing.lock();
        try {
            readerClosed = true;
            return !writerClosed;
        } finally {
            writing.unlock();
        }
    }

    /** Waits without a limit: a log may be silent for days. */
    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        byte[] octets = new byte[length];
        int n = Descriptor.read(readEnd, octets);
        System.arraycopy(octets, 0, into, offset, n);
        return n == 0 ? -1 : n;
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        output.write(from, offset, length, limit);
    }

    @Override
    public int inputDescriptor() {
        return readEnd;
    }

    @Override
    public int outputDescriptor() throws IOException {
        return output.outputDescriptor();
    }

    @Override
    public void shutdownOutput() {
        // The output is qmail-start's own.
    }

    @Override
    public void close() {
        // As above; the pipe's ends are closed by closeWriter and closeReader.
    }
}
