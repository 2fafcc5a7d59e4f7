package org.postern.tool;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** postern links: a link to the launcher for every program. */
@Command(
        name = "links",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a link for every program, in DIR or (--recipe) in the recipe's own places.",
            "With --recipe, a program that is there is kept as NAME.orig; --undo takes our links away and puts it back."
        })
final class Links implements Callable<Integer> {
    private final Path launcher;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "Where to make the links; made if it is missing.")
    private @Nullable Path directory;

    @Option(names = "--recipe", description = "In /usr/local/bin, /var/qmail/bin and /bin, as in the recipe.")
    private boolean recipe;

    @Option(names = "--root", paramLabel = "DIR", description = "With --recipe: those directories below DIR.")
    private Path root = Path.of("/");

    @Option(names = "--undo", description = "Takes the links away again.")
    private boolean undo;

    Links(Path launcher) {
        this.launcher = launcher;
    }

    @Override
    public Integer call() throws IOException {
        Path dir = directory;
        if (recipe == (dir != null)) {
            System.err.println(
                    "postern links: usage: postern links DIR, or postern links --recipe [--root DIR] [--undo]");
            return 100;
        }
        Map<Path, String> places = new LinkedHashMap<>();
        for (String name : Tools.NAMES) {
            places.put((dir == null ? place(name) : dir).resolve(name), name);
        }
        int done = 0;
        for (Path link : places.keySet()) {
            if (undo ? remove(link) : make(link)) {
                done++;
            }
        }
        System.out.println((undo ? "removed " : "made ") + done + " of " + places.size() + " links"
                + (dir == null ? " in the recipe's places below " + root : " in " + dir));
        warnOfClosedDirectories();
        return 0;
    }

    /** Where the recipe has a program. */
    Path place(String name) {
        String directory = switch (name) {
            case "checkpassword" -> "bin";
            case "envdir", "tcpserver", "tcprules", "tcprulescheck" -> "usr/local/bin";
            default -> name.startsWith("relay-ctrl-") ? "usr/local/bin" : "var/qmail/bin";
        };
        return root.resolve(directory);
    }

    /** At no moment is there no program under the name. */
    private boolean make(Path link) throws IOException {
        if (isOurs(link)) {
            return false;
        }
        Path parent = link.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Path original = beside(link, ".orig");
        if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createLink(original, link);
            } catch (FileAlreadyExistsException e) {
                throw new IOException(
                        original + " is there already, and " + link + " is not ours: move one of them away", e);
            }
        }
        Path fresh = beside(link, ".postern-new");
        Files.deleteIfExists(fresh);
        Files.createSymbolicLink(fresh, launcher);
        Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    private boolean remove(Path link) throws IOException {
        if (!isOurs(link)) {
            return false;
        }
        Path original = beside(link, ".orig");
        if (Files.exists(original, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(original, link, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.delete(link);
        }
        return true;
    }

    private boolean isOurs(Path link) throws IOException {
        return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(launcher);
    }

    private static Path beside(Path link, String suffix) {
        return link.resolveSibling(link.getFileName() + suffix);
    }

    /** Programs that run as users must reach the launcher through every directory above it. */
    private void warnOfClosedDirectories() throws IOException {
        for (Path p = launcher.getParent(); p != null; p = p.getParent()) {
            if (((int) Files.getAttribute(p, "unix:mode") & 1) == 0) {
                System.err.println("postern links: warning: " + p
                        + " is closed to other users: programs that run as users cannot use these links."
                        + " Put Postern where all can read it, or: chmod o+x " + p);
            }
        }
    }
}
