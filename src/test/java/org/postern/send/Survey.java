package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.postern.os.Octets;

/** Looks at what has arrived where when a machine that was cut off has brought everything to its end. */
final class Survey {
    private final Path base;
    private final List<Object> world;
    private final String when;
    private boolean strict;
    private final long sentBefore;

    /** @param world what has happened outside before the machine was started again; to this list is added what happens then */
    Survey(Path base, List<Object> world, String when) {
        sentBefore =
                world.stream().filter(TestingMachine.Sent.class::isInstance).count();
        this.base = base;
        this.world = world;
        this.when = when;
    }

    /** The remote recipients that the marks on this disk call done, by the names of their messages. */
    static List<String> doneRemotely(Path base) throws IOException {
        List<String> done = new ArrayList<>();
        Path marks = base.resolve("queue/marks");
        if (!Files.isDirectory(marks)) {
            return done;
        }
        try (Stream<Path> all = Files.list(marks)) {
            for (Path file : all.toList()) {
                Path message = base.resolve("queue/mess").resolve(file.getFileName());
                // The third recipient of TWO is the remote one. No check sum is looked at: torn lines have none of 8
                // digits.
                if (Files.exists(message)
                        && text(message).contains(CrashMessage.TWO.subject())
                        && text(file).lines().anyMatch(line -> line.matches("D 2 [0-9a-f]{8}"))) {
                    done.add(CrashMessage.TWO.name());
                }
            }
        }
        return done;
    }

    private static String text(Path file) throws IOException {
        return Octets.of(Files.readAllBytes(file));
    }

    /** Where one process has done it all: nobody else has it twice either, and what was not queued nobody has. */
    Survey strictly() {
        strict = true;
        return this;
    }

    /** @param doneRemotely what was marked so must not have been sent again */
    void check(List<String> doneRemotely) throws IOException {
        for (CrashMessage message : CrashMessage.values()) {
            boolean accepted = world.contains(new TestingMachine.Accepted(message.name()));
            if (strict && world.contains(new TestingMachine.Refused(message.name()))) {
                assertThat(arrived(message))
                        .as("%s, which was refused, %s", message, when)
                        .isZero();
            }
            for (String recipient : message.recipients()) {
                String user = recipient.replace("@" + TestingMachine.HOST, "");
                switch (user) {
                    case "nosuch" -> exactly(bounces(message), accepted, "bounce of " + message);
                    case "x@far.example" -> {
                        atLeast(sent(recipient, message), accepted, message + " to " + user);
                        if (strict) {
                            exactly(sent(recipient, message), accepted, message + " to " + user);
                        }
                        if (doneRemotely.contains(message.name())) {
                            assertThat(sent(recipient, message))
                                    .as("%s to %s, which was marked, %s", message, user, when)
                                    .isEqualTo(sentBefore);
                        }
                    }
                    case "mbox" -> atLeast(inMbox(message), accepted, message + " in mbox");
                    case "forward" -> atLeast(inMaildir("d", message), accepted, message + " to d");
                    default -> exactly(inMaildir(user, message), accepted, message + " to " + user);
                }
            }
        }
        nothingIsHalf();
        for (String part : Set.of("marks", "bad", "mess", "held", "log")) {
            try (Stream<Path> left = Files.list(base.resolve("queue").resolve(part))) {
                // Of records that were being written when the power went, a block in front may be missing: as if
                // damaged.
                assertThat(left.filter(file -> !file.toString().contains("/bad/log-")))
                        .as("%s, %s", part, when)
                        .isEmpty();
            }
        }
    }

    private void exactly(long count, boolean accepted, String what) {
        assertThat(count).as("%s, %s", what, when).isBetween(accepted ? 1L : 0L, 1L);
    }

    private void atLeast(long count, boolean accepted, String what) {
        assertThat(count).as("%s, %s", what, when).isGreaterThanOrEqualTo(accepted ? 1 : 0);
    }

    private long inMaildir(String user, CrashMessage message) throws IOException {
        return TestingMachine.maildir(base, user).stream()
                .filter(text -> text.contains("\n" + message.subject()) && !isBounce(text))
                .count();
    }

    private long arrived(CrashMessage message) throws IOException {
        long count = bounces(message) + inMbox(message) + sent("x@far.example", message);
        for (String user : List.of("a", "b", "c", "late", "d")) {
            count += inMaildir(user, message);
        }
        return count;
    }

    /** Of a double bounce the postmaster gets one. */
    private long bounces(CrashMessage message) throws IOException {
        String user = message == CrashMessage.SIX ? "postmaster" : "sender";
        return TestingMachine.maildir(base, user).stream()
                .filter(text -> isBounce(text) && text.contains("\n" + message.subject()))
                .count();
    }

    private static boolean isBounce(String text) {
        return text.contains("\nHi. This is the qmail-send program at ");
    }

    private long sent(String recipient, CrashMessage message) {
        return world.stream()
                .filter(what -> what instanceof TestingMachine.Sent sent
                        && sent.recipient().equals(recipient)
                        && sent.text().contains(message.subject()))
                .count();
    }

    /**
     * As a reader of mboxes sees them: a message begins at a line that begins with From. Behind a whole one there may be the rest of one
     * that the power cut, before another whole one.
     */
    private long inMbox(CrashMessage message) throws IOException {
        Path mbox = base.resolve("homes/mbox/Mailbox");
        if (!Files.exists(mbox)) {
            return 0;
        }
        return Stream.of(text(mbox).split("(?m)^From ", -1))
                .filter(one -> {
                    int text = one.indexOf("\n" + message.text() + "\n");
                    return one.startsWith("sender@")
                            && text > 0
                            && one.lastIndexOf("Return-Path:", text) == one.indexOf("\n") + 1;
                })
                .count();
    }

    private void nothingIsHalf() throws IOException {
        List<String> all = new ArrayList<>();
        for (String user : List.of("a", "b", "c", "late", "d", "sender", "postmaster")) {
            all.addAll(TestingMachine.maildir(base, user));
        }
        world.forEach(what -> {
            if (what instanceof TestingMachine.Sent sent) {
                all.add(sent.text());
            }
        });
        for (String text : all) {
            boolean whole = isBounce(text)
                    ? text.startsWith("Return-Path: <") && text.endsWith("--\n")
                    : Stream.of(CrashMessage.values()).anyMatch(m -> text.endsWith("\n" + m.text()));
            assertThat(whole).as("whole, %s:\n%s", when, text).isTrue();
        }
    }
}
