package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.postern.chain.Tool;
import org.postern.file.CdbWriter;
import org.postern.file.Disk;
import org.postern.file.OctetLines;
import org.postern.os.Errno;
import org.postern.os.Octets;

/**
 * Makes a cdb of a file below qmail's home and puts it in the place of the old one: what qmail-newu and qmail-newmrh have
 * in common. It is written under a name of its own, synced and renamed, so that readers see the old one or the new one, whole,
 * also where two are made at once. Exit 0, or 111: the old one stays.
 *
 * @param program who says what is wrong
 * @param source the file of lines, from qmail's home
 * @param cdb what is made of it, from there
 */
record CdbFromLines(String program, String source, String cdb, Disk disk) {
    /** Compiles the lines. */
    interface Compiler {
        /**
         * Adds the next line.
         *
         * @throws Malformed where it makes no sense, with the reason
         * @throws IOException where the cdb cannot be written
         */
        Next add(OctetLines.Line line) throws IOException;

        /**
         * The file has ended: that is enough.
         *
         * @throws Malformed where it must not end like that
         */
        Next end() throws Malformed;
    }

    enum Next {
        GO_ON,
        /** The lines below do not count. */
        ENOUGH
    }

    /** The file is not as it must be. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        Malformed(String why) {
            super(why);
        }
    }

    /** What could not be done. */
    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        Failure(String what) {
            super(what);
        }
    }

    /** Where a compiler writes, and what it tells its warnings. */
    @FunctionalInterface
    interface Making {
        Compiler into(CdbWriter writer);
    }

    void warn(Tool.Invocation call, String warning) {
        call.fds().log().line(program + ": warning: " + Octets.of(path(call, source)) + ": " + warning);
    }

    Tool.Exit make(Tool.Invocation call, Making making) {
        Path from = path(call, source);
        Path to = path(call, cdb);
        String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        Path temporary = to.resolveSibling(to.getFileName() + ".tmp-" + random);
        try {
            write(from, temporary, making);
            attempt("move " + Octets.of(temporary) + " to " + Octets.of(to), () -> {
                disk.rename(temporary, to);
                return to;
            });
        } catch (Failure e) {
            call.fds().log().line(program + ": fatal: " + e.getMessage());
            remove(call, temporary);
            return Tool.Exit.code(111);
        }
        try {
            disk.syncDirectory(Objects.requireNonNull(to.getParent()));
        } catch (IOException e) {
            // The new one is in place. After a power cut the old one may be.
            warn(call, "unable to sync the directory of " + Octets.of(to) + ": " + Errno.djbText(e));
        }
        return Tool.Exit.code(0);
    }

    private static void write(Path from, Path temporary, Making making) throws Failure {
        String writing = "write " + Octets.of(temporary);
        try (OctetLines lines = attempt("open " + Octets.of(from), () -> OctetLines.open(from));
                CdbWriter writer = attempt("create " + Octets.of(temporary), () -> CdbWriter.createNew(temporary))) {
            Compiler compiler = making.into(writer);
            Next next = Next.GO_ON;
            while (next == Next.GO_ON) {
                Optional<OctetLines.Line> line = attempt("read " + Octets.of(from), lines::next);
                next = line.isPresent() ? compiler.add(line.get()) : compiler.end();
            }
            writer.finish();
        } catch (Malformed e) {
            throw new Failure("bad format in " + Octets.of(from) + ": " + e.getMessage());
        } catch (IOException e) {
            throw new Failure("unable to " + writing + ": " + Errno.djbText(e));
        }
    }

    @FunctionalInterface
    private interface Action<T> {
        T run() throws IOException;
    }

    private static <T> T attempt(String what, Action<T> action) throws Failure {
        try {
            return action.run();
        } catch (IOException e) {
            throw new Failure("unable to " + what + ": " + Errno.djbText(e));
        }
    }

    private void remove(Tool.Invocation call, Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            warn(call, "unable to remove " + Octets.of(temporary) + ": " + Errno.djbText(e));
        }
    }

    private static Path path(Tool.Invocation call, String name) {
        return QmailHome.of(call).resolve(name);
    }
}
