package org.postern.control;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;
import org.postern.queue.Listed;
import org.postern.send.QueueControl;

/** For people: columns, in printable ASCII; a terminal is sent nothing that a stranger has put into an address. */
final class QueueTable implements QueueWriter {
    private static final String HEAD = "id                  age    size  state      from, to\n";
    private static final int ID = 18;
    private static final int AGE = 5;
    private static final int SIZE = 7;
    private static final int STATE = 9;
    /** So much is written at a time. */
    private static final int MUCH = 8192;

    private final OutputStream out;
    private final Instant now;
    private final StringBuilder line = new StringBuilder(200);
    private int messages;
    private int held;
    private int underWay;

    QueueTable(OutputStream out, Instant now) {
        this.out = out;
        this.now = now;
    }

    @Override
    public void line(Listed message, QueueControl.State state, @Nullable String report) throws IOException {
        if (messages == 0) {
            line.append(HEAD);
        }
        count(state);
        padded(Long.toString(message.name().id()), ID, false);
        padded(span(Duration.between(message.taken(), now)), AGE, true);
        line.append(' ');
        padded(size(message.size()), SIZE, true);
        line.append("  ");
        padded(words(state), STATE, false);
        line.append("  <");
        safe(message.sender());
        line.append('>');
        Listed.Recipient first = null;
        int left = 0;
        for (Listed.Recipient recipient : message.recipients()) {
            if (!recipient.finished()) {
                first = first == null ? recipient : first;
                left++;
            }
        }
        if (first != null) {
            line.append(", ");
            safe(first.address());
        }
        if (left > 1) {
            line.append(" and ").append(left - 1).append(" more");
        }
        line.append('\n');
        writeMuch();
    }

    private void count(QueueControl.State state) {
        messages++;
        switch (state) {
            case QueueControl.State.Held _ -> held++;
            case QueueControl.State.UnderWay _ -> underWay++;
            case QueueControl.State.Waiting _ -> {}
        }
    }

    @Override
    public void whole(Listed message, QueueControl.State state, @Nullable String report, String header)
            throws IOException {
        count(state);
        line.append("message    ").append(message.name().id()).append('\n');
        line.append("name       ").append(message.name()).append('\n');
        if (message.told() != message.name().id()) {
            line.append("qp         ").append(message.told()).append('\n');
        }
        Duration age = Duration.between(message.taken(), now);
        line.append("queued     ")
                .append(message.taken())
                .append(" (")
                .append(span(age))
                .append(" ago)\n");
        line.append("size       ").append(message.size()).append(" octets\n");
        line.append("from uid   ").append(Integer.toUnsignedString(message.uid()));
        line.append(message.isBounce() ? ", a notice of a failure\n" : "\n");
        line.append("state      ").append(words(state)).append('\n');
        line.append("sender     <");
        safe(message.sender());
        line.append(">\n");
        for (Listed.Recipient recipient : message.recipients()) {
            line.append(recipient.finished() ? "finished   " : "to         ");
            safe(recipient.address());
            line.append('\n');
            writeMuch();
        }
        if (message.failures()) {
            line.append("failed     a recipient has refused it; the sender is told when it is done\n");
        }
        if (report != null) {
            lines("last said  ", report);
        }
        lines("header     ", header);
        line.append('\n');
        write();
    }

    private void lines(String name, String text) {
        for (String each : text.split("\n", -1)) {
            if (!each.isEmpty()) {
                line.append(name);
                for (int i = 0; i < each.length(); i++) {
                    char c = each.charAt(i);
                    line.append(c == '\t' ? ' ' : isPrintable(c) ? c : '_');
                }
                line.append('\n');
            }
        }
    }

    @Override
    public void end() throws IOException {
        line.append(messages == 1 ? "1 message" : messages + " messages");
        if (held > 0) {
            line.append(", ").append(held).append(" held");
        }
        if (underWay > 0) {
            line.append(", ").append(underWay).append(" under way");
        }
        line.append('\n');
        write();
    }

    @Override
    public void done(Verb verb, QueueControl.Touched touched, boolean runs) throws IOException {
        String many = touched.messages() == 1 ? "1 message" : touched.messages() + " messages";
        String notRunning = runs ? "" : ", when the queue is sent from again";
        line.append(
                switch (verb) {
                    case RETRY -> many + (runs ? " tried now" : " will be tried at once" + notRunning);
                    case HOLD -> many + " held";
                    case RELEASE -> many + " released" + (runs ? ", tried now" : "; tried at their time" + notRunning);
                    case DROP -> many + " dropped; nobody is told";
                    case BOUNCE -> many + " dropped; the senders get a notice" + notRunning;
                });
        if (verb == Verb.DROP || verb == Verb.BOUNCE) {
            line.append(" (recipients: ").append(touched.recipients()).append(')');
        }
        line.append('\n');
        note(touched.partly(), " of them go on to the other recipients");
        switch (verb) {
            case RETRY -> note(touched.underWay(), " of them are being delivered already");
            case HOLD -> note(touched.underWay(), " of them have a delivery under way, which is not cut");
            case RELEASE -> {}
            case DROP, BOUNCE ->
                note(
                        touched.underWay(),
                        " of them have a delivery under way, which is not cut; they go when it has ended");
        }
        note(touched.held(), " more are held, and not tried: release them");
        write();
    }

    private void note(int count, String words) {
        if (count > 0) {
            line.append(count).append(words).append('\n');
        }
    }

    private String words(QueueControl.State state) {
        return switch (state) {
            case QueueControl.State.Held _ -> "held";
            case QueueControl.State.UnderWay _ -> "under way";
            case QueueControl.State.Waiting w ->
                w.due().isAfter(now.plusSeconds(1)) ? "in " + span(Duration.between(now, w.due())) : "due";
        };
    }

    /** The largest unit that has two of it. */
    private static String span(Duration duration) {
        long seconds = Math.max(0, duration.truncatedTo(ChronoUnit.SECONDS).toSeconds());
        return seconds < 120
                ? seconds + "s"
                : seconds < 7200
                        ? seconds / 60 + "m"
                        : seconds < 172_800 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }

    private static String size(long octets) {
        return octets < 10_000
                ? Long.toString(octets)
                : octets < 10_000_000 ? (octets + 500) / 1000 + "K" : (octets + 500_000) / 1_000_000 + "M";
    }

    private void padded(String text, int width, boolean right) {
        if (!right) {
            line.append(text);
        }
        for (int i = text.length(); i < width; i++) {
            line.append(' ');
        }
        if (right) {
            line.append(text);
        }
    }

    private void safe(String octets) {
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            line.append(isPrintable(c) && c != ' ' ? c : '_');
        }
    }

    private static boolean isPrintable(char c) {
        return c >= 32 && c < 127;
    }

    private void writeMuch() throws IOException {
        if (line.length() > MUCH) {
            write();
        }
    }

    private void write() throws IOException {
        out.write(Octets.bytes(line.toString()));
        line.setLength(0);
    }
}
