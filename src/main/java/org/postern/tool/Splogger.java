package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.os.Syslog;

/**
 * {@code splogger [TAG [FACILITY]]}: sends the lines of descriptor 0 to syslog until that ends, each with a tag and the
 * time (splogger(8) of qmail). FACILITY is a number: 2, the default, is mail, 3 is daemon.
 */
public final class Splogger implements Tool {
    private static final int MAIL = 2;
    private static final int USER = 1;
    /** LOG_FACMASK of syslog.h, as a facility's number. */
    private static final int HIGHEST_FACILITY = 0x3f8 >> 3;

    /** splogger.c: "syslogd truncates long lines (or crashes)"; its buffer of 800 keeps one octet for the NUL. */
    private static final int CHUNK = 799;

    /** A log may be silent for as long as it likes. */
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final Path socket;
    private final ZoneId zone;
    private final InstantSource clock;

    public Splogger() {
        this(Path.of("/dev/log"), ZoneId.systemDefault(), InstantSource.system());
    }

    Splogger(Path socket, ZoneId zone, InstantSource clock) {
        this.socket = socket;
        this.zone = zone;
        this.clock = clock;
    }

    @Override
    public Exit run(Invocation call) {
        List<String> arguments = call.args().arguments();
        String tag = arguments.isEmpty() ? "splogger" : arguments.getFirst();
        int facility = arguments.size() < 2 ? MAIL : facility(arguments.get(1));
        try (Syslog syslog = new Syslog(socket, zone)) {
            Lines lines = new Lines(new Sink(syslog, facility, tag, call.fds().log()), clock);
            byte[] buffer = new byte[8192];
            int n;
            while ((n = call.fds().connection().read(buffer, 0, buffer.length, FOR_EVER)) >= 0) {
                for (int i = 0; i < n; i++) {
                    lines.octet(buffer[i] & 0xff);
                }
            }
            lines.end();
        } catch (IOException e) {
            call.fds().log().line("splogger: warning: unable to read: " + Errno.djbText(e));
        }
        return Exit.code(0);
    }

    /** openlog(3) leaves user as the facility where it is given none, or one out of its range. */
    private static int facility(String argument) {
        int number = 0;
        for (int i = 0; i < argument.length() && i < 4; i++) {
            char c = argument.charAt(i);
            if (c < '0' || c > '9') {
                break;
            }
            number = 10 * number + c - '0';
        }
        return number == 0 || number > HIGHEST_FACILITY ? USER : number;
    }

    /** Cuts what comes into lines, and long ones into pieces of which each after the first is marked by a plus. */
    private static final class Lines {
        private final Sink sink;
        private final InstantSource clock;
        private final StringBuilder piece = new StringBuilder();
        private boolean continues;
        private int level;
        private String stamp = "";

        Lines(Sink sink, InstantSource clock) {
            this.sink = sink;
            this.clock = clock;
        }

        void octet(int c) {
            if (c == '\n') {
                end();
                return;
            }
            if (piece.length() == CHUNK) {
                flush();
            }
            piece.append(c < 32 || c > 126 ? '?' : (char) c);
        }

        /** The end of a line; of the last one, too, where no line feed follows. */
        void end() {
            flush();
            continues = false;
        }

        private void flush() {
            if (piece.isEmpty()) {
                return;
            }
            String text = piece.toString();
            piece.setLength(0);
            Instant now = clock.instant();
            if (continues) {
                sink.send(level, now, stamp + "+" + text);
            } else {
                stamp = String.format(Locale.ROOT, "%d.%06d", now.getEpochSecond(), now.getNano() / 1000);
                level = text.startsWith("alert:")
                        ? Syslog.ALERT
                        : text.startsWith("warning:") ? Syslog.WARNING : Syslog.INFO;
                sink.send(level, now, stamp + " " + text);
                continues = true;
            }
        }
    }

    /** syslog, and as long as there is none, descriptor 2. */
    private static final class Sink {
        private final Syslog syslog;
        private final int facility;
        private final String tag;
        private final Log otherwise;
        private boolean warned;

        Sink(Syslog syslog, int facility, String tag, Log otherwise) {
            this.syslog = syslog;
            this.facility = facility;
            this.tag = tag;
            this.otherwise = otherwise;
        }

        void send(int level, Instant at, String message) {
            switch (syslog.send(facility, level, at, tag, message)) {
                case Syslog.Sent.Done done -> warned = false;
                case Syslog.Sent.Failed failed -> {
                    if (!warned) {
                        otherwise.line("splogger: warning: no syslog (" + Errno.djbText(failed.why())
                                + "), so lines go here until there is one");
                        warned = true;
                    }
                    otherwise.line(tag + ": " + message);
                }
            }
        }
    }
}
