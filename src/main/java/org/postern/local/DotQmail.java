package org.postern.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.os.Errno;
import org.postern.os.Octets;

/** Finds the .qmail file of an address in a home directory (dot-qmail(5)). Runs with the user's rights. */
final class DotQmail {
    private static final int LONGEST = 1 << 20;
    private static final int OTHERS_WRITE = 0002;
    private static final int OWNER_EXECUTE = 0100;
    private static final int STICKY = 01000;

    private final Home home;
    private final String safeExtension;

    private DotQmail(Home home) {
        this.home = home;
        // Upper case and dots would let one address name another's file.
        this.safeExtension = Octets.lowerCase(home.extension()).replace('.', ':');
    }

    /** What was found. */
    sealed interface Found {
        /**
         * @param text the file's; empty where there is no file or nothing in it, which means the default delivery
         * @param forwardsOnly whether it is executable: then only forwards are allowed
         * @param defaultPart what of the extension a {@code -default} file stands for; empty where it is no such file
         * @param owner whose address bounces of forwarded messages go to
         */
        record Instructions(String text, boolean forwardsOnly, Optional<String> defaultPart, Owner owner)
                implements Found {}

        /** No file stands for this extension. */
        record NoMailbox() implements Found {}

        /** The home directory or file is not to be used now. */
        record Unusable(String report) implements Found {}
    }

    /** Whether there is a {@code -owner} file beside it. */
    enum Owner {
        NONE,
        OWNER,
        /** With {@code -owner-default} too: each recipient gets a return address of its own. */
        OWNER_EACH
    }

    static Found find(Home home) {
        try {
            Optional<String> unusable = checkDirectory(home.directory());
            return unusable.isPresent() ? new Found.Unusable(unusable.get()) : new DotQmail(home).search();
        } catch (Unusable e) {
            return new Found.Unusable(e.report);
        }
    }

    /** A home that others may write to is not to be trusted; a sticky one is being edited. */
    private static Optional<String> checkDirectory(Path directory) {
        int mode;
        try {
            // The dot is looked up inside: that takes a directory, and the right to search it.
            mode = mode(directory.resolve("."));
        } catch (IOException e) {
            return Optional.of("Unable to switch to " + Octets.of(directory) + ": " + Errno.djbText(e) + ". (#4.3.0)");
        }
        if ((mode & OTHERS_WRITE) != 0) {
            return Optional.of("Uh-oh: home directory is writable. (#4.7.0)");
        }
        return (mode & STICKY) != 0
                ? Optional.of("Home directory is sticky: user is editing his .qmail file. (#4.2.1)")
                : Optional.empty();
    }

    /** The exact file; then for each dash from the last, what is before it and {@code default}; then default alone. */
    private Found search() throws Unusable {
        String name = ".qmail" + home.dash() + safeExtension;
        Opened exact = open(name);
        if (exact != null) {
            int end = safeExtension.length() - "default".length();
            return found(exact, safeExtension.endsWith("default") ? Optional.of(rest(end)) : Optional.empty());
        }
        for (int end = safeExtension.length(); end >= 0; end--) {
            if (end == 0 || safeExtension.charAt(end - 1) == '-') {
                Opened opened = open(".qmail" + home.dash() + safeExtension.substring(0, end) + "default");
                if (opened != null) {
                    return found(opened, Optional.of(rest(end)));
                }
            }
        }
        return home.dash().isEmpty()
                ? new Found.Instructions("", false, Optional.empty(), owner())
                : new Found.NoMailbox();
    }

    private String rest(int from) {
        return home.extension().substring(from);
    }

    private Found found(Opened opened, Optional<String> defaultPart) throws Unusable {
        return new Found.Instructions(
                opened.text, (opened.mode & OWNER_EXECUTE) != 0 && !opened.text.isEmpty(), defaultPart, owner());
    }

    private Owner owner() throws Unusable {
        String owner = ".qmail" + home.dash() + safeExtension + "-owner";
        if (!exists(owner)) {
            return Owner.NONE;
        }
        return exists(owner + "-default") ? Owner.OWNER_EACH : Owner.OWNER;
    }

    private boolean exists(String name) throws Unusable {
        try {
            mode(path(name));
            return true;
        } catch (IOException | InvalidPathException e) {
            if (isTemporary(e) && !(e instanceof AccessDeniedException)) {
                throw cannotOpen(name, e);
            }
            return false;
        }
    }

    private record Opened(String text, int mode) {}

    /** Null where there is no such file, or it is no regular one. */
    private @Nullable Opened open(String name) throws Unusable {
        int mode;
        try {
            Path file = path(name);
            mode = mode(file);
            if (!Files.isRegularFile(file)) {
                return null;
            }
            if ((mode & OTHERS_WRITE) == 0) {
                try (InputStream in = Files.newInputStream(file)) {
                    byte[] octets = in.readNBytes(LONGEST + 1);
                    if (octets.length <= LONGEST) {
                        return new Opened(Octets.of(octets), mode);
                    }
                }
            }
        } catch (IOException | InvalidPathException e) {
            if (isTemporary(e)) {
                throw cannotOpen(name, e);
            }
            return null;
        }
        throw new Unusable(
                (mode & OTHERS_WRITE) != 0
                        ? "Uh-oh: .qmail file is writable. (#4.7.0)"
                        : "Uh-oh: " + name + " is longer than " + LONGEST + " octets. (#4.3.0)");
    }

    private Path path(String name) {
        return home.directory().resolve(Octets.path(name));
    }

    private static int mode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:mode") instanceof Integer mode ? mode : 0;
    }

    /** Whether it is not the answer "there is no such file". */
    private static boolean isTemporary(Exception e) {
        if (!(e instanceof IOException io) || io instanceof NoSuchFileException) {
            return false;
        }
        Errno errno = Errno.of(io);
        return errno != Errno.ENOTDIR && errno != Errno.ELOOP && errno != Errno.ENAMETOOLONG;
    }

    private static Unusable cannotOpen(String name, Exception e) {
        String reason = e instanceof FileSystemException fs ? Errno.djbText(fs) : String.valueOf(e.getMessage());
        return new Unusable("Unable to open " + name + ": " + reason + ". (#4.3.0)");
    }

    /** Ends the search from within: carries the report. */
    private static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;
        private final String report;

        Unusable(String report) {
            super(report, null, false, false);
            this.report = report;
        }
    }
}
