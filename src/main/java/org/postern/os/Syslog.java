package org.postern.os;

import java.io.Closeable;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/**
 * The system's log, as syslog(3) writes to it: a datagram a line. A syslogd that was started anew is found again. Not
 * for two threads at once.
 */
public final class Syslog implements Closeable {
    public static final int ALERT = 1;
    public static final int WARNING = 4;
    public static final int INFO = 6;

    /** A syslogd that has stopped reading is left alone for a while, so that it does not hold up every line. */
    private static final Duration SEND_LIMIT = Duration.ofSeconds(5);

    private static final Duration LEFT_ALONE = Duration.ofSeconds(30);

    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private final String path;
    private final ZoneId zone;
    private final Duration sendLimit;
    private @Nullable UnixDatagram socket;
    private long notBefore = System.nanoTime();

    /** @param path the socket, usually /dev/log */
    public Syslog(Path path, ZoneId zone) {
        this(path, zone, SEND_LIMIT);
    }

    Syslog(Path path, ZoneId zone, Duration sendLimit) {
        this.path = Octets.of(path);
        this.zone = zone;
        this.sendLimit = sendLimit;
    }

    /** What became of a line. */
    public sealed interface Sent {
        record Done() implements Sent {}

        /** Nobody listens there, or takes nothing. */
        record Failed(OsException why) implements Sent {}
    }

    /**
     * Sends a line.
     *
     * @param facility number of the facility: 2 mail, 3 daemon
     * @param level {@link #ALERT} to {@link #INFO}
     */
    public Sent send(int facility, int level, Instant at, String tag, String message) {
        if (System.nanoTime() - notBefore < 0) {
            return new Sent.Failed(new OsException("send", Errno.EAGAIN.number()));
        }
        String line = "<" + (facility << 3 | level) + ">" + stamp(at.atZone(zone)) + " " + tag + ": " + message;
        try {
            if (socket != null) {
                try {
                    socket.send(line);
                    return new Sent.Done();
                } catch (OsException e) {
                    // syslogd was started anew and has another socket under that name, or is gone.
                    close();
                    if (isStuck(e)) {
                        throw e;
                    }
                }
            }
            UnixDatagram connected = UnixDatagram.connect(path, sendLimit);
            socket = connected;
            connected.send(line);
            return new Sent.Done();
        } catch (OsException e) {
            close();
            if (isStuck(e)) {
                notBefore = System.nanoTime() + LEFT_ALONE.toNanos();
            }
            return new Sent.Failed(e);
        }
    }

    /** "Nov  4 02:21:49", local time, as the C library writes it (RFC 3164 §4.1.2). */
    private static String stamp(ZonedDateTime t) {
        int month = t.getMonthValue();
        return MONTHS.substring(3 * month - 3, 3 * month) + (t.getDayOfMonth() < 10 ? "  " : " ") + t.getDayOfMonth()
                + " " + two(t.getHour()) + ":" + two(t.getMinute()) + ":" + two(t.getSecond());
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : String.valueOf(number);
    }

    private static boolean isStuck(OsException e) {
        return e.errno() == Errno.EAGAIN.number();
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
