package org.postern.send;

import org.postern.chain.Log;
import org.postern.mail.DeliveryResult;
import org.postern.queue.QueuedMessage;

/** qmail-send's lines, to the letter: log tools for qmail read them. */
final class SendLog {
    private final Log log;

    SendLog(Log log) {
        this.log = log;
    }

    void newMessage(QueuedMessage m) {
        log.line("new msg " + m.id());
        log.line("info msg " + m.id() + ": bytes " + m.size() + " from <" + safe(m.sender()) + "> qp " + m.told()
                + " uid " + Integer.toUnsignedString(m.uid()));
    }

    void starting(long delivery, long message, Route route) {
        String channel = switch (route) {
            case Route.Local l -> "local";
            case Route.Remote r -> "remote";
        };
        log.line("starting delivery " + delivery + ": msg " + message + " to " + channel + " " + safe(route.address()));
    }

    void ended(long delivery, DeliveryResult result) {
        String word = switch (result) {
            case DeliveryResult.Delivered d -> "success";
            case DeliveryResult.Deferred d -> "deferral";
            case DeliveryResult.Bounced b -> "failure";
        };
        log.line("delivery " + delivery + ": " + word + ": " + safe(ended(result.report())));
    }

    /** A report ends in a line feed, which the log shows as a slash. */
    private static String ended(String report) {
        return report.isEmpty() || report.endsWith("\n") ? report : report + "\n";
    }

    void status(int local, int locals, int remote, int remotes, boolean exiting) {
        log.line("status: local " + local + "/" + locals + " remote " + remote + "/" + remotes
                + (exiting ? " exitasap" : ""));
    }

    void bounce(long message, long bounce) {
        log.line("bounce msg " + message + " qp " + bounce);
    }

    /** Ours: the original has no other notices than bounces. */
    void notice(long message, long notice, String kind) {
        log.line("notice msg " + message + " qp " + notice + ": " + kind);
    }

    void end(long message) {
        log.line("end msg " + message);
    }

    void line(String text) {
        log.line(text);
    }

    /** qsutil.c, logsafe(): line feeds become slashes, and whatever is not printable ASCII, blanks and % underscores. */
    static String safe(String octets) {
        StringBuilder out = new StringBuilder(octets.length());
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            out.append(c == '\n' ? '/' : c < 33 || c > 126 || c == '%' ? '_' : c);
        }
        return out.toString();
    }
}
