package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.tool.OpenToAll.Closed;
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
    private static final String ORIGINAL = ".orig";

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
        List<String> obstacles = undo ? List.of() : obstacles(places.keySet());
        if (!obstacles.isEmpty()) {
            obstacles.forEach(obstacle -> System.err.println("postern links: fatal: " + obstacle));
            System.err.println("postern links: nothing was changed");
            return 111;
        }
        int done = 0;
        for (Path link : places.keySet()) {
            if (undo ? remove(link) : make(link)) {
                done++;
            }
        }
        System.out.println((undo ? "removed " : "made ") + done + " of " + places.size() + " links"
                + (dir == null ? " in the recipe's places below " + root : " in " + dir));
        if (!undo) {
            warnOfClosedDirectories(places.keySet(), dir == null ? root : Path.of("/"));
        }
        return 0;
    }

    /** All places are looked at before the first is changed: half a site of ours and half of another's is none. */
    private List<String> obstacles(Set<Path> links) throws IOException {
        Set<String> obstacles = new LinkedHashSet<>();
        for (Path link : links) {
            if (isDone(link)) {
                continue;
            }
            Path above = link.toAbsolutePath().getParent();
            while (above != null && Files.notExists(above)) {
                above = above.getParent();
            }
            if (above != null && !(Files.isDirectory(above) && Files.isWritable(above))) {
                obstacles.add(above + " is no directory that may be written to");
            } else if (Files.isDirectory(link, LinkOption.NOFOLLOW_LINKS)) {
                obstacles.add(link + " is a directory: move it away");
            } else if (!isOurs(link)
                    && Files.exists(link, LinkOption.NOFOLLOW_LINKS)
                    && Files.exists(beside(link, ORIGINAL), LinkOption.NOFOLLOW_LINKS)) {
                obstacles.add(beside(link, ORIGINAL) + " is there already, and " + link
                        + " is not ours: move one of them away");
            }
        }
        return List.copyOf(obstacles);
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
        if (isDone(link)) {
            return false;
        }
        Path parent = link.toAbsolutePath().getParent();
        if (parent != null) {
            OpenToAll.directories(parent);
        }
        if (!isOurs(link) && Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            Files.createLink(beside(link, ORIGINAL), link);
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
        Path original = beside(link, ORIGINAL);
        if (Files.exists(original, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(original, link, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.delete(link);
        }
        return true;
    }

    private boolean isDone(Path link) throws IOException {
        return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(launcher);
    }

    /** Also that of a checkout which stood elsewhere. */
    private static boolean isOurs(Path link) throws IOException {
        return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).endsWith("postern");
    }

    private static Path beside(Path link, String suffix) {
        return link.resolveSibling(link.getFileName() + suffix);
    }

    /** Programs that run as users must reach the links and the launcher through every directory above them. */
    private void warnOfClosedDirectories(Set<Path> links, Path from) throws IOException {
        Set<Path> warned = new HashSet<>();
        Path home = launcher.getParent();
        if (home != null) {
            for (Closed closed : OpenToAll.closed(home, Path.of("/"))) {
                warned.add(closed.path());
                warn(closed, ". Put Postern where all can read it, or: ");
            }
        }
        for (Path link : links) {
            Path directory = (from.isAbsolute() ? link.toAbsolutePath() : link).getParent();
            for (Closed closed : directory == null ? List.<Closed>of() : OpenToAll.closed(directory, from)) {
                if (warned.add(closed.path())) {
                    warn(closed, ": ");
                }
            }
        }
    }

    private static void warn(Closed closed, String before) {
        System.err.println("postern links: warning: " + closed.path()
                + " is closed to other users: programs that run as users cannot use these links" + before
                + closed.remedy());
    }
}
