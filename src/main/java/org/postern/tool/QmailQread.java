package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.postern.chain.Tool;
import org.postern.config.QmailControl;
import org.postern.config.SendSettings;
import org.postern.os.Errno;
import org.postern.queue.Listed;
import org.postern.queue.QueueDirectory;
import org.postern.queue.QueueFiles;
import org.postern.queue.ReceivedLine;
import org.postern.send.Route;
import org.postern.send.Routes;

/** usage: qmail-qread. Lists the messages of the queue and their recipients, for root and the queue's owner. */
public final class QmailQread implements Tool {
    private static final int FAILED = 111;
    private static final int FLUSH = 32 << 10;

    @Override
    public Exit run(Invocation call) throws IOException {
        Path home = QmailHome.of(call);
        var out = call.fds().connection();
        StringBuilder text = new StringBuilder();
        try {
            Routes routes = new Routes(SendSettings.read(new QmailControl(home.resolve("control"))));
            new QueueFiles(QueueDirectory.underQmail(home)).read(name -> true, message -> {
                append(message, routes, text);
                if (text.length() > FLUSH) {
                    out.write(text.toString());
                    text.setLength(0);
                }
            });
        } catch (IOException e) {
            out.write(text + "fatal: unable to read "
                    + QueueDirectory.underQmail(home).root() + ": " + Errno.djbText(e)
                    + (Errno.of(e) == Errno.EACCES ? " (root and its owner may)" : "") + "\n");
            return Exit.code(FAILED);
        }
        out.write(text.toString());
        return Exit.code(0);
    }

    /** The original's lines: first the local recipients, then the remote ones. */
    private static void append(Listed message, Routes routes, StringBuilder text) {
        text.append(date(message.taken()))
                .append(" GMT  #")
                .append(message.name().id());
        text.append("  ").append(message.size()).append("  <");
        safe(message.sender(), text);
        text.append(message.failures() ? ">  bouncing\n" : "> \n");
        append(message, routes, true, text);
        append(message, routes, false, text);
    }

    private static void append(Listed message, Routes routes, boolean local, StringBuilder text) {
        for (Listed.Recipient recipient : message.recipients()) {
            Route route = routes.route(recipient.address());
            if (route instanceof Route.Local == local) {
                text.append(recipient.finished() ? "  done" : "").append(local ? "\tlocal\t" : "\tremote\t");
                safe(route.address(), text);
                text.append('\n');
            }
        }
    }

    /** As in a header, without the zone. */
    private static String date(Instant when) {
        String date = ReceivedLine.date(when);
        return date.substring(0, date.lastIndexOf(' '));
    }

    private static void safe(String octets, StringBuilder text) {
        octets.chars().forEach(c -> text.append(c >= 32 && c <= 126 ? (char) c : '_'));
    }
}
