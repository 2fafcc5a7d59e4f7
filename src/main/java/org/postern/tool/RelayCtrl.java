package org.postern.tool;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.relay.DirectoryStore;
import org.postern.relay.Spool;
import org.postern.tcp.IpAddress;

/** What relay-ctrl's programs share: their variables, and the words of their messages. */
final class RelayCtrl {
    /** relay-ctrl's own. */
    private static final long EXPIRY_SECONDS = 900;

    /** Longer than any grant; keeps sums of times in range. */
    private static final long MAX_SECONDS = 100L * 365 * 24 * 3600;

    private final Tool.Invocation call;

    /** What messages begin with. */
    private final String label;

    private RelayCtrl(Tool.Invocation call, String label) {
        this.call = call;
        this.label = label;
    }

    /** For a program that handles one client. */
    static RelayCtrl of(String program, Tool.Invocation call) {
        return new RelayCtrl(call, program + "[" + call.id() + "]");
    }

    /** For a program whose messages do not carry its pid. */
    static RelayCtrl withoutPid(String program, Tool.Invocation call) {
        return new RelayCtrl(call, program);
    }

    /** Where the grants lie. */
    sealed interface Where {
        record In(Spool spool) implements Where {}

        record Unset() implements Where {}

        record Nowhere(String why) implements Where {}
    }

    /** Becomes the program in the arguments, which has no business in the directory of grants. */
    Tool.Exit becomeNext(Env env, Tool.Exit.CannotRun otherwise) {
        return new Tool.Exit.Exec(
                new Args(call.args().arguments()), env, call.cwd(), call.identity(), withoutDirectory(), otherwise);
    }

    // ---- messages

    void fatal(String text) {
        say("Fatal", text);
    }

    void warning(String text) {
        say("Warning", text);
    }

    void debug(String text) {
        say("Debug", text);
    }

    private void say(String kind, String text) {
        call.fds().log().line(label + ": " + kind + ": " + text);
    }

    // ---- variables

    private @Nullable String variable(String name) {
        return call.env().get(name);
    }

    /** TCPREMOTEIP, where it is an address. */
    Optional<IpAddress> client() {
        return call.env().find("TCPREMOTEIP").flatMap(IpAddress::parse);
    }

    /** Courier runs the chain before the password, too; it sets AUTHENTICATED when there was one. */
    boolean isAuthenticated() {
        Env env = call.env();
        return !env.has("AUTHUSER")
                || !env.has("AUTHARGV0")
                || !env.find("AUTHENTICATED").orElse("").isEmpty();
    }

    /**
     * RELAY_CTRL_DIR_FD, which relay-ctrl-chdir has opened, else RELAY_CTRL_DIR.
     *
     * @param mode permissions of the files in a directory that is given by its name
     */
    Where where(int mode) {
        String number = variable("RELAY_CTRL_DIR_FD");
        if (number == null) {
            return whereNamed(mode);
        }
        int fd = descriptor(number);
        if (fd < 0) {
            return new Where.Nowhere("Invalid value for $RELAY_CTRL_DIR_FD");
        }
        // One that this program was not given is no directory of its own, whatever has that number here.
        return new Where.In(
                Spool.behind(call.fds().others().get(fd) instanceof Descriptors.Other.Open o ? o.descriptor() : -1));
    }

    /** RELAY_CTRL_DIR alone. */
    Where whereNamed(int mode) {
        String name = variable("RELAY_CTRL_DIR");
        if (name == null) {
            return new Where.Unset();
        }
        Path directory = path(name);
        return directory == null
                ? new Where.Nowhere("Could not change directory to '" + name + "': " + Errno.ENOENT.text())
                : new Where.In(Spool.at(directory, name, mode));
    }

    /** A directory by its name; null for what is none. Java would take the empty name for the working directory. */
    @Nullable
    Path path(String name) {
        try {
            return name.isEmpty() ? null : call.path(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** The descriptors without the one that RELAY_CTRL_DIR_FD names. */
    Descriptors withoutDirectory() {
        String number = variable("RELAY_CTRL_DIR_FD");
        return number == null ? call.fds() : call.fds().without(descriptor(number));
    }

    /** The grants in a spool, with RELAY_CTRL_EXPIRY. */
    DirectoryStore store(Spool spool) {
        Duration expiry = Duration.ofSeconds(positive("RELAY_CTRL_EXPIRY", EXPIRY_SECONDS, MAX_SECONDS));
        return new DirectoryStore(spool, DirectoryStore.Settings.expiringAfter(expiry), InstantSource.system());
    }

    /** A variable as atol(3) reads it: the number it begins with, 0 where it has none. */
    private long number(String name) {
        String value = variable(name);
        String text = value == null ? "" : value.stripLeading();
        int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        while (digits < text.length() && isDigit(text.charAt(digits))) {
            digits++;
        }
        try {
            return Long.parseLong(text.substring(0, digits));
        } catch (NumberFormatException e) {
            // None at all, or more digits than a long has.
            return digits > 18 && !text.startsWith("-") ? MAX_SECONDS : 0;
        }
    }

    /** A variable as the original reads it: a default where it is no positive number; never above the limit. */
    long positive(String name, long otherwise, long limit) {
        long value = number(name);
        return value > 0 ? Math.min(value, limit) : otherwise;
    }

    private static int descriptor(String text) {
        return !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> isDigit((char) c))
                ? Integer.parseInt(text)
                : -1;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
