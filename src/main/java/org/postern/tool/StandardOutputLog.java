package org.postern.tool;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.postern.chain.Log;
import org.postern.tcp.Connection;

/** A log on descriptor 1: whole lines, from any thread. */
final class StandardOutputLog implements Log {
    private final Connection connection;
    private final ReentrantLock lock = new ReentrantLock();

    private StandardOutputLog(Connection connection) {
        this.connection = connection;
    }

    static Log of(Connection connection) {
        return new StandardOutputLog(connection);
    }

    @Override
    public void line(String octets) {
        lock.lock();
        try {
            connection.write(octets + "\n");
            connection.flush();
        } catch (IOException e) {
            // Nobody reads the log any more; mail goes on, as with the original.
            return;
        } finally {
            lock.unlock();
        }
    }
}
