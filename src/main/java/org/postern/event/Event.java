package org.postern.event;

import org.postern.os.Octets;

/**
 * Something that happened in {@code postern serve}. The log line, and later each counter and view, follow from it. The
 * session's number leads from a login to its grant; a message's number from its acceptance to its delivery.
 */
public sealed interface Event {
    /** The log line, without its end; nothing in it is a control character. */
    String line();

    /** A server has begun to accept connections. */
    record Listening(String protocol, String address) implements Event {
        @Override
        public String line() {
            return protocol + ": listening on " + address;
        }
    }

    /** A password was proved. */
    record LoggedIn(String protocol, long session, String address, String user) implements Event {
        @Override
        public String line() {
            return protocol + " " + session + ": login user=" + Octets.word(user) + " ip=" + address;
        }
    }

    /** @param reason for the administrator alone: the client is told the same whatever it is */
    record LoginRefused(String protocol, long session, String address, String user, String reason) implements Event {
        @Override
        public String line() {
            return protocol + " " + session + ": login refused user=" + Octets.word(user) + " ip=" + address + ": "
                    + reason;
        }
    }

    /** An address may relay from now on. */
    record Granted(long session, String address, String user, long seconds) implements Event {
        @Override
        public String line() {
            return "pop3 " + session + ": relay granted ip=" + address + " user=" + Octets.word(user) + " for "
                    + seconds + " s";
        }
    }

    /** The login succeeded, and yet the address may not relay: somebody must look. */
    record GrantFailed(long session, String address, String user, String why) implements Event {
        @Override
        public String line() {
            return "alert: pop3 " + session + ": relay not granted ip=" + address + " user=" + Octets.word(user) + ": "
                    + why;
        }
    }

    /** A user who has logged in gave a sender that he may not. */
    record SenderRefused(long session, String address, String user, String sender) implements Event {
        @Override
        public String line() {
            return "smtp " + session + ": sender refused user=" + Octets.word(user) + " ip=" + address + " from=<"
                    + Octets.word(sender) + ">: submission.senders does not let this user send as that address";
        }
    }

    /** A foreign recipient was asked for without the right to. */
    record RelayRefused(long session, String address, String sender, String recipient, String why) implements Event {
        @Override
        public String line() {
            return "smtp " + session + ": relay refused ip=" + address + " from=<" + Octets.word(sender) + "> to=<"
                    + Octets.word(recipient) + ">: " + why;
        }
    }

    /** A recipient was refused for another reason. */
    record RecipientRefused(long session, String address, String sender, String recipient, String reply)
            implements Event {
        @Override
        public String line() {
            return "smtp " + session + ": refused ip=" + address + " from=<" + Octets.word(sender) + "> to=<"
                    + Octets.word(recipient) + ">: " + shown(reply);
        }
    }

    /** A message was refused after it was read. */
    record MessageRefused(long session, String address, String sender, String reply) implements Event {
        @Override
        public String line() {
            return "smtp " + session + ": message refused ip=" + address + " from=<" + Octets.word(sender) + ">: "
                    + shown(reply);
        }
    }

    /** A message is on disk and will be delivered. */
    record Accepted(long session, String address, String sender, int recipients, long message, long octets)
            implements Event {
        @Override
        public String line() {
            return "smtp " + session + ": accepted ip=" + address + " from=<" + Octets.word(sender) + "> recipients="
                    + recipients + " bytes=" + octets + " qp=" + message;
        }
    }

    /** Something of ours does not work. */
    record Trouble(String what) implements Event {
        @Override
        public String line() {
            return "alert: " + shown(what);
        }
    }

    /** What is said on the way: start, end, and the queue's own log. */
    record Note(String text) implements Event {
        @Override
        public String line() {
            return shown(text);
        }
    }

    /** A sentence fit for a log: control characters and what is not ASCII become question marks. */
    static String shown(String octets) {
        StringBuilder shown = new StringBuilder(octets.length());
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            shown.append(c < ' ' || c > '~' ? '?' : c);
        }
        return shown.toString();
    }
}
