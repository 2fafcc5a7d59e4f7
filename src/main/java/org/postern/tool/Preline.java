package org.postern.tool;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Tool;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Octets;

/**
 * usage: preline [ -dfr ] command [ arg ... ], in a .qmail file. Runs a program that knows nothing of qmail's environment:
 * a From_, a Return-Path and a Delivered-To line stand before the message that it reads. See docs/programs/preline.md.
 */
public final class Preline implements Tool {
    private static final int PERMANENT = 100;
    private static final int TEMPORARY = 111;

    private static final List<Line> LINES =
            List.of(new Line('f', "UFLINE"), new Line('r', "RPLINE"), new Line('d', "DTLINE"));

    private final Subprogram subprogram;

    /**
     * A line that is put before the message.
     *
     * @param option leaves it out; in upper case, takes that back
     */
    private record Line(char option, String variable) {}

    Preline(Subprogram subprogram) {
        this.subprogram = subprogram;
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        Set<Character> without = new HashSet<>();
        Options options = new Options(call.args().arguments(), "");
        for (Optional<Options.Option> option = options.next(); option.isPresent(); option = options.next()) {
            char letter = option.get() instanceof Options.Option.Flag flag ? flag.letter() : ' ';
            switch (letter) {
                case 'd', 'f', 'r' -> without.add(letter);
                case 'D', 'F', 'R' -> without.remove(Character.toLowerCase(letter));
                default -> {
                    return usage(call);
                }
            }
        }
        if (options.operands().isEmpty()) {
            return usage(call);
        }
        StringBuilder head = new StringBuilder();
        for (Line line : LINES) {
            String text = call.env().get(line.variable);
            if (text == null) {
                return failed(call, PERMANENT, line.variable + " not set");
            }
            head.append(without.contains(line.option) ? "" : text);
        }
        return feed(call, options.operands(), Octets.bytes(head.toString()));
    }

    private Exit feed(Invocation call, List<String> command, byte[] head) throws IOException {
        int[] pipe = Descriptor.pipe();
        AtomicReference<IOException> unread = new AtomicReference<>();
        Subprogram.Outcome outcome;
        try {
            OutputStream out = new FileOutputStream(Descriptor.java(pipe[1]));
            InputStream message = call.fds().input(0);
            Thread.ofPlatform().daemon().name("preline").start(() -> copy(head, message, out, unread));
            Descriptors fds = call.fds().with(0, new Descriptors.Other.Open(pipe[0]));
            outcome = subprogram.run(call.with(new Args(command), call.env(), fds));
        } finally {
            // What it has not read nobody will: this ends the copying.
            Descriptor.close(pipe[0]);
        }
        IOException failure = unread.get();
        if (failure != null) {
            return failed(call, TEMPORARY, "unable to copy input: " + Errno.djbText(failure));
        }
        return switch (outcome) {
            case Subprogram.Outcome.Exited exited -> Exit.code(exited.code());
            case Subprogram.Outcome.Crashed _ -> failed(call, TEMPORARY, "child crashed");
            case Subprogram.Outcome.CannotRun cannot ->
                failed(
                        call,
                        cannot.forGood() ? PERMANENT : TEMPORARY,
                        "unable to run " + command.getFirst() + ": " + cannot.why());
        };
    }

    /** @param unread what hindered the reading; set before the program sees the end */
    private static void copy(byte[] head, InputStream message, OutputStream out, AtomicReference<IOException> unread) {
        try (message;
                out) {
            out.write(head);
            byte[] buffer = new byte[8192];
            while (true) {
                int n;
                try {
                    n = message.read(buffer);
                } catch (IOException e) {
                    unread.set(e);
                    return;
                }
                if (n < 0) {
                    return;
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // The program has ended, or wants no more: its exit code tells.
            return;
        }
    }

    private static Exit usage(Invocation call) {
        call.fds().log().line("preline: usage: preline [ -dfr ] command [ arg ... ]");
        return Exit.code(PERMANENT);
    }

    private static Exit failed(Invocation call, int exit, String why) {
        call.fds().log().line("preline: fatal: " + why);
        return Exit.code(exit);
    }
}
