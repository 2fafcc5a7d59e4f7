package org.postern;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.ThreadIdentity;

/**
 * Runs something without root's rights to read everything: where the tests run as root, on a thread that has an
 * ordinary user's file-system ids, which belong to a thread alone.
 */
public final class TestingRights {
    private static final int NOBODY = 65534;

    private TestingRights() {}

    /** @param tree becomes the ordinary user's, so that modes decide */
    public static <T> T ordinary(Path tree, Callable<T> action) throws Exception {
        if (!(Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0)) {
            return action.call();
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.toList()) {
                Files.setAttribute(file, "unix:uid", NOBODY);
            }
        }
        loadClasses();
        return ThreadIdentity.as(new Identity(NOBODY, NOBODY, List.of()), action);
    }

    /** The ordinary user may be unable to read the directory that the build is in. */
    private static void loadClasses() throws Exception {
        Path classes = Path.of(
                Octets.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                if (name.startsWith("org.postern.") && name.endsWith(".class") && !name.endsWith("-info.class")) {
                    Class.forName(
                            name.substring(0, name.length() - ".class".length()), false, Octets.class.getClassLoader());
                }
            }
        }
    }
}
