package org.postern.send;

import java.util.List;

/** The messages of {@link SenderCrashTest}: local and remote, one recipient and several, refused, deferred, forwarded. */
enum CrashMessage {
    ONE("sender", "a"),
    TWO("sender", "b", "nosuch", "x@far.example"),
    THREE("sender", "late", "c"),
    FOUR("sender", "mbox"),
    FIVE("sender", "forward"),
    /** Its bounce bounces. */
    SIX("nosender", "nosuch"),
    SEVEN("sender", "a", "mbox"),
    /** Too large for the log. */
    LARGE("sender", "a"),
    SOCKET("sender", "b"),
    /** What comes when the trouble is over. */
    LATER("sender", "c", "x@far.example"),
    LATER_SOCKET("sender", "mbox"),
    LATER_DROP("sender", "forward"),
    /** What an administrator does with them. */
    HELD("held", "late"),
    RELEASED("released", "late"),
    DROPPED("dropped", "late");

    private final String sender;
    private final List<String> recipients;

    CrashMessage(String sender, String... recipients) {
        this.sender = sender;
        this.recipients = List.of(recipients);
    }

    private static String address(String user) {
        return user.contains("@") ? user : user + "@" + TestingMachine.HOST;
    }

    String sender() {
        return address(sender);
    }

    String[] recipients() {
        return recipients.stream().map(CrashMessage::address).toArray(String[]::new);
    }

    String subject() {
        return "Subject: " + name() + "\n\n";
    }

    /** So long that it has several blocks and writes. */
    String body() {
        return (name() + "\n").repeat(this == LARGE ? 12_000 : 2000);
    }

    String text() {
        return subject() + body();
    }
}
